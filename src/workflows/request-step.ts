import {
  describeProblems,
  type ExecutionOrder,
  type ExecutionRequests,
  type PreparedRequest,
  type RequestedExecution,
  type RequestOptions,
} from '../commands/request-execution.ts';
import { causeIdOf } from '../domain/workflow/definition.ts';
import type { Launch, StepError } from '../domain/workflow/run.ts';
import { isAppError } from '../kernel/errors.ts';
import { checkParameters } from '../skills/parameters.ts';
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
  run: OpenRun,
  launch: Launch,
  { requests, skillOf, onError }: RequestDependencies,
): Promise<StepRequest> {
  const { step } = launch;
  const skill = skillOf(step.skill);
  if (skill === undefined) return { kind: 'refused', error: noSkill(step.skill) };
  try {
    return { kind: 'requested', execution: await requests.request(orderOf(run, launch, skill)) };
  } catch (error) {
    if (isAppError(error) && notRequestable.includes(error.code))
      return { kind: 'refused', error: { code: error.code, message: error.message } };
    if (!isAppError(error)) onError(error, run.id);
    return { kind: 'later' };
  }
}

/** Why the execution of a step is refused that can never be requested, as far as its skill tells. */
export function refusalOf({ step, params }: Launch, skill: LoadedSkill | undefined): StepError {
  if (skill === undefined) return noSkill(step.skill);
  const checked = checkParameters(skill.metadata.parameters, params);
  const message = checked.ok ? 'Its execution could not be requested.' : describeProblems(checked.problems);
  return { code: 'PARAMS_INVALID', message };
}

function noSkill(name: string): StepError {
  return { code: 'SKILL_NOT_FOUND', message: `There is no skill ${name}.` };
}

/** The request for the execution of a step, where it needs nothing but its append; null where {@link requestStep} has to see to it. */
export function prepareStep(
  run: OpenRun,
  launch: Launch,
  { requests, skillOf }: Omit<RequestDependencies, 'onError'>,
): PreparedRequest | null {
  const skill = skillOf(launch.step.skill);
  try {
    return skill === undefined ? null : requests.prepare(orderOf(run, launch, skill));
  } catch (error) {
    if (isAppError(error)) return null;
    throw error;
  }
}

function orderOf(
  { id: run, owner, requestedAtMs }: OpenRun,
  { step, index, params }: Launch,
  skill: LoadedSkill,
): ExecutionOrder {
  const { timeoutMs, retry } = step;
  const causeId = causeIdOf(run, step.id, index);
  const options: RequestOptions = {
    idempotencyKey: causeId,
    keyedAtMs: requestedAtMs,
    cause: 'workflow',
    causeId,
    causationId: `${run}@1`,
    ...(timeoutMs !== null && { timeoutMs }),
    ...(retry !== null && { retry }),
  };
  return { owner, actor: run, skill, params, options };
}
