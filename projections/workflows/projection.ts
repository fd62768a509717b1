import type { RecordedEvent } from '../../src/event-log/event-log.ts';
import {
  defineTable,
  type Projection,
  type ReadModelRow,
  type ReadModelWriter,
} from '../../src/projecting/projection.ts';

/** A workflow, at its last version. */
export type WorkflowRow = ReadModelRow & {
  readonly id: string;
  readonly owner: string;
  readonly name: string;
  readonly version: number;
  readonly status: 'defined' | 'retired';
  readonly createdAtMs: number;
  readonly changedAtMs: number;
  readonly revision: number;
  /** Position of its first definition: lists are ordered by it. */
  readonly position: number;
};

export const workflowsTable = defineTable<WorkflowRow>({
  name: 'workflows',
  key: ['id'],
  columns: {
    id: 'text',
    owner: 'text',
    name: 'text',
    version: 'integer',
    status: 'text',
    createdAtMs: 'integer',
    changedAtMs: 'integer',
    revision: 'integer',
    position: 'integer',
  },
  fixed: ['owner', 'name', 'createdAtMs', 'position'],
  indexes: [{ columns: ['owner', 'position'] }],
});

/** One version of a workflow. */
export type WorkflowVersionRow = ReadModelRow & {
  readonly workflow: string;
  readonly version: number;
  readonly definitionJson: string;
  readonly definedBy: string;
  readonly definedAtMs: number;
};

export const workflowVersionsTable = defineTable<WorkflowVersionRow>({
  name: 'workflow_versions',
  key: ['workflow', 'version'],
  columns: { workflow: 'text', version: 'integer', definitionJson: 'text', definedBy: 'text', definedAtMs: 'integer' },
  indexes: [],
});

/** Workflows and all their versions. */
export const workflowsProjection: Projection = {
  name: 'workflows',
  version: 1,
  tables: [workflowsTable, workflowVersionsTable],
  apply(event, write) {
    if (event.type === 'WorkflowDefined') define(event, write);
    if (event.type !== 'WorkflowRetired') return;
    const row = write.get(workflowsTable, event.stream);
    const { atMs: changedAtMs, revision } = event;
    if (row !== undefined) write.update(workflowsTable, row, { status: 'retired', changedAtMs, revision });
  },
};

function define(event: RecordedEvent<'WorkflowDefined'>, write: ReadModelWriter): void {
  const { stream: id, atMs, revision, position, actor } = event;
  const { owner, name, version, definition } = event.data;
  const row = write.get(workflowsTable, id);
  const now = { version, status: 'defined', changedAtMs: atMs, revision } as const;
  if (row === undefined) write.insert(workflowsTable, { id, owner, name, createdAtMs: atMs, position, ...now });
  else write.update(workflowsTable, row, now);
  if (write.get(workflowVersionsTable, id, version) !== undefined) return;
  const definitionJson = JSON.stringify(definition);
  write.insert(workflowVersionsTable, { workflow: id, version, definitionJson, definedBy: actor, definedAtMs: atMs });
}
