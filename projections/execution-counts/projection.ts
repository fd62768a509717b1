import type { RecordedEvent } from '../../src/event-log/event-log.ts';
import {
  defineTable,
  type Projection,
  type ReadModelRow,
  type ReadModelWriter,
} from '../../src/projecting/projection.ts';
import type { ExecutionStatus } from '../executions/projection.ts';

type CountRow = ReadModelRow & {
  readonly owner: string;
  readonly skill: string;
  readonly status: ExecutionStatus;
  readonly executions: number;
};

type CountedRow = ReadModelRow & {
  readonly id: string;
  readonly owner: string;
  readonly skill: string;
  readonly status: ExecutionStatus;
};

const countsTable = defineTable<CountRow>({
  name: 'execution_counts',
  key: ['owner', 'skill', 'status'],
  columns: { owner: 'text', skill: 'text', status: 'text', executions: 'integer' },
  indexes: [],
});

/** Where each open execution is counted; an ended one never moves again and needs no row. */
const countedTable = defineTable<CountedRow>({
  name: 'execution_counted',
  key: ['id'],
  columns: { id: 'text', owner: 'text', skill: 'text', status: 'text' },
  indexes: [],
});

/** How many executions each owner has by skill and status. */
export const executionCountsProjection: Projection = {
  name: 'execution-counts',
  version: 1,
  tables: [countsTable, countedTable],
  apply(event, write) {
    if (event.type === 'ExecutionRequested') {
      if (event.revision > 0) return;
      const row: CountedRow = { id: event.stream, owner: event.data.owner, skill: event.data.skill, status: 'queued' };
      write.insert(countedTable, row);
      count(write, row, 1);
      return;
    }
    const status = statusAfter(event);
    if (status === null) return;
    const row = write.get(countedTable, event.stream);
    if (row === undefined || row.status === status) return;
    const moved = { ...row, status };
    count(write, row, -1);
    count(write, moved, 1);
    if (isEnd(status)) write.remove(countedTable, row.id);
    else write.put(countedTable, moved);
  },
};

function count(write: ReadModelWriter, { owner, skill, status }: CountedRow, change: number): void {
  const before = write.get(countsTable, owner, skill, status)?.executions ?? 0;
  write.put(countsTable, { owner, skill, status, executions: before + change });
}

function isEnd(status: ExecutionStatus): boolean {
  return status !== 'queued' && status !== 'running' && status !== 'retrying' && status !== 'cancelling';
}

function statusAfter(event: RecordedEvent): ExecutionStatus | null {
  switch (event.type) {
    case 'ExecutionStarted':
      return 'running';
    case 'ExecutionAttemptFailed':
    case 'ExecutionAttemptLost':
      return 'retrying';
    case 'ExecutionCancellationRequested':
      return 'cancelling';
    case 'ExecutionCompleted':
      return 'completed';
    case 'ExecutionFailed':
      return 'failed';
    case 'ExecutionTimedOut':
      return 'timed-out';
    case 'ExecutionCancelled':
      return 'cancelled';
    case 'ExecutionExpired':
      return 'expired';
    default:
      return null;
  }
}
