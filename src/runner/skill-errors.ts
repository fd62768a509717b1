import type { SkillError } from '../../schemas/generated/events.ts';
import type { RunErrorCode } from './run-outcome.ts';

const maxMessageChars = 4000;
const maxStackChars = 8000;

/** A {@link SkillError} with its texts cut to what an event may carry. */
export function skillError(code: RunErrorCode, message: string, stack: string | null = null): SkillError {
  return { code, message: message.slice(0, maxMessageChars), stack: stack?.slice(0, maxStackChars) ?? null };
}

/** What a skill threw, as an error of the log; `retryable: false` on the thrown thing forbids repeating. */
export function thrownBySkill(thrown: unknown): { readonly error: SkillError; readonly retryable: boolean } {
  if (!(thrown instanceof Error)) return { error: skillError('SKILL_THREW', String(thrown)), retryable: true };
  const retryable = !('retryable' in thrown) || thrown.retryable !== false;
  return { error: skillError('SKILL_THREW', thrown.message, thrown.stack ?? null), retryable };
}

/** What a `validate` function's answer means: null when it accepts. */
export function refusalOf(answer: unknown): string | null {
  if (answer === true || answer === undefined) return null;
  if (typeof answer === 'string') return answer;
  if (Array.isArray(answer)) return answer.length === 0 ? null : answer.join('; ');
  return "The skill's validate function refused the parameters.";
}
