import type { Artifact, ExecutionRequested, RetryPolicy, SkillError } from '../../schemas/generated/events.ts';
import type { RecordedEvent } from '../../src/event-log/event-log.ts';
import {
  defineTable,
  type Projection,
  type ReadModelRow,
  type ReadModelWriter,
} from '../../src/projecting/projection.ts';

/** Where an execution stands, as people see it. */
export type ExecutionStatus =
  'queued' | 'running' | 'retrying' | 'cancelling' | 'completed' | 'failed' | 'timed-out' | 'cancelled' | 'expired';

/** Every status, in the order of an execution's life. */
export const executionStatuses = [
  'queued',
  'running',
  'retrying',
  'cancelling',
  'completed',
  'failed',
  'timed-out',
  'cancelled',
  'expired',
] as const satisfies readonly ExecutionStatus[];

/** A row of `executions`; columns ending in `Json` hold JSON text. */
export type ExecutionRow = ReadModelRow & {
  readonly id: string;
  readonly owner: string;
  readonly skill: string;
  readonly skillVersion: string;
  readonly skillDigest: string;
  readonly status: ExecutionStatus;
  readonly cause: string;
  readonly causeId: string | null;
  readonly requestedBy: string;
  readonly priority: number;
  readonly paramsJson: string;
  readonly secretParamsJson: string;
  readonly retryJson: string;
  readonly timeoutMs: number;
  readonly requestedAtMs: number;
  readonly dueAtMs: number | null;
  readonly expiresAtMs: number | null;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly durationMs: number | null;
  readonly attempt: number;
  readonly mode: string | null;
  readonly node: string | null;
  readonly progress: number;
  readonly progressStatus: string | null;
  readonly resultJson: string | null;
  readonly errorJson: string | null;
  readonly artifactsJson: string;
  readonly revision: number;
  /** Position of the request: lists are ordered by it. */
  readonly position: number;
};

export const executionsTable = defineTable<ExecutionRow>({
  name: 'executions',
  key: ['id'],
  clusteredBy: 'position',
  columns: {
    id: 'text',
    owner: 'text',
    skill: 'text',
    skillVersion: 'text',
    skillDigest: 'text',
    status: 'text',
    cause: 'text',
    causeId: 'text?',
    requestedBy: 'text',
    priority: 'integer',
    paramsJson: 'text',
    secretParamsJson: 'text',
    retryJson: 'text',
    timeoutMs: 'integer',
    requestedAtMs: 'integer',
    dueAtMs: 'integer?',
    expiresAtMs: 'integer?',
    startedAtMs: 'integer?',
    endedAtMs: 'integer?',
    durationMs: 'integer?',
    attempt: 'integer',
    mode: 'text?',
    node: 'text?',
    progress: 'real',
    progressStatus: 'text?',
    resultJson: 'text?',
    errorJson: 'text?',
    artifactsJson: 'text',
    revision: 'integer',
    position: 'integer',
  },
  fixed: [
    'position',
    'owner',
    'skill',
    'skillVersion',
    'skillDigest',
    'cause',
    'causeId',
    'requestedBy',
    'priority',
    'paramsJson',
    'secretParamsJson',
    'retryJson',
    'timeoutMs',
    'requestedAtMs',
    'expiresAtMs',
  ],
  indexes: [
    { columns: ['owner'] },
    // Nearly all executions complete: those are found by walking the owner's, the others by this.
    { columns: ['owner', 'status'], where: "status <> 'completed'" },
    { columns: ['owner', 'skill'] },
    // The steps of a workflow's run, and what came of a firing: nearly all executions have no such cause.
    { columns: ['causeId'], where: "cause IN ('workflow', 'schedule', 'retry')" },
    // The runner's to-do list: small however long the history is.
    { columns: ['position'], where: 'endedAtMs IS NULL' },
  ],
});

type CountRow = ReadModelRow & {
  readonly owner: string;
  readonly skill: string;
  readonly status: ExecutionStatus;
  readonly executions: number;
};

const countsTable = defineTable<CountRow>({
  name: 'ended_counts',
  key: ['owner', 'skill', 'status'],
  columns: { owner: 'text', skill: 'text', status: 'text', executions: 'integer' },
  indexes: [],
});

/**
 * One row for every execution: lists by user, status and skill, the runner's to-do list, and the answer to "how is it going".
 * Beside it how many executions of each owner have ended, by skill and status: the open ones are few and can be counted.
 */
export const executionsProjection: Projection = {
  name: 'executions',
  version: 1,
  tables: [executionsTable, countsTable],
  apply(event, write) {
    if (event.type === 'ExecutionRequested') {
      if (event.revision > 0) return;
      write.insert(executionsTable, requestedRow(event, event.data));
      return;
    }
    if (!event.type.startsWith('Execution')) return;
    const row = write.get(executionsTable, event.stream);
    if (row === undefined) return;
    const changes = row.endedAtMs === null ? changesBy(event, row) : {};
    if (changes.status !== undefined && changes.endedAtMs !== undefined) count(write, row, changes.status);
    write.update(executionsTable, row, { ...changes, revision: event.revision });
  },
};

function count(write: ReadModelWriter, { owner, skill }: ExecutionRow, status: ExecutionStatus): void {
  const before = write.get(countsTable, owner, skill, status);
  if (before === undefined) write.insert(countsTable, { owner, skill, status, executions: 1 });
  else write.update(countsTable, before, { executions: before.executions + 1 });
}

type Envelope = Pick<RecordedEvent, 'stream' | 'atMs' | 'actor' | 'revision' | 'position'>;

function requestedRow(event: Envelope, data: ExecutionRequested): ExecutionRow {
  return {
    id: event.stream,
    owner: data.owner,
    skill: data.skill,
    skillVersion: data.skillVersion,
    skillDigest: data.skillDigest,
    status: 'queued',
    cause: data.cause,
    causeId: data.causeId,
    requestedBy: event.actor,
    priority: data.priority,
    paramsJson: JSON.stringify(data.params),
    secretParamsJson: JSON.stringify(data.secretParams),
    retryJson: retryJson(data.retry),
    timeoutMs: data.timeoutMs,
    requestedAtMs: event.atMs,
    dueAtMs: data.dueAtMs,
    expiresAtMs: data.expiresAtMs,
    startedAtMs: null,
    endedAtMs: null,
    durationMs: null,
    attempt: 0,
    mode: null,
    node: null,
    progress: 0,
    progressStatus: null,
    resultJson: null,
    errorJson: null,
    artifactsJson: '[]',
    revision: event.revision,
    position: event.position,
  };
}

function retryJson({ maxAttempts, initialDelayMs, factor, maxDelayMs, maxLostAttempts }: RetryPolicy): string {
  return JSON.stringify({ maxAttempts, initialDelayMs, factor, maxDelayMs, maxLostAttempts });
}

function changesBy(event: RecordedEvent, row: ExecutionRow): Partial<ExecutionRow> {
  switch (event.type) {
    case 'ExecutionStarted': {
      const { attempt, mode, node } = event.data;
      const startedAtMs = row.startedAtMs ?? event.atMs;
      return { status: 'running', attempt, mode, node, startedAtMs, dueAtMs: null, progress: 0, progressStatus: null };
    }
    case 'ExecutionProgressed':
      return { progress: event.data.progress, progressStatus: event.data.status };
    case 'ExecutionCancellationRequested':
      return { status: 'cancelling' };
    case 'ExecutionAttemptFailed':
      return { status: 'retrying', dueAtMs: event.data.retryAtMs, errorJson: errorJson(event.data.error) };
    case 'ExecutionAttemptLost':
      return { status: 'retrying', dueAtMs: event.data.retryAtMs };
    default:
      return endedBy(event);
  }
}

/** What an ending changes in the row of its execution; nothing for any other event. */
export function endedBy(event: RecordedEvent): Partial<ExecutionRow> {
  const endedAtMs = event.atMs;
  switch (event.type) {
    case 'ExecutionCompleted': {
      const { result, durationMs, artifacts } = event.data;
      const resultJson = JSON.stringify(result);
      const artifactsJson = artifactsToJson(artifacts);
      return { status: 'completed', endedAtMs, durationMs, resultJson, artifactsJson, errorJson: null, progress: 100 };
    }
    case 'ExecutionFailed': {
      const { error, durationMs, artifacts } = event.data;
      return {
        status: 'failed',
        endedAtMs,
        durationMs,
        errorJson: errorJson(error),
        artifactsJson: artifactsToJson(artifacts),
      };
    }
    case 'ExecutionTimedOut': {
      const { timeoutMs, durationMs, artifacts } = event.data;
      const message = `The attempt ran longer than ${String(timeoutMs)} ms.`;
      const error = errorJson({ code: 'SKILL_TIMED_OUT', message, stack: null });
      return {
        status: 'timed-out',
        endedAtMs,
        durationMs,
        errorJson: error,
        artifactsJson: artifactsToJson(artifacts),
      };
    }
    case 'ExecutionCancelled': {
      const { durationMs, reason, artifacts } = event.data;
      const error = errorJson({ code: 'CANCELLED', message: reason ?? 'Cancelled on request.', stack: null });
      return {
        status: 'cancelled',
        endedAtMs,
        durationMs,
        errorJson: error,
        artifactsJson: artifactsToJson(artifacts),
        dueAtMs: null,
      };
    }
    case 'ExecutionExpired': {
      const message = `Not started within its limit; it waited ${String(event.data.waitedMs)} ms.`;
      return {
        status: 'expired',
        endedAtMs,
        durationMs: 0,
        errorJson: errorJson({ code: 'EXPIRED', message, stack: null }),
      };
    }
    default:
      return {};
  }
}

function errorJson({ code, message, stack }: SkillError): string {
  return JSON.stringify({ code, message, stack });
}

function artifactsToJson(artifacts: readonly Artifact[]): string {
  return JSON.stringify(artifacts.map(({ path, sizeBytes, sha256 }) => ({ path, sizeBytes, sha256 })));
}
