import type { ExecutionRequested, LogLevel } from '../../schemas/generated/events.ts';
import { decideAll } from '../domain/execution/decide-all.ts';
import { decideExecution, type ExecutionCommand } from '../domain/execution/decide.ts';
import { initialExecution } from '../domain/execution/state.ts';
import type { EventLog, Position } from '../event-log/event-log.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import { derivedId, newId } from '../kernel/ids.ts';
import { canonicalJson, type JsonValue } from '../kernel/json.ts';
import { Turns } from '../kernel/turns.ts';
import type { ExecutionStore, FoundCommand, LoadedExecution } from './execution-store.ts';
import { keyedExecutionId } from './request-execution.ts';

/** What another program tells about an execution that it runs itself. Texts and durations are within {@link reportLimits}. */
export type Report =
  | { readonly kind: 'progress'; readonly progress: number; readonly status: string | null }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly message: string }
  | { readonly kind: 'complete'; readonly result: JsonValue; readonly durationMs: number }
  | { readonly kind: 'error'; readonly error: string; readonly stack: string | null; readonly durationMs: number }
  | { readonly kind: 'cancelled'; readonly reason: string | null; readonly durationMs: number };

/** Most characters of a report's texts, and the longest duration in milliseconds. */
export const reportLimits = {
  status: 1000,
  message: 65_536,
  error: 4000,
  stack: 8000,
  reason: 500,
  durationMs: 2 ** 31 - 1,
} as const;

/** How external executions may be named. */
export const externalName = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** An execution to be opened. */
export interface ExternalOrder {
  readonly owner: string;
  readonly actor: string;
  /** Stands in the place of the skill's name; {@link externalName}. */
  readonly name: string;
  readonly params: JsonValue;
  /** The caller's own id for it. Made up when absent. */
  readonly executionId?: string;
  /** A repetition with the same key gives the same execution. */
  readonly idempotencyKey?: string;
}

export interface ReportOptions {
  /** A repetition with the same key is recorded once. */
  readonly idempotencyKey?: string;
  /** Reports from within this process: they open an execution that is not known yet, for whom this names. */
  readonly ownerOfNew?: () => Promise<string>;
}

/** What a report led to. */
export interface Reported {
  /** Position of the event; null when the report changed nothing. */
  readonly position: Position | null;
  /** Somebody has asked for the execution to be cancelled, and it has not ended yet. */
  readonly cancellationRequested: boolean;
}

interface Dependencies {
  readonly log: EventLog;
  readonly executions: ExecutionStore;
  readonly clock: Clock;
}

/** Executions that another program runs: ihuman records and shows them, and does not run anything. */
export class ExternalExecutions {
  readonly #deps: Dependencies;
  /** Reports on one execution take effect in the order in which they arrive. */
  readonly #turns = new Turns();

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * Opens an external execution, running from the start. A repetition (the same key or id, and the same order) gives what the
   * first one made; throws IDEMPOTENCY_KEY_REUSED or MOVE_NOT_ALLOWED when the key or the id belongs to something else.
   */
  async open(order: ExternalOrder): Promise<{ readonly executionId: string; readonly position: Position }> {
    const { log, clock } = this.#deps;
    const { owner, actor, idempotencyKey: key } = order;
    const executionId = order.executionId ?? (key === undefined ? newId('exec', clock) : keyedExecutionId(owner, key));
    const request = requestOf(order);
    const atMs = clock.now();
    const events = decideAll([{ kind: 'request', request }, startOf(actor)], initialExecution, atMs);
    const result = await log.append({ stream: executionId, expected: 'none', actor, atMs, events });
    if (result.outcome === 'accepted') return { executionId, position: result.position };
    const [first] = await log.readStream(executionId, { limit: 1 });
    if (first !== undefined && canonicalJson(first.data) === canonicalJson(request)) {
      return { executionId, position: first.position };
    }
    if (key !== undefined) throw new AppError('IDEMPOTENCY_KEY_REUSED');
    throw new AppError('MOVE_NOT_ALLOWED', { message: `The id ${executionId} belongs to something else.` });
  }

  /**
   * Records a report. Throws EXECUTION_NOT_FOUND, EXECUTION_FINISHED, IDEMPOTENCY_KEY_REUSED when the key was used for another
   * report, or MOVE_NOT_ALLOWED for an execution that ihuman runs: of such a one, its own process may add progress and logs.
   */
  report(executionId: string, report: Report, actor: string, options: ReportOptions = {}): Promise<Reported> {
    return this.#turns.take(() => this.#record(executionId, report, actor, options), executionId);
  }

  async #record(executionId: string, report: Report, actor: string, options: ReportOptions): Promise<Reported> {
    const { executions, clock } = this.#deps;
    const { idempotencyKey: key, ownerOfNew } = options;
    const name = key === undefined ? null : derivedId('rep', key);
    const earlier = name === null ? null : await executions.find(executionId, name);
    if (earlier !== null) {
      if (!isSame(earlier, report)) throw new AppError('IDEMPOTENCY_KEY_REUSED');
      const { state } = await executions.load(executionId);
      return { position: earlier.position, cancellationRequested: isCancelling(state) };
    }
    if (ownerOfNew !== undefined && (await executions.load(executionId)).state.phase === 'absent') {
      const order = { owner: await ownerOfNew(), actor, name: 'external', params: {} };
      const position = await this.#openWith(executionId, order, report);
      if (position !== null) return { position, cancellationRequested: false };
    }
    let cancellationRequested = false;
    const guard = ({ request, state }: LoadedExecution): void => {
      if (request === null) throw new AppError('EXECUTION_NOT_FOUND');
      if (request.cause !== 'external') requireAddition(report, ownerOfNew !== undefined);
      cancellationRequested = isCancelling(state) && !endings.has(report.kind);
    };
    const { position } = await executions.execute(executionId, toCommand(report, clock.now()), actor, guard, name);
    return { position, cancellationRequested };
  }

  /** Opening and first report share one append, so that a report that is refused opens nothing. Null when it exists already. */
  async #openWith(executionId: string, order: ExternalOrder, report: Report): Promise<Position | null> {
    const { log, clock } = this.#deps;
    const { actor } = order;
    const atMs = clock.now();
    const request = { kind: 'request', request: requestOf(order) } as const;
    const events = decideAll([request, startOf(actor), toCommand(report, atMs)], initialExecution, atMs);
    const result = await log.append({ stream: executionId, expected: 'none', actor, atMs, events });
    return result.outcome === 'accepted' ? result.position : null;
  }
}

function startOf(node: string): ExecutionCommand {
  return { kind: 'start', node, mode: 'external', limits: null, skillDigest: null };
}

const endings: ReadonlySet<Report['kind']> = new Set(['complete', 'error', 'cancelled']);

function isCancelling(state: LoadedExecution['state']): boolean {
  return state.phase === 'running' && state.cancellation !== null;
}

/** What ihuman runs, ihuman ends. */
function requireAddition(report: Report, fromWithin: boolean): void {
  if (fromWithin && !endings.has(report.kind)) return;
  throw new AppError('MOVE_NOT_ALLOWED', {
    message: fromWithin
      ? 'ihuman runs this execution itself and records how it ends; only progress and logs can be added.'
      : 'ihuman runs this execution itself; only external ones take reports.',
  });
}

/** Whether a report would have led to what stands in the log, had it been told then. */
function isSame({ event, before }: FoundCommand, report: Report): boolean {
  const atMs = event.type === 'ExecutionLogged' ? event.data.loggedAtMs : event.atMs;
  const [again] = decideExecution(toCommand(report, atMs), before);
  return canonicalJson(again) === canonicalJson({ type: event.type, data: event.data });
}

function toCommand(report: Report, nowMs: number): ExecutionCommand {
  switch (report.kind) {
    case 'progress':
      return { kind: 'report-progress', progress: report.progress, status: report.status };
    case 'log':
      return { kind: 'log', lines: [{ level: report.level, message: report.message, loggedAtMs: nowMs }] };
    case 'complete':
      return { kind: 'complete', result: report.result, durationMs: report.durationMs, artifacts: [] };
    case 'error': {
      const error = { code: 'EXTERNAL_ERROR', message: report.error, stack: report.stack };
      return { kind: 'fail-attempt', retryable: false, error, nowMs, durationMs: report.durationMs, artifacts: [] };
    }
    case 'cancelled':
      return {
        kind: 'confirm-cancellation',
        reason: report.reason,
        durationMs: report.durationMs,
        artifacts: [],
      };
  }
}

function requestOf({ owner, name, params }: ExternalOrder): ExecutionRequested {
  return {
    owner,
    skill: name,
    skillVersion: '',
    skillDigest: '',
    params,
    secretParams: [],
    cause: 'external',
    causeId: null,
    priority: 0,
    dueAtMs: null,
    expiresAtMs: null,
    timeoutMs: 0,
    retry: { maxAttempts: 1, initialDelayMs: 0, factor: 1, maxDelayMs: 0, maxLostAttempts: 0 },
  };
}
