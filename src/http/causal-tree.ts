import type { ExecutionRow } from '../../projections/executions/projection.ts';
import { isEnding } from '../commands/endings.ts';
import { partOf, workflowOfRun } from '../domain/workflow/definition.ts';
import type { EventLog } from '../event-log/event-log.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { Queries } from '../store/query-client.ts';

type Mutable = { -readonly [K in keyof CausalNode]: CausalNode[K] };

/** What led to what: each node is what its parent brought about. */
export interface CausalNode {
  readonly kind: 'schedule' | 'firing' | 'run' | 'step' | 'execution' | 'attempt' | 'delivery';
  readonly id: string;
  readonly status: string | null;
  readonly at: string | null;
  readonly about: JsonObject;
  readonly children: readonly CausalNode[];
}

interface Sources {
  readonly log: Pick<EventLog, 'readStream'>;
  readonly queries: Pick<Queries, 'executionById' | 'childrenOf' | 'deliveriesOfStream'>;
}

/** Executions in one tree; beyond that it is cut, and says so. */
export const maxTreeExecutions = 1000;
const maxAncestors = 1000;
const maxAttemptEvents = 10_000;

/** Everything that belongs to the cause of an execution, from what began it down to attempts and deliveries. */
export async function causalTree(
  row: ExecutionRow,
  sources: Sources,
): Promise<{ readonly tree: CausalNode; readonly truncated: boolean }> {
  const top = await firstOf(row, sources);
  const budget = { left: maxTreeExecutions };
  const tree = await nodeOf(top, sources, budget);
  const truncated = budget.left < 0;
  const [schedule, instant] = top.cause === 'schedule' ? (top.causeId ?? '').split('/') : [];
  if (schedule === undefined || instant === undefined) return { tree, truncated };
  const scheduledFor = timestamp(Number(instant));
  const firing = { ...leaf('firing', `${schedule}/${instant}`, null, scheduledFor), children: [tree] };
  return { tree: { ...leaf('schedule', schedule, null, null), children: [firing] }, truncated };
}

/** The execution that an execution comes from in the end: its run's, and the one that was tried again. */
async function firstOf(row: ExecutionRow, { queries }: Sources): Promise<ExecutionRow> {
  let now = row;
  for (let i = 0; i < maxAncestors; i++) {
    const parent = now.cause === 'workflow' ? partOf(now.causeId)?.run : now.cause === 'retry' ? now.causeId : null;
    const next = parent === null || parent === undefined ? null : await queries.executionById(parent);
    if (next === null || next.owner !== row.owner) return now;
    now = next;
  }
  return now;
}

async function nodeOf(row: ExecutionRow, sources: Sources, budget: { left: number }): Promise<CausalNode> {
  const { queries } = sources;
  budget.left--;
  const [attempts, steps, retries, deliveries] = await Promise.all([
    attemptsOf(row, sources),
    queries.childrenOf('workflow', row.id, maxTreeExecutions + 1),
    queries.childrenOf('retry', row.id, maxTreeExecutions + 1),
    queries.deliveriesOfStream(row.owner, row.id),
  ]);
  const below: CausalNode[] = [];
  for (const child of [...steps, ...retries]) {
    if (budget.left <= 0) {
      budget.left = -1;
      break;
    }
    below.push(await nodeOf(child, sources, budget));
  }
  const delivered = deliveries.map((delivery) => ({
    ...leaf('delivery', delivery.id, delivery.status, timestamp(delivery.createdAtMs)),
    about: { webhookId: delivery.webhook, event: delivery.eventType, attempts: delivery.attempts },
  }));
  const part = row.cause === 'workflow' ? partOf(row.causeId) : null;
  const workflow = workflowOfRun(row.skill);
  const kind = workflow !== null ? 'run' : part !== null ? 'step' : 'execution';
  return {
    ...leaf(kind, row.id, row.status, timestamp(row.requestedAtMs)),
    about: {
      ...(workflow === null ? { skillId: row.skill } : { workflow, version: row.skillVersion }),
      ...(part !== null && { step: part.step, ...(part.index !== null && { index: part.index }) }),
      ...(row.cause === 'retry' && { retryOf: row.causeId }),
      requestedBy: row.requestedBy,
      durationMs: row.durationMs,
    },
    children: [...attempts, ...below, ...delivered],
  };
}

/** Attempts as the execution's own events tell of them. A run has none: its steps do the work. */
async function attemptsOf(row: ExecutionRow, { log }: Sources): Promise<readonly CausalNode[]> {
  if (row.attempt === 0 || workflowOfRun(row.skill) !== null) return [];
  const attempts: Mutable[] = [];
  const end = (status: string): void => {
    const last = attempts.at(-1);
    if (last !== undefined) last.status = status;
  };
  for (const event of await log.readStream(row.id, { limit: maxAttemptEvents })) {
    if (event.type === 'ExecutionStarted') {
      const { attempt, node, mode } = event.data;
      const started = leaf('attempt', `${row.id}#${String(attempt)}`, 'running', timestamp(event.atMs));
      attempts.push({ ...started, about: { attempt, node, mode } });
    } else if (event.type === 'ExecutionAttemptFailed') end('failed');
    else if (event.type === 'ExecutionAttemptLost') end('lost');
    else if (isEnding(event)) end(row.status);
  }
  return attempts;
}

function leaf(kind: CausalNode['kind'], id: string, status: string | null, at: string | null): CausalNode {
  return { kind, id, status, at, about: {}, children: [] };
}

function timestamp(atMs: number): string {
  return new Date(atMs).toISOString();
}
