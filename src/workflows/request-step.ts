import type { ExecutionRequests, RequestedExecution, RequestOptions } from '../commands/request-execution.ts';
import type { Launch, StepError } from '../domain/workflow/run.ts';
import { isAppError } from '../kernel/errors.ts';
import type { LoadedSkill } from '../skills/skill.ts';
import type { OpenRun } from './open-run.ts';

interface RequestDependencies {
  readonly requests: ExecutionRequests;
  readonly skillOf: (name: string) => LoadedSkill | undefined;
  readonly onError: (error: unknown, about: string) => void;
}

/** What became of the request for a step's execution. */
export type StepRequest =
  | { readonly kind: 'requested'; readonly execution: RequestedExecution }
  /** It never can be requested. */
  | { readonly kind: 'refused'; readonly error: StepError }
  | { readonly kind: 'later' };

const notRequestable = ['PARAMS_INVALID', 'EVENT_TOO_LARGE', 'IDEMPOTENCY_KEY_REUSED', 'VALIDATION_FAILED'];

/** Requests the execution of a step. INV-11: the id of its cause is its key, so that asking twice leads to one. */
export async function requestStep(
  { id: run, owner }: OpenRun,
  { step, params }: Launch,
  causeId: string,
  { requests, skillOf, onError }: RequestDependencies,
): Promise<StepRequest> {
  const skill = skillOf(step.skill);
  if (skill === undefined) {
    const error = { code: 'SKILL_NOT_FOUND', message: `There is no skill ${step.skill}.` };
    return { kind: 'refused', error };
  }
  const { timeoutMs, retry } = step;
  const options: RequestOptions = {
    idempotencyKey: causeId,
    cause: 'workflow',
    causeId,
    causationId: `${run}@1`,
    ...(timeoutMs !== null && { timeoutMs }),
    ...(retry !== null && { retry }),
  };
  try {
    return { kind: 'requested', execution: await requests.request({ owner, actor: run, skill, params, options }) };
  } catch (error) {
    if (isAppError(error) && notRequestable.includes(error.code))
      return { kind: 'refused', error: { code: error.code, message: error.message } };
    if (!isAppError(error)) onError(error, run);
    return { kind: 'later' };
  }
}
