import type { SkillError } from '../../schemas/generated/events.ts';
import type { RunErrorCode, RunOutcome } from './run-outcome.ts';

const maxMessageChars = 4000;
const maxStackChars = 8000;

/** A {@link SkillError} with its texts cut to what an event may carry. */
export function skillError(code: RunErrorCode, message: string, stack: string | null = null): SkillError {
  return { code, message: message.slice(0, maxMessageChars), stack: stack?.slice(0, maxStackChars) ?? null };
}

/** The outcome of an attempt that failed without leaving files. */
export function failedRun(code: RunErrorCode, message: string, retryable: boolean): RunOutcome {
  return { kind: 'failed', error: skillError(code, message), retryable, durationMs: 0, artifacts: [] };
}

/** What to say of a run that the node could not start. */
export function notStarted(reason: unknown): string {
  return `The node could not start the run: ${reason instanceof Error ? reason.message : String(reason)}`;
}

/** What a skill threw, as an error of the log; `retryable: false` on the thrown thing forbids repeating. */
export function thrownBySkill(thrown: unknown): { readonly error: SkillError; readonly retryable: boolean } {
  if (!(thrown instanceof Error)) return { error: skillError('SKILL_THREW', String(thrown)), retryable: true };
  const retryable = !('retryable' in thrown) || thrown.retryable !== false;
  return { error: skillError('SKILL_THREW', thrown.message, stackOf(thrown)), retryable };
}

/** The stack as far as it is the skill's: the runner's own frames say nothing to its author. */
function stackOf({ stack }: Error): string | null {
  if (typeof stack !== 'string') return null;
  const lines = stack.split('\n').filter((line) => !line.includes(import.meta.dirname));
  return lines.join('\n');
}

/** What a `validate` function's answer means: null when it accepts. */
export function refusalOf(answer: unknown): string | null {
  if (answer === true || answer === undefined) return null;
  if (typeof answer === 'string') return answer;
  if (Array.isArray(answer)) return answer.length === 0 ? null : answer.join('; ');
  return "The skill's validate function refused the parameters.";
}
