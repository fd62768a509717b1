import type { ExecutionCause, ExecutionRequested, RetryPolicy } from '../../schemas/generated/events.ts';
import { decideAll } from '../domain/execution/decide-all.ts';
import type { ExecutionCommand } from '../domain/execution/decide.ts';
import { initialExecution } from '../domain/execution/state.ts';
import { workflowOfRun } from '../domain/workflow/definition.ts';
import type { AppendRequest, AppendResult, EventLog, Position } from '../event-log/event-log.ts';
import { definitely } from '../kernel/assert.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError, isAppError } from '../kernel/errors.ts';
import { derivedId, derivedIdAt, newId } from '../kernel/ids.ts';
import { canonicalJson, type JsonObject, type JsonValue } from '../kernel/json.ts';
import { Turns } from '../kernel/turns.ts';
import { checkParameters } from '../skills/parameters.ts';
import type { LoadedSkill, SkillRetry } from '../skills/skill.ts';
import type { Vault } from '../vault/vault.ts';
import { appendWithFollowUp, type FollowUp } from './follow-up.ts';

/** How an execution is to be run; all of it optional. */
export interface RequestOptions {
  /** Higher runs first, -100 to 100; default: the skill's, or 0. */
  readonly priority?: number;
  /** Not to be started before this time, in milliseconds since 1970. */
  readonly runAtMs?: number;
  /** Instead of `runAtMs`: not to be started for this long. */
  readonly delayMs?: number;
  /** Not to be started later than this long after it became due; default: the skill's, or no limit. */
  readonly queueTtlMs?: number;
  /** Limit of one attempt; default: the skill's, or the server's. */
  readonly timeoutMs?: number;
  readonly retry?: SkillRetry;
  /** A repetition with the same key gives the same execution and starts no other. */
  readonly idempotencyKey?: string;
  /** When that happened from which the key follows, where that is known wherever the key is: part of the execution's id. */
  readonly keyedAtMs?: number;
  readonly cause?: ExecutionCause;
  readonly causeId?: string;
  /** Id of the event that led to it. */
  readonly causationId?: string;
}

/** Who asks for what. */
export interface ExecutionOrder {
  readonly owner: string;
  readonly actor: string;
  readonly skill: LoadedSkill;
  readonly params: JsonValue | undefined;
  readonly options: RequestOptions;
}

/** An order whose secret parameters are taken out. */
interface Draft {
  readonly order: ExecutionOrder;
  readonly executionId: string;
  readonly params: JsonObject;
  readonly secretParams: readonly string[];
}

export interface RequestedExecution {
  readonly executionId: string;
  readonly position: Position;
  /** False when the idempotency key had been used before for the same order. */
  readonly created: boolean;
}

/** A place in the runner, held before the execution exists: request and start then travel in one append. */
export interface Place {
  /** What has to follow the request. */
  readonly start: ExecutionCommand;
  /** The append was accepted: run it. */
  readonly begin: (executionId: string) => void;
  /** Nothing was appended: the place is free again. */
  readonly giveBack: () => void;
  /** What is to be appended right behind the request. */
  readonly followUp?: (executionId: string, request: ExecutionRequested, atMs: number) => FollowUp | null;
}

/** A request that needs nothing but its append. */
export interface PreparedRequest {
  readonly executionId: string;
  readonly append: AppendRequest;
  /** To be told the answer, or that there is none: a place may be held. */
  readonly settle: (result: AppendResult | null) => void;
}

interface Dependencies {
  readonly log: EventLog;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly limits: RequestLimits;
  /** Executions that wait to be started, for the limit. */
  readonly waiting: () => number;
  /** A place where an execution of this skill could start at once; null when it has to wait its turn. */
  readonly placeFor: (skill: LoadedSkill, timeoutMs: number) => Place | null;
}

export interface RequestLimits {
  readonly defaultTimeoutMs: number;
  readonly maxTimeoutMs: number;
  readonly maxQueued: number;
}

const defaultRetry = { initialDelayMs: 1000, factor: 2, maxDelayMs: 60_000 } as const;
const maxLostAttempts = 3;
/** What stands where a workflow has no limit: 24 days. */
const runTimeoutMs = 2_073_600_000;

/** Asks for executions: checks the parameters, keeps secret ones in the vault, and appends ExecutionRequested. */
export class ExecutionRequests {
  readonly #deps: Dependencies;
  readonly #turns = new Turns();

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * Resolves when the request is durable. Throws PARAMS_INVALID, QUEUE_FULL, EVENT_TOO_LARGE, or IDEMPOTENCY_KEY_REUSED when
   * the key belongs to another order.
   */
  async request(order: ExecutionOrder): Promise<RequestedExecution> {
    const { open, secret } = splitSecrets(order.skill, this.#checked(order));
    const executionId = this.#idOf(order);
    const draft = { order, executionId, params: open, secretParams: Object.keys(secret) };
    if (draft.secretParams.length === 0) return this.#append(draft);
    // One after the other: orders under one key must not mix up their secrets.
    return this.#turns.take(() => this.#withSecrets(draft, secret), executionId);
  }

  /**
   * A request that somebody else appends; null when more has to be done for it. Throws PARAMS_INVALID and QUEUE_FULL. What is asked
   * for must not be the run of a workflow.
   */
  prepare(order: ExecutionOrder): PreparedRequest | null {
    const { open, secret } = splitSecrets(order.skill, this.#checked(order));
    if (Object.keys(secret).length > 0) return null;
    return this.#prepared({ order, executionId: this.#idOf(order), params: open, secretParams: [] });
  }

  #idOf({ owner, options: { idempotencyKey: key, keyedAtMs } }: ExecutionOrder): string {
    if (key === undefined) return newId('exec', this.#deps.clock);
    return keyedExecutionId(owner, key, keyedAtMs);
  }

  /**
   * Secrets lie in the vault before the log knows the execution, and are taken out again unless it becomes one. Under a key,
   * the log gets a digest in the place of each, by which a repetition is told from another order.
   */
  async #withSecrets(plain: Draft, secret: JsonObject): Promise<RequestedExecution> {
    const { vault } = this.#deps;
    const { executionId, order } = plain;
    const isKeyed = order.options.idempotencyKey !== undefined;
    const draft = isKeyed ? { ...plain, params: { ...plain.params, ...(await this.#digests(plain, secret)) } } : plain;
    const earlier = isKeyed ? await this.#existing(draft) : null;
    if (earlier !== null) return earlier;
    const added = await vault.add('params', executionId, order.owner, secret);
    // Left by an order of which nobody knows yet whether it was written.
    if (!added && canonicalJson(await vault.get('params', executionId)) !== canonicalJson(secret)) {
      throw new AppError('IDEMPOTENCY_KEY_REUSED');
    }
    let keep = false;
    try {
      const requested = await this.#append(draft);
      keep = requested.created;
      return requested;
    } catch (error) {
      keep = isAppError(error) && error.code === 'OUTCOME_UNKNOWN';
      throw error;
    } finally {
      // When even this fails, the next start finds it: see `forgetOrphanedSecrets`.
      if (added && !keep) await vault.take('params', executionId).catch(() => null);
    }
  }

  async #digests({ executionId }: Draft, secret: JsonObject): Promise<JsonObject> {
    const entries = Object.entries(secret).map(async ([name, value]) => {
      const digest = await this.#deps.vault.digest(canonicalJson([executionId, name, value]));
      return [name, { digest }] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  }

  async #append(draft: Draft): Promise<RequestedExecution> {
    const { executionId } = draft;
    const { append, followUp, settle } = this.#prepared(draft);
    let result: AppendResult | null = null;
    try {
      result = await appendWithFollowUp(this.#deps.log, append, followUp);
    } finally {
      settle(result);
    }
    if (result.outcome === 'accepted') return { executionId, position: result.position, created: true };
    return definitely(await this.#existing(draft), 'a stream that is not new has a first event');
  }

  #prepared(draft: Draft): PreparedRequest & { readonly followUp: FollowUp | null } {
    const { clock, placeFor } = this.#deps;
    const { executionId, order } = draft;
    const { cause, causeId, causationId = null } = order.options;
    const atMs = clock.now();
    const request = this.#toRequested(draft, atMs);
    const place = request.dueAtMs === null ? placeFor(order.skill, request.timeoutMs) : null;
    const commands = [{ kind: 'request', request } as const, ...(place === null ? [] : [place.start])];
    return {
      executionId,
      append: {
        stream: executionId,
        events: decideAll(commands, initialExecution, atMs),
        expected: 'none',
        actor: order.actor,
        atMs,
        causationId,
        correlationId: cause === 'batch' ? (causeId ?? null) : null,
      },
      followUp: place?.followUp?.(executionId, request, atMs) ?? null,
      settle: (result) => {
        if (result?.outcome === 'accepted') place?.begin(executionId);
        else place?.giveBack();
      },
    };
  }

  #checked({ skill, params }: ExecutionOrder): JsonObject {
    const { limits, waiting } = this.#deps;
    if (waiting() >= limits.maxQueued) throw new AppError('QUEUE_FULL', { retryAfterMs: 1000 });
    const checked = checkParameters(skill.metadata.parameters, params);
    if (!checked.ok) {
      throw new AppError('PARAMS_INVALID', { problems: checked.problems, message: describeProblems(checked.problems) });
    }
    return checked.params;
  }

  /** The request as it would have been at a time. */
  #toRequested({ order, params, secretParams }: Draft, atMs: number): ExecutionRequested {
    const { owner, options } = order;
    const { metadata, digest } = order.skill;
    const { limits } = this.#deps;
    const runAtMs = options.delayMs === undefined ? options.runAtMs : atMs + options.delayMs;
    const dueAtMs = runAtMs !== undefined && runAtMs > atMs ? runAtMs : null;
    const queueTtlMs = options.queueTtlMs ?? metadata.queueTtlMs;
    return {
      owner,
      skill: metadata.name,
      skillVersion: metadata.version,
      skillDigest: digest,
      params,
      secretParams,
      cause: options.cause ?? 'api',
      causeId: options.causeId ?? null,
      priority: options.priority ?? metadata.priority ?? 0,
      dueAtMs,
      expiresAtMs: queueTtlMs === undefined ? null : (dueAtMs ?? atMs) + queueTtlMs,
      timeoutMs: timeoutOf(order, limits),
      retry: retryPolicy(options.retry ?? metadata.retry),
    };
  }

  /** What the key led to before; null when it is new. Throws IDEMPOTENCY_KEY_REUSED when that was another order. */
  async #existing(draft: Draft): Promise<RequestedExecution | null> {
    const { executionId } = draft;
    const [first] = await this.#deps.log.readStream(executionId, { limit: 1 });
    if (first === undefined) return null;
    // As of that time: a delay leads to another moment each time it is asked for.
    if (first.type === 'ExecutionRequested' && isSameOrder(first.data, this.#toRequested(draft, first.atMs))) {
      return { executionId, position: first.position, created: false };
    }
    throw new AppError('IDEMPOTENCY_KEY_REUSED');
  }
}

/** The execution that an owner's key leads to; `keyedAtMs` as in {@link RequestOptions}. */
export function keyedExecutionId(owner: string, key: string, keyedAtMs?: number): string {
  return keyedAtMs === undefined ? derivedId('exec', owner, key) : derivedIdAt('exec', keyedAtMs, owner, key);
}

function isSameOrder(recorded: ExecutionRequested, asked: ExecutionRequested): boolean {
  if (recorded.skillDigest === asked.skillDigest) return canonicalJson(recorded) === canonicalJson(asked);
  // The skill has changed, and with it the defaults that both requests hold: they cannot be compared any more.
  return canonicalJson(identityOf(recorded)) === canonicalJson(identityOf(asked));
}

function identityOf({ owner, skill, cause, causeId }: ExecutionRequested): JsonObject {
  return { owner, skill, cause, causeId };
}

/** A run of a workflow has a limit of its own: it goes on for as long as its steps do. */
function timeoutOf({ skill: { metadata }, options }: ExecutionOrder, limits: RequestLimits): number {
  if (workflowOfRun(metadata.name) !== null) return metadata.timeoutMs ?? runTimeoutMs;
  return Math.min(options.timeoutMs ?? metadata.timeoutMs ?? limits.defaultTimeoutMs, limits.maxTimeoutMs);
}

function splitSecrets(
  skill: LoadedSkill,
  params: JsonObject,
): { readonly open: JsonObject; readonly secret: JsonObject } {
  const specs = skill.metadata.parameters;
  const isSecret = ([name]: readonly [string, unknown]): boolean => specs[name]?.secret === true;
  const entries = Object.entries(params);
  if (!entries.some(isSecret)) return { open: params, secret: {} };
  return {
    open: Object.fromEntries(entries.filter((entry) => !isSecret(entry))),
    secret: Object.fromEntries(entries.filter(isSecret)),
  };
}

function retryPolicy(retry: SkillRetry | undefined): RetryPolicy {
  return {
    maxAttempts: retry?.maxAttempts ?? 1,
    initialDelayMs: retry?.initialDelayMs ?? defaultRetry.initialDelayMs,
    factor: retry?.factor ?? defaultRetry.factor,
    maxDelayMs: retry?.maxDelayMs ?? defaultRetry.maxDelayMs,
    maxLostAttempts,
  };
}

/** Problems of parameters as a sentence. */
export function describeProblems(problems: readonly { readonly path: string; readonly message: string }[]): string {
  return problems
    .map(({ path, message }) => `${path.replace('/params/', '').replace('/params', 'params')} ${message}`)
    .join('; ');
}
