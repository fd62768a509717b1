import { closest } from '../kernel/closest.ts';
import { errorTable, isAppError, type Problem } from '../kernel/errors.ts';

/** What the command line's exit codes mean; `ihuman --help` lists them. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, unreachable: 3, notAllowed: 4, interrupted: 130 } as const;

/** The name of an exit code. */
export type Outcome = keyof typeof exitCodes;

/** Ends a command: one sentence that says what is wrong and what to do next, and the exit code. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly outcome: Outcome;
  readonly problems: readonly Problem[];

  constructor(outcome: Outcome, message: string, problems: readonly Problem[] = []) {
    super(message);
    this.outcome = outcome;
    this.problems = problems;
  }
}

/** How an error ends the program, and what is said of it on stderr; no lines when everything has been said already. */
export interface Ending {
  readonly outcome: Outcome;
  readonly lines: readonly string[];
}

/** The one place where errors become exit codes and sentences. `path` names the command, to point at its help. */
export function endingOf(error: unknown, path = ''): Ending {
  if (error instanceof CliError) return { outcome: error.outcome, lines: linesOf(error) };
  if (isInterruption(error)) return { outcome: 'interrupted', lines: [] };
  if (isSyntaxError(error)) {
    if (error.exitCode === 0) return { outcome: 'ok', lines: [] };
    // A group of verbs without a verb has shown its help.
    if (error.code === 'commander.help') return { outcome: 'usage', lines: [] };
    const message = nearOnly(error.message.replace(/^error: /, '')).replaceAll('\n', ' ');
    return { outcome: 'usage', lines: [`${message}; see "${`ihuman ${path}`.trimEnd()} --help"`] };
  }
  // An answer of the server has one of its codes too, and a status besides.
  if (isAnswer(error)) return { outcome: outcomeOfAnswer(error), lines: linesOf(error) };
  if (isAppError(error)) return { outcome: outcomeOfCode(error.code), lines: linesOf(error) };
  return { outcome: 'failed', lines: [error instanceof Error ? error.message : String(error)] };
}

/** Commander's message without a suggestion that is far from what was typed: it would take "logout" for "bogus". */
function nearOnly(message: string): string {
  return message.replace(/'(\S+)'\n\(Did you mean (?:one of )?(.+)\?\)$/, (_, typed: string, suggested: string) => {
    const near = closest(typed, suggested.split(', '));
    return near === undefined ? `'${typed}'` : `'${typed}' (Did you mean ${near}?)`;
  });
}

function linesOf({ message, problems }: { readonly message: string; readonly problems: readonly Problem[] }): string[] {
  return [message, ...problems.map(({ path, message: wrong }) => `  ${path} ${wrong}`)];
}

function outcomeOfCode(code: keyof typeof errorTable): Outcome {
  if (code === 'CONFIG_INVALID') return 'usage';
  const { kind } = errorTable[code];
  return kind === 'unauthorised' || kind === 'forbidden' ? 'notAllowed' : 'failed';
}

/** Ctrl-C in a question, or an operation that was aborted. */
function isInterruption(error: unknown): boolean {
  return error instanceof Error && (error.name === 'ExitPromptError' || error.name === 'AbortError');
}

/** An error of commander's: the command line is not understood, or help was asked for. */
function isSyntaxError(error: unknown): error is Error & { readonly code: string; readonly exitCode: number } {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('commander.');
}

/** An error of the JavaScript SDK, told by its shape so that the SDK is not loaded for it. */
interface Answer extends Error {
  readonly code: string;
  readonly status: number | null;
  readonly problems: readonly Problem[];
}

function isAnswer(error: unknown): error is Answer {
  return error instanceof Error && 'code' in error && 'status' in error && 'requestId' in error;
}

const unreachableCodes = new Set(['CONNECTION_FAILED', 'DISCONNECTED', 'TIMEOUT', 'BAD_ANSWER']);

function outcomeOfAnswer({ code, status }: Answer): Outcome {
  if (status === 401 || status === 403) return 'notAllowed';
  // The same mistake as one that is found before anything is sent.
  if (code === 'PARAMS_INVALID') return 'usage';
  return status === 503 || unreachableCodes.has(code) ? 'unreachable' : 'failed';
}
