import type { Artifact, LogLevel, RunLimits, SkillError } from '../../schemas/generated/events.ts';
import type { JsonObject, JsonValue } from '../kernel/json.ts';
import type { LoadedSkill } from '../skills/skill.ts';

/**
 * Why an attempt failed: the codes of `SkillError`.
 *
 * | code                       | meaning                                                              | repeated |
 * | -------------------------- | -------------------------------------------------------------------- | -------- |
 * | SKILL_THREW                | `execute` threw or rejected                                          | yes, unless the error says `retryable: false` |
 * | SKILL_VALIDATION_FAILED    | `validate` refused the parameters                                    | no       |
 * | SKILL_LOAD_FAILED          | the module could not be loaded                                       | no       |
 * | SKILL_RESULT_INVALID       | the result is not JSON, or too large                                 | no       |
 * | SKILL_EXITED               | the process ended before the result                                  | yes      |
 * | SKILL_OUT_OF_MEMORY        | the process went over its memory limit                               | yes      |
 * | SKILL_PROTOCOL_VIOLATION   | the process wrote something else than the runner's frames            | no       |
 * | SKILL_TIMED_OUT            | an attempt ran into its time limit and is repeated                   | yes      |
 * | ATTEMPT_LOST               | the node stopped during the attempt more often than allowed          | no       |
 * | SKILL_START_FAILED         | the node could not start the run: no process, no memory, no disk     | yes      |
 * | SECRETS_MISSING            | the secret parameters are not in the vault of the node any more      | no       |
 * | OUTCOME_NOT_RECORDED       | the attempt ended, and the log refused what it had to say            | no       |
 */
export type RunErrorCode =
  | 'SKILL_THREW'
  | 'SKILL_VALIDATION_FAILED'
  | 'SKILL_LOAD_FAILED'
  | 'SKILL_RESULT_INVALID'
  | 'SKILL_EXITED'
  | 'SKILL_OUT_OF_MEMORY'
  | 'SKILL_PROTOCOL_VIOLATION'
  | 'SKILL_START_FAILED'
  | 'SECRETS_MISSING'
  | 'OUTCOME_NOT_RECORDED';

/** How one attempt ended. */
export type RunOutcome = { readonly durationMs: number; readonly artifacts: readonly Artifact[] } & (
  | { readonly kind: 'completed'; readonly result: JsonValue }
  | { readonly kind: 'failed'; readonly error: SkillError; readonly retryable: boolean }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'cancelled' }
);

/** One attempt to run. */
export interface RunJob {
  readonly executionId: string;
  readonly attempt: number;
  readonly owner: string;
  readonly skill: LoadedSkill;
  /** Checked parameters, secret ones included. */
  readonly params: JsonObject;
  readonly limits: RunLimits;
}

/** What a run tells while it goes on. */
export interface RunEvents {
  progress(percent: number, status: string | null): void;
  log(level: LogLevel, message: string, loggedAtMs: number): void;
}

/** A run under way. `outcome` never rejects. */
export interface RunHandle {
  readonly outcome: Promise<RunOutcome>;
  /** Asks the skill to stop, and makes it after its grace time. */
  cancel(): void;
}

/** Runs attempts: in child processes, or in the server's own. */
export interface SkillRunner {
  readonly mode: 'process' | 'inline';
  /** Runs at once that are worth starting. */
  readonly slots: number;
  /** Throws only when nothing was started. */
  run(job: RunJob, events: RunEvents): RunHandle;
  /** Ends everything that still runs. */
  stop(): Promise<void>;
}
