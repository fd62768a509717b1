import type { ExecutionCause, ExecutionRequested, RetryPolicy } from '../../schemas/generated/events.ts';
import { decideExecution, type ExecutionCommand, type ExecutionEvent } from '../domain/execution/decide.ts';
import { evolveExecution } from '../domain/execution/evolve.ts';
import { initialExecution } from '../domain/execution/state.ts';
import type { AppendResult, EventLog, Position } from '../event-log/event-log.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import { derivedId, newId } from '../kernel/ids.ts';
import type { JsonObject, JsonValue } from '../kernel/json.ts';
import { checkParameters } from '../skills/parameters.ts';
import type { LoadedSkill, SkillRetry } from '../skills/skill.ts';
import type { Vault } from '../vault/vault.ts';

/** How an execution is to be run; all of it optional. */
export interface RequestOptions {
  /** Higher runs first, -100 to 100; default: the skill's, or 0. */
  readonly priority?: number;
  /** Not to be started before this time, in milliseconds since 1970. */
  readonly runAtMs?: number;
  /** Not to be started later than this long after it became due; default: the skill's, or no limit. */
  readonly queueTtlMs?: number;
  /** Limit of one attempt; default: the skill's, or the server's. */
  readonly timeoutMs?: number;
  readonly retry?: SkillRetry;
  /** A repetition with the same key gives the same execution and starts no other. */
  readonly idempotencyKey?: string;
  readonly cause?: ExecutionCause;
  readonly causeId?: string;
}

/** Who asks for what. */
export interface ExecutionOrder {
  readonly owner: string;
  readonly actor: string;
  readonly skill: LoadedSkill;
  readonly params: JsonValue | undefined;
  readonly options: RequestOptions;
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
  readonly maxParamsBytes: number;
}

const defaultRetry = { initialDelayMs: 1000, factor: 2, maxDelayMs: 60_000 } as const;
const maxLostAttempts = 3;

/** Asks for executions: checks the parameters, keeps secret ones in the vault, and appends ExecutionRequested. */
export class ExecutionRequests {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * Resolves when the request is durable. Throws PARAMS_INVALID, QUEUE_FULL, BODY_TOO_LARGE, or IDEMPOTENCY_KEY_REUSED when
   * the key belongs to another order.
   */
  async request(order: ExecutionOrder): Promise<RequestedExecution> {
    const { log, vault, clock, placeFor } = this.#deps;
    const { skill, options, owner, actor } = order;
    const nowMs = clock.now();
    const params = this.#checked(order);
    const { open, secret } = splitSecrets(skill, params);
    const request = this.#toRequested(order, open, Object.keys(secret), nowMs);
    const { idempotencyKey } = options;
    const executionId = idempotencyKey === undefined ? newId('exec', clock) : derivedId('exec', owner, idempotencyKey);
    if (Object.keys(secret).length > 0) await vault.add('params', executionId, owner, secret);
    const place = request.dueAtMs === null ? placeFor(skill, request.timeoutMs) : null;
    const events = decideRequest(request, place, nowMs);
    let result: AppendResult | null = null;
    try {
      result = await log.append({ stream: executionId, events, expected: 'none', actor, atMs: nowMs });
    } finally {
      if (result?.outcome === 'accepted') place?.begin(executionId);
      else place?.giveBack();
    }
    if (result.outcome === 'accepted') return { executionId, position: result.position, created: true };
    return this.#existing(executionId, request);
  }

  #checked({ skill, params }: ExecutionOrder): JsonObject {
    const { limits, waiting } = this.#deps;
    if (waiting() >= limits.maxQueued) throw new AppError('QUEUE_FULL', { retryAfterMs: 1000 });
    const checked = checkParameters(skill.metadata.parameters, params);
    if (!checked.ok) {
      throw new AppError('PARAMS_INVALID', { problems: checked.problems, message: describe(checked.problems) });
    }
    return checked.params;
  }

  #toRequested(
    order: ExecutionOrder,
    params: JsonObject,
    secretParams: readonly string[],
    nowMs: number,
  ): ExecutionRequested {
    const { owner, options } = order;
    const { metadata, digest } = order.skill;
    const { limits } = this.#deps;
    const dueAtMs = options.runAtMs !== undefined && options.runAtMs > nowMs ? options.runAtMs : null;
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
      expiresAtMs: queueTtlMs === undefined ? null : (dueAtMs ?? nowMs) + queueTtlMs,
      timeoutMs: Math.min(options.timeoutMs ?? metadata.timeoutMs ?? limits.defaultTimeoutMs, limits.maxTimeoutMs),
      retry: retryPolicy(options.retry ?? metadata.retry),
    };
  }

  async #existing(executionId: string, request: ExecutionRequested): Promise<RequestedExecution> {
    const [first] = await this.#deps.log.readStream(executionId, { limit: 1 });
    if (first?.type === 'ExecutionRequested' && isSameOrder(first.data, request)) {
      return { executionId, position: first.position, created: false };
    }
    throw new AppError('IDEMPOTENCY_KEY_REUSED');
  }
}

function decideRequest(request: ExecutionRequested, place: Place | null, atMs: number): readonly ExecutionEvent[] {
  const requested = decideExecution({ kind: 'request', request }, initialExecution);
  if (place === null) return requested;
  const state = requested.reduce((before, event) => evolveExecution(before, { ...event, atMs }), initialExecution);
  return [...requested, ...decideExecution(place.start, state)];
}

function isSameOrder(a: ExecutionRequested, b: ExecutionRequested): boolean {
  return a.skill === b.skill && a.owner === b.owner && JSON.stringify(a.params) === JSON.stringify(b.params);
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

function describe(problems: readonly { readonly path: string; readonly message: string }[]): string {
  return problems
    .map(({ path, message }) => `${path.replace('/params/', '').replace('/params', 'params')} ${message}`)
    .join('; ');
}
