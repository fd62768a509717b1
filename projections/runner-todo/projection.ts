import { defineTable, type Projection, type ReadModelRow } from '../../src/projecting/projection.ts';

/** An execution that has not ended: what the runner may have to do next. */
export type TodoRow = ReadModelRow & {
  readonly id: string;
  readonly phase: 'queued' | 'running';
  readonly skill: string;
  readonly owner: string;
  readonly priority: number;
  readonly dueAtMs: number | null;
  readonly expiresAtMs: number | null;
  /** Node and mode of the running attempt. */
  readonly node: string | null;
  readonly mode: string | null;
  /** Position of the request: first come, first served within a priority. */
  readonly position: number;
};

export const todoTable = defineTable<TodoRow>({
  name: 'runner_todo',
  key: ['id'],
  columns: {
    id: 'text',
    phase: 'text',
    skill: 'text',
    owner: 'text',
    priority: 'integer',
    dueAtMs: 'integer?',
    expiresAtMs: 'integer?',
    node: 'text?',
    mode: 'text?',
    position: 'integer',
  },
  indexes: [],
});

/** The runner's to-do list: every execution that has not ended. Small however long the history is. */
export const runnerTodoProjection: Projection = {
  name: 'runner-todo',
  version: 1,
  tables: [todoTable],
  apply(event, write) {
    switch (event.type) {
      case 'ExecutionRequested': {
        const { skill, owner, priority, dueAtMs, expiresAtMs } = event.data;
        const { stream: id, position } = event;
        if (event.revision > 0) return;
        write.insert(todoTable, {
          id,
          phase: 'queued',
          skill,
          owner,
          priority,
          dueAtMs,
          expiresAtMs,
          node: null,
          mode: null,
          position,
        });
        return;
      }
      case 'ExecutionStarted': {
        const row = write.get(todoTable, event.stream);
        const { node, mode } = event.data;
        if (row !== undefined)
          write.put(todoTable, { ...row, phase: 'running', node, mode, dueAtMs: null, expiresAtMs: null });
        return;
      }
      case 'ExecutionAttemptFailed':
      case 'ExecutionAttemptLost': {
        const row = write.get(todoTable, event.stream);
        const dueAtMs = event.data.retryAtMs;
        if (row !== undefined) write.put(todoTable, { ...row, phase: 'queued', node: null, mode: null, dueAtMs });
        return;
      }
      case 'ExecutionCompleted':
      case 'ExecutionFailed':
      case 'ExecutionTimedOut':
      case 'ExecutionCancelled':
      case 'ExecutionExpired':
        write.remove(todoTable, event.stream);
        return;
      default:
    }
  },
};
