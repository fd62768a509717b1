import { publicEventNames } from '../../projections/webhooks/public-event.ts';
import type { DeliveryRow, WebhookRow } from '../../projections/webhooks/tables.ts';
import type { DeliveryOrdering, ReplayScope, WebhookBacklog, WebhookSettings } from '../../schemas/generated/events.ts';
import { checkCustomHeaders } from './custom-headers.ts';
import { checkUrl } from './egress/check-url.ts';
import type { EgressPolicy } from './egress/policy.ts';
import { checkSecret, newSecret } from './signatures.ts';
import type { SealedWebhook, WebhookVault } from './webhook-vault.ts';
import { decideWebhook, type WebhookCommand } from '../domain/webhook/decide.ts';
import { evolveWebhook } from '../domain/webhook/evolve.ts';
import { initialWebhook, type LivingWebhook, type WebhookState } from '../domain/webhook/state.ts';
import type { EventLog, Position } from '../event-log/event-log.ts';
import type { Clock } from '../kernel/clock.ts';
import { closest } from '../kernel/closest.ts';
import { AppError, isAppError, type Problem } from '../kernel/errors.ts';
import { derivedId, newId, randomText } from '../kernel/ids.ts';
import { canonicalJson, type JsonValue } from '../kernel/json.ts';
import type { Queries } from '../store/query-client.ts';
import { DeciderStore } from '../commands/decider-store.ts';

/** Exponential waits: `attempts` of them, each `factor` times the one before, none above `maxDelayMs`. */
export interface ExponentialRetry {
  readonly attempts: number;
  readonly initialDelayMs: number;
  readonly factor: number;
  readonly maxDelayMs: number;
}

/** What a webhook can be set to; what is left out keeps its value, or is the default. */
export interface WebhookOptions {
  readonly url?: string;
  readonly eventTypes?: readonly string[];
  /** Default null: of all skills. */
  readonly skills?: readonly string[] | null;
  readonly description?: string;
  readonly customHeaders?: Readonly<Record<string, string>>;
  /** Waits before further attempts: default 1 s, 5 s and 15 s. */
  readonly retryDelaysMs?: readonly number[];
  readonly retry?: ExponentialRetry;
  /** Share of a wait that may be added to it at random, 0 to 1; default 0. */
  readonly jitter?: number;
  /** Deadline of one attempt; default 15 s. */
  readonly timeoutMs?: number;
  /** Attempts at once; default 8. */
  readonly concurrency?: number;
  /** Attempts in a second; default null: no limit. */
  readonly ratePerSecond?: number | null;
  /** Default `none`. */
  readonly ordering?: DeliveryOrdering;
  /** Default five days; null: never. */
  readonly disableAfterMs?: number | null;
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
  readonly queries: Pick<Queries, 'webhookById' | 'listWebhooks' | 'deliveryById' | 'webhookOwners' | 'executionById'>;
  readonly maxPerUser: number;
}

const defaults = {
  skills: null,
  description: '',
  retryDelaysMs: [1000, 5000, 15_000],
  jitter: 0,
  timeoutMs: 15_000,
  concurrency: 8,
  ratePerSecond: null,
  ordering: 'none',
  disableAfterMs: 5 * 86_400_000,
} as const satisfies Partial<WebhookSettings>;

const maxRetries = 20;
/** The usual overlap of two secrets, and the longest. */
export const secretOverlapMs = { default: 86_400_000, max: 7 * 86_400_000 } as const;
const maxSecrets = 10;

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
      idempotencyKey: key,
    }: { readonly secret?: string | undefined; readonly idempotencyKey?: string | null } = {},
  ): Promise<CreatedWebhook> {
    const { queries, maxPerUser, clock, vault } = this.#deps;
    const secretProblem = secret === undefined ? null : checkSecret(secret);
    const settings = this.#settings(
      options,
      { ...defaults, url: '', eventTypes: [], headerNames: [], sealed: '' },
      secretProblem === null ? [] : [{ path: '/secret', message: secretProblem }],
    );
    if ((await queries.listWebhooks(owner, 1, 0)).total >= maxPerUser)
      throw new AppError('LIMIT_REACHED', { message: `There are ${String(maxPerUser)} webhooks already.` });
    const id = key === undefined || key === null ? newId('hook', clock) : derivedId('hook', owner, key);
    const made = secret ?? newSecret();
    const sealed = await this.#seal(id, owner, {
      secrets: [{ secret: made, untilMs: null }],
      headers: options.customHeaders ?? {},
    });
    try {
      const { position } = await this.#store.execute(
        id,
        { kind: 'create', owner, settings: { ...settings, sealed } },
        actor,
      );
      return { id, position: position ?? 0, secret: secret === undefined ? made : null };
    } catch (error) {
      await vault.remove(sealed).catch(() => null);
      if (key === undefined || key === null || !isAppError(error) || error.code !== 'MOVE_NOT_ALLOWED') throw error;
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

  async revise(id: string, actor: string, options: WebhookOptions): Promise<Position | null> {
    const { state } = await this.#store.load(id);
    const before = living(state);
    const { customHeaders } = options;
    const settings = this.#settings(options, before.settings, []);
    const sealed =
      customHeaders === undefined
        ? settings.sealed
        : await this.#reseal(id, before, (old) => ({ ...old, headers: customHeaders }));
    return this.#command(id, { kind: 'revise', settings: { ...settings, sealed } }, actor, before);
  }

  /** A new secret; the former ones sign beside it for `overlapMs`. Returns the new one when it was made here. */
  async rotateSecret(
    id: string,
    actor: string,
    { secret, overlapMs = secretOverlapMs.default }: { readonly secret?: string; readonly overlapMs?: number },
  ): Promise<{ readonly position: Position | null; readonly secret: string | null }> {
    const problem = secret === undefined ? null : checkSecret(secret);
    if (problem !== null) throw invalid([{ path: '/secret', message: problem }]);
    const before = living((await this.#store.load(id)).state);
    const nowMs = this.#deps.clock.now();
    const oldUntilMs = nowMs + overlapMs;
    const made = secret ?? newSecret();
    const sealed = await this.#reseal(id, before, (old) => {
      const still = old.secrets.filter(({ untilMs }) => untilMs === null || untilMs > nowMs);
      if (still.length >= maxSecrets)
        throw new AppError('MOVE_NOT_ALLOWED', { message: `${String(maxSecrets)} secrets sign already.` });
      const older = still.map((known) => ({
        secret: known.secret,
        untilMs: Math.min(known.untilMs ?? oldUntilMs, oldUntilMs),
      }));
      return { ...old, secrets: [{ secret: made, untilMs: null }, ...older] };
    });
    const position = await this.#command(id, { kind: 'rotate-secret', sealed, oldUntilMs }, actor, before);
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

  /** Tells of an event of somebody's own; resolves when it is durable. */
  async emit(
    owner: string,
    actor: string,
    { name, data, key }: { readonly name: string; readonly data: JsonValue; readonly key: string | null },
  ): Promise<{ readonly eventId: string; readonly position: Position }> {
    const stream = newId('evt', this.#deps.clock);
    const result = await this.#deps.log.append({
      stream,
      events: [{ type: 'EventEmitted', data: { name, owner, key, data } }],
      expected: 'none',
      actor,
      atMs: this.#deps.clock.now(),
    });
    if (result.outcome !== 'accepted') throw new AppError('REVISION_CONFLICT');
    return { eventId: `${stream}@0`, position: result.position };
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
        if (living(state).settings.sealed !== before.settings.sealed) throw new AppError('REVISION_CONFLICT');
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

  #settings(options: WebhookOptions, before: WebhookSettings, found: readonly Problem[]): WebhookSettings {
    const { customHeaders, retry, retryDelaysMs, url, eventTypes, ...rest } = options;
    const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
    const delays = retry === undefined ? retryDelaysMs : delaysOf(retry);
    const settings: WebhookSettings = {
      ...before,
      ...given,
      ...(url !== undefined && { url }),
      ...(eventTypes !== undefined && { eventTypes }),
      ...(delays !== undefined && { retryDelaysMs: delays }),
      ...(customHeaders !== undefined && { headerNames: Object.keys(customHeaders) }),
    };
    const checked = checkUrl(settings.url, this.#deps.policy);
    const problems = [
      ...found,
      ...(checked.ok ? [] : [{ path: '/url', message: checked.problem }]),
      ...eventTypeProblems(settings.eventTypes),
      ...(customHeaders === undefined ? [] : checkCustomHeaders(customHeaders)),
      ...(retry !== undefined && retryDelaysMs !== undefined
        ? [{ path: '/retry', message: 'cannot stand beside retryDelaysMs' }]
        : []),
    ];
    if (problems.length > 0) throw invalid(problems);
    return settings;
  }
}

function living(state: WebhookState): LivingWebhook {
  if (state.phase === 'active' || state.phase === 'disabled') return state;
  throw new AppError('WEBHOOK_NOT_FOUND');
}

function invalid(problems: readonly Problem[]): AppError {
  const message = problems.map(({ path, message: what }) => `${path.slice(1)}: ${what}`).join('; ');
  return new AppError('VALIDATION_FAILED', { problems, message });
}

function delaysOf({ attempts, initialDelayMs, factor, maxDelayMs }: ExponentialRetry): readonly number[] {
  return Array.from({ length: Math.min(attempts, maxRetries) }, (_, i) =>
    Math.round(Math.min(maxDelayMs, initialDelayMs * factor ** i)),
  );
}

const knownNames: readonly string[] = Object.values(publicEventNames);
const ownPrefixes = ['execution.', 'schedule.', 'webhook.'];

/** True for names that only ihuman itself gives to events. */
export function isOwnName(name: string): boolean {
  return ownPrefixes.some((prefix) => name.startsWith(prefix));
}

function eventTypeProblems(names: readonly string[]): readonly Problem[] {
  if (names.length === 0)
    return [{ path: '/eventType', message: 'must name at least one event, or a pattern such as execution.*' }];
  return names.flatMap((name, i) => {
    const path = `/eventTypes/${String(i)}`;
    if (!/^[A-Za-z0-9_.*-]{1,200}$/.test(name))
      return [{ path, message: 'must be 1 to 200 letters, digits, dots, dashes, underscores and stars' }];
    if (name.includes('*') || !isOwnName(name) || knownNames.includes(name)) return [];
    const close = closest(name, knownNames);
    const hint = close === undefined ? `There are: ${knownNames.join(', ')}.` : `Did you mean ${close}?`;
    return [{ path, message: `there is no event ${name}. ${hint}` }];
  });
}
