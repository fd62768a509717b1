import type { ExecutionRow } from '../../projections/executions/projection.ts';
import type { EndingEvent } from '../commands/endings.ts';
import { partOf } from '../domain/workflow/definition.ts';
import type { PartOutcome, StepError, WorkflowRun } from '../domain/workflow/run.ts';
import type { JsonValue } from '../kernel/json.ts';
import type { LoadedSkill } from '../skills/skill.ts';
import type { Queries } from '../store/query-client.ts';
import { refusalOf } from './request-step.ts';

/** The most executions of one run that are read: more than a definition allows of them. */
const maxParts = 2_000_000;
const maxResumes = 1000;

/** What an execution's ending means for the step that it is part of. */
export function outcomeOf({ type, data }: EndingEvent): PartOutcome {
  switch (type) {
    case 'ExecutionCompleted':
      return { status: 'completed', result: data.result, error: null };
    case 'ExecutionFailed':
      return failed({ code: data.error.code, message: data.error.message });
    case 'ExecutionTimedOut':
      return failed({ code: 'SKILL_TIMED_OUT', message: `It ran longer than ${String(data.timeoutMs)} ms.` });
    case 'ExecutionExpired':
      return failed({ code: 'EXPIRED', message: 'It was not started within its limit.' });
    case 'ExecutionCancelled': {
      const message = data.reason ?? 'It was cancelled.';
      return { status: 'cancelled', result: null, error: { code: 'CANCELLED', message } };
    }
  }
}

export function failed(error: StepError): PartOutcome {
  return { status: 'failed', result: null, error };
}

/** The same of a row; null while it has not ended. */
export function outcomeOfRow({ status, endedAtMs, resultJson, errorJson }: ExecutionRow): PartOutcome | null {
  if (endedAtMs === null) return null;
  if (status === 'completed')
    return { status, result: resultJson === null ? null : (JSON.parse(resultJson) as JsonValue), error: null };
  const { code, message } = JSON.parse(errorJson ?? '{"code":"FAILED","message":"It failed."}') as StepError;
  return { status: status === 'cancelled' ? status : 'failed', result: null, error: { code, message } };
}

/**
 * Tells a run what there is of it already. What a former run completed, of which this one is the continuation, counts as its own.
 * Returns its executions that are open.
 */
export async function takeUpParts(
  { id, cause, causeId }: Pick<ExecutionRow, 'id' | 'cause' | 'causeId'>,
  run: WorkflowRun,
  queries: Pick<Queries, 'childrenOf' | 'executionById'>,
): Promise<readonly ExecutionRow[]> {
  const open: ExecutionRow[] = [];
  for (const row of await queries.childrenOf('workflow', id, maxParts)) {
    const part = partOf(row.causeId);
    if (part === null) continue;
    const outcome = outcomeOfRow(row);
    if (outcome === null) {
      run.isOpen(part.step, part.index);
      open.push(row);
    } else run.hasEnded(part.step, part.index, outcome);
  }
  let former = cause === 'retry' ? causeId : null;
  for (let i = 0; former !== null && i < maxResumes; i++) {
    for (const row of await queries.childrenOf('workflow', former, maxParts)) {
      const part = partOf(row.causeId);
      const outcome = outcomeOfRow(row);
      // What this run has itself is known already, and stays.
      if (part !== null && outcome?.status === 'completed') run.hasEnded(part.step, part.index, outcome);
    }
    const before = await queries.executionById(former);
    former = before?.cause === 'retry' ? before.causeId : null;
  }
  return open;
}

/**
 * What a run that has ended never asked for could not be asked for: nothing else keeps a step from beginning. The log does not say
 * why, so it is found out again, by the skills as they are now.
 */
export function settleRefused(run: WorkflowRun, skillOf: (name: string) => LoadedSkill | undefined): void {
  for (let left = run.launches(); left.length > 0; left = run.launches()) {
    for (const launch of left) {
      const { step, index } = launch;
      run.hasEnded(step.id, index, failed(refusalOf(launch, skillOf(step.skill))));
    }
  }
}
