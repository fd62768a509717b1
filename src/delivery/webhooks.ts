import type { DeliveryRow, WebhookRow } from '../../projections/webhooks/tables.ts';
import type { ReplayScope, WebhookBacklog, WebhookSettings } from '../../schemas/generated/events.ts';
import type { EgressPolicy } from './egress/policy.ts';
import { checkSecret, newSecret } from './signatures.ts';
import { defaultSettings, invalidSettings, settingsWith, type WebhookOptions } from './webhook-settings.ts';
import type { SealedWebhook, WebhookVault } from './webhook-vault.ts';
import { decideWebhook, type WebhookCommand } from '../domain/webhook/decide.ts';
import { evolveWebhook } from '../domain/webhook/evolve.ts';
import { initialWebhook, type LivingWebhook, type WebhookState } from '../domain/webhook/state.ts';
import type { EventLog, Position, RecordedEvent } from '../event-log/event-log.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError, isAppError, type Problem } from '../kernel/errors.ts';
import { derivedId, newId, randomText } from '../kernel/ids.ts';
import { canonicalJson, type JsonValue } from '../kernel/json.ts';
import type { Queries } from '../store/query-client.ts';
import { DeciderStore } from '../commands/decider-store.ts';

/** An event of somebody's own that is in the log. */
export interface EmittedEvent {
  readonly eventId: string;
  readonly position: Position;
}

export interface CreatedWebhook {
  readonly id: string;
  readonly position: Position;
  /** The secret that was made because none was given: shown this once. */
  readonly secret: string | null;
}

interface Dependencies {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly vault: WebhookVault;
  readonly policy: EgressPolicy;
  readonly queries: Pick<Queries, 'listWebhooks' | 'listDeliveries' | 'deliveryOf' | 'pendingById'>;
  readonly maxPerUser: number;
}

/** An attempt of a delivery as the log tells of it. */
export type DeliveryAttempt = RecordedEvent<'DeliverySucceeded'> | RecordedEvent<'DeliveryAttemptFailed'>;

/** A delivery and its attempts, in order. */
export interface ListedDelivery {
  readonly row: DeliveryRow;
  readonly attempts: readonly DeliveryAttempt[];
}

/** The usual overlap of two secrets, and the longest. */
export const secretOverlapMs = { default: 86_400_000, max: 7 * 86_400_000 } as const;
const maxSecrets = 10;
const maxTries = 20;

/** What may be asked of webhooks. Every change is an event; secrets and header values go into the vault before it. */
export class Webhooks {
  readonly #deps: Dependencies;
  readonly #store: DeciderStore<WebhookState, WebhookCommand>;

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#store = new DeciderStore(deps.log, deps.clock, {
      initial: initialWebhook,
      evolve: evolveWebhook,
      decide: decideWebhook,
    });
  }

  /**
   * Throws VALIDATION_FAILED with everything that is wrong, or LIMIT_REACHED. A repetition under the same key gives the same webhook,
   * and its secret no second time; IDEMPOTENCY_KEY_REUSED when the key belongs to another one.
   */
  async create(
    owner: string,
    actor: string,
    options: WebhookOptions,
    {
      secret,
      idempotencyKey = null,
    }: { readonly secret?: string | undefined; readonly idempotencyKey?: string | null } = {},
  ): Promise<CreatedWebhook> {
    const { policy, queries, maxPerUser, clock, vault } = this.#deps;
    const settings = settingsWith(options, defaultSettings, policy, secretProblems(secret));
    if ((await queries.listWebhooks(owner, 1, 0)).total >= maxPerUser)
      throw new AppError('LIMIT_REACHED', { message: `There are ${String(maxPerUser)} webhooks already.` });
    const id = idempotencyKey === null ? newId('hook', clock) : derivedId('hook', owner, idempotencyKey);
    const made = secret ?? newSecret();
    const secrets = [{ secret: made, untilMs: null }];
    const sealed = await this.#seal(id, owner, { secrets, headers: options.customHeaders ?? {} });
    try {
      const create = { kind: 'create', owner, settings: { ...settings, sealed } } as const;
      const { position } = await this.#store.execute(id, create, actor);
      return { id, position: position ?? 0, secret: secret === undefined ? made : null };
    } catch (error) {
      await vault.remove(sealed).catch(() => null);
      if (idempotencyKey === null || !isAppError(error) || error.code !== 'MOVE_NOT_ALLOWED') throw error;
      return this.#existing(id, settings);
    }
  }

  async #existing(id: string, settings: WebhookSettings): Promise<CreatedWebhook> {
    const [first] = await this.#deps.log.readStream(id, { limit: 1 });
    if (first?.type === 'WebhookCreated') {
      const asked = { ...settings, sealed: first.data.settings.sealed };
      if (canonicalJson(asked) === canonicalJson(first.data.settings)) {
        return { id, position: first.position, secret: null };
      }
    }
    throw new AppError('IDEMPOTENCY_KEY_REUSED');
  }

  revise(id: string, actor: string, options: WebhookOptions): Promise<Position | null> {
    const { customHeaders } = options;
    return untilUndisturbed(async () => {
      const before = living((await this.#store.load(id)).state);
      const settings = settingsWith(options, before.settings, this.#deps.policy);
      const sealed =
        customHeaders === undefined
          ? settings.sealed
          : await this.#reseal(id, before, (old) => ({ ...old, headers: customHeaders }));
      return this.#command(id, { kind: 'revise', settings: { ...settings, sealed } }, actor, before);
    });
  }

  /** A new secret; the former ones sign beside it for `overlapMs`. Returns the new one when it was made here. */
  async rotateSecret(
    id: string,
    actor: string,
    { secret, overlapMs = secretOverlapMs.default }: { readonly secret?: string; readonly overlapMs?: number },
  ): Promise<{ readonly position: Position | null; readonly secret: string | null }> {
    const problems = secretProblems(secret);
    if (problems.length > 0) throw invalidSettings(problems);
    const nowMs = this.#deps.clock.now();
    const oldUntilMs = nowMs + overlapMs;
    const made = secret ?? newSecret();
    const position = await untilUndisturbed(async () => {
      const before = living((await this.#store.load(id)).state);
      const sealed = await this.#reseal(id, before, (old) => withSecret(old, made, { nowMs, oldUntilMs }));
      return this.#command(id, { kind: 'rotate-secret', sealed, oldUntilMs }, actor, before);
    });
    return { position, secret: secret === undefined ? made : null };
  }

  disable(id: string, actor: string, reason: 'user' | 'failing' | 'gone', note: string): Promise<Position | null> {
    return this.#execute(id, { kind: 'disable', reason, note }, actor);
  }

  enable(id: string, actor: string, backlog: WebhookBacklog): Promise<Position | null> {
    return this.#execute(id, { kind: 'enable', backlog, replay: newId('replay', this.#deps.clock) }, actor);
  }

  delete(id: string, actor: string): Promise<Position | null> {
    return this.#execute(id, { kind: 'delete' }, actor);
  }

  /** A delivery that only shows that it arrives. */
  test(id: string, actor: string): Promise<Position | null> {
    return this.#execute(id, { kind: 'test' }, actor);
  }

  /** Delivers past events: those after `from` up to now that were never delivered, or all. Returns the replay's name. */
  async replay(id: string, actor: string, from: Position, scope: ReplayScope): Promise<string> {
    const replay = newId('replay', this.#deps.clock);
    await this.#execute(id, { kind: 'request-replay', replay, from, until: null, scope }, actor);
    return replay;
  }

  async advanceReplay(id: string, actor: string, replay: string, position: number, requested: number): Promise<void> {
    await this.#execute(id, { kind: 'advance-replay', replay, position, requested }, actor);
  }

  async endReplay(id: string, actor: string, replay: string, requested: number, complete: boolean): Promise<void> {
    await this.#execute(id, { kind: 'end-replay', replay, requested, complete }, actor);
  }

  /** A page of a webhook's deliveries, newest first, with their attempts, and how many there are. */
  async history(
    id: string,
    status: string | null,
    limit: number,
    offset: number,
  ): Promise<{ readonly deliveries: readonly ListedDelivery[]; readonly total: number }> {
    const { queries, log } = this.#deps;
    const { rows, total } = await queries.listDeliveries(id, status, limit, offset);
    const listed = rows.map(async (row) => {
      const events = row.revision < 0 ? [] : await log.readStream(row.id);
      return { row, attempts: events.filter(isAttempt).filter(({ revision }) => revision <= row.revision) };
    });
    return { deliveries: await Promise.all(listed), total };
  }

  /** A delivery of a webhook by its id: its own events say of what it is; one that has none waits. */
  async delivery(webhook: string, id: string): Promise<DeliveryRow | null> {
    const { queries, log } = this.#deps;
    const [first] = await log.readStream(id, { limit: 1 });
    if (first === undefined) return queries.pendingById(webhook, id);
    if (!('webhook' in first.data) || first.data.webhook !== webhook) return null;
    return queries.deliveryOf(webhook, first.data.event);
  }

  /** Asks for a delivery once more. Throws MOVE_NOT_ALLOWED while it waits, or when its webhook takes none. */
  async retryDelivery(delivery: DeliveryRow, webhook: WebhookRow, actor: string): Promise<Position> {
    if (webhook.status !== 'active')
      throw new AppError('MOVE_NOT_ALLOWED', { message: `The webhook is ${webhook.status}.` });
    if (delivery.status === 'pending')
      throw new AppError('MOVE_NOT_ALLOWED', { message: 'The delivery waits for its next attempt already.' });
    const { id, event, eventType, owner, skill, revision } = delivery;
    const about = { webhook: webhook.id, event, eventType, owner, skill };
    const result = await this.#deps.log.append({
      stream: id,
      events: [{ type: 'DeliveryRequested', data: { ...about, trigger: 'manual', replay: null } }],
      expected: revision < 0 ? 'none' : revision,
      actor,
      atMs: this.#deps.clock.now(),
      causationId: event,
    });
    if (result.outcome === 'accepted') return result.position;
    throw new AppError('REVISION_CONFLICT');
  }

  /**
   * Tells of an event of somebody's own; resolves when it is durable. Under an idempotency key, a repetition gives the same event;
   * throws IDEMPOTENCY_KEY_REUSED when the key belongs to another one.
   */
  async emit(
    owner: string,
    actor: string,
    { name, data, key }: { readonly name: string; readonly data: JsonValue; readonly key: string | null },
    idempotencyKey: string | null = null,
  ): Promise<EmittedEvent> {
    const { log, clock } = this.#deps;
    const stream = idempotencyKey === null ? newId('evt', clock) : derivedId('evt', owner, idempotencyKey);
    const told = { name, owner, key, data };
    const result = await log.append({
      stream,
      events: [{ type: 'EventEmitted', data: told }],
      expected: 'none',
      actor,
      atMs: clock.now(),
    });
    if (result.outcome === 'accepted') return { eventId: `${stream}@0`, position: result.position };
    const [first] = await log.readStream(stream, { limit: 1 });
    if (first?.type === 'EventEmitted' && canonicalJson(first.data) === canonicalJson(told))
      return { eventId: first.id, position: first.position };
    throw new AppError('IDEMPOTENCY_KEY_REUSED');
  }

  async #execute(id: string, command: WebhookCommand, actor: string): Promise<Position | null> {
    return (await this.#store.execute(id, command, actor)).position;
  }

  /** What was worked out from a state counts only while that state stands: what lay in the vault for nothing is taken out again. */
  async #command(
    id: string,
    command: Extract<WebhookCommand, { readonly kind: 'revise' | 'rotate-secret' }>,
    actor: string,
    before: LivingWebhook,
  ): Promise<Position | null> {
    const sealed = command.kind === 'revise' ? command.settings.sealed : command.sealed;
    try {
      const { position } = await this.#store.execute(id, command, actor, (state) => {
        if (canonicalJson(living(state).settings) !== canonicalJson(before.settings))
          throw new AppError('REVISION_CONFLICT');
      });
      if (sealed !== before.settings.sealed) await this.#deps.vault.remove(before.settings.sealed);
      return position;
    } catch (error) {
      if (sealed !== before.settings.sealed) await this.#deps.vault.remove(sealed).catch(() => null);
      throw error;
    }
  }

  async #seal(id: string, owner: string, sealed: SealedWebhook): Promise<string> {
    const name = `${id}/${randomText(8)}`;
    await this.#deps.vault.put(name, owner, sealed);
    return name;
  }

  async #reseal(
    id: string,
    { owner, settings }: LivingWebhook,
    change: (old: SealedWebhook) => SealedWebhook,
  ): Promise<string> {
    const old = await this.#deps.vault.get(settings.sealed);
    if (old === null) throw new AppError('BUSY', { message: 'The secrets of the webhook are not here yet.' });
    return this.#seal(id, owner, change(old));
  }
}

function isAttempt(event: RecordedEvent): event is DeliveryAttempt {
  return event.type === 'DeliverySucceeded' || event.type === 'DeliveryAttemptFailed';
}

/** Changes are worked out from what was there before; when that has changed meanwhile, they are worked out again. */
async function untilUndisturbed<T>(change: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await change();
    } catch (error) {
      if (tries >= maxTries || !isAppError(error) || error.code !== 'REVISION_CONFLICT') throw error;
    }
  }
}

/** The former secrets sign until a time at most. */
function withSecret(
  old: SealedWebhook,
  secret: string,
  { nowMs, oldUntilMs }: { readonly nowMs: number; readonly oldUntilMs: number },
): SealedWebhook {
  const still = old.secrets.filter(({ untilMs }) => untilMs === null || untilMs > nowMs);
  if (still.length >= maxSecrets)
    throw new AppError('MOVE_NOT_ALLOWED', { message: `${String(maxSecrets)} secrets sign already.` });
  const older = still.map((known) => ({
    secret: known.secret,
    untilMs: Math.min(known.untilMs ?? oldUntilMs, oldUntilMs),
  }));
  return { ...old, secrets: [{ secret, untilMs: null }, ...older] };
}

function secretProblems(secret: string | undefined): readonly Problem[] {
  const problem = secret === undefined ? null : checkSecret(secret);
  return problem === null ? [] : [{ path: '/secret', message: problem }];
}

function living(state: WebhookState): LivingWebhook {
  if (state.phase === 'active' || state.phase === 'disabled') return state;
  throw new AppError('WEBHOOK_NOT_FOUND');
}
