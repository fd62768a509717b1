import { spawn } from 'node:child_process';

import { isJsonObject, type JsonObject } from '../kernel/json.ts';
import type { CliContext } from './context.ts';
import { CliError, type Outcome } from './exit-codes.ts';

const unreachable =
  /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ERR_SOCKET_TIMEOUT|EHOSTUNREACH|ENETUNREACH)$/;
const notAllowed = /^(E401|E403|ENEEDAUTH|EOTP)$/;

/** What npm has to say: JSON, and how it ended. */
interface Answer {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs npm with the user's own settings and returns the JSON that it prints. Throws npm's own error, as `unreachable` or
 * `notAllowed` where it is that, with npm's code in front.
 */
export async function npmJson(context: CliContext, args: readonly string[], cwd: string): Promise<unknown> {
  return parse(await npmText(context, [...args, '--json'], cwd));
}

/** The same for what npm prints as text. */
export async function npmText(context: CliContext, args: readonly string[], cwd: string): Promise<string> {
  const { code, stdout, stderr } = await run(context, args, { cwd, inherit: false });
  if (code === 0) return stdout.trim();
  const said = parse(stdout);
  throw npmError(args[0] ?? '', isJsonObject(said) && isJsonObject(said.error) ? said.error : {}, stderr);
}

/** Runs npm for somebody who can answer it at the terminal. True when it did what it should. */
export async function npmAtTerminal(context: CliContext, args: readonly string[], cwd: string): Promise<boolean> {
  const { code } = await run(context, args, { cwd, inherit: true });
  return code === 0;
}

/** True for npm's error of that code, such as `E404`. */
export function isNpmError(error: unknown, code: string): boolean {
  return error instanceof CliError && error.message.startsWith(`npm ${code}`);
}

function npmError(verb: string, { code, summary, detail }: JsonObject, stderr: string): CliError {
  const name = typeof code === 'string' ? code : '';
  const outcome: Outcome = unreachable.test(name) ? 'unreachable' : notAllowed.test(name) ? 'notAllowed' : 'failed';
  const texts = [summary, detail].filter((text) => typeof text === 'string' && text !== '') as string[];
  const text = texts.length > 0 ? texts.join('\n') : stderr.trim();
  const advice = outcome === 'notAllowed' ? '\nSign in at the registry: npm login' : '';
  return new CliError(outcome, `npm ${name === '' ? verb : name}: ${text}${advice}`);
}

/** Ends npm with this process: a signal that was sent to this one alone is passed on. Rejects with what is `interrupted` then. */
function run(
  context: CliContext,
  args: readonly string[],
  { cwd, inherit }: { readonly cwd: string; readonly inherit: boolean },
): Promise<Answer> {
  // What npm prints for people is no result of ours, so at a terminal it goes to stderr.
  const stdio = inherit ? (['inherit', 2, 'inherit'] as const) : (['ignore', 'pipe', 'pipe'] as const);
  const flags = ['--no-audit', '--no-fund', '--no-update-notifier', '--foreground-scripts=false'];
  const child = spawn('npm', [...args, ...flags], { cwd, env: { ...context.environment }, stdio: [...stdio] });
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  let stdout = '';
  let stderr = '';
  let interrupted = false;
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const release = context.onInterrupt(() => {
    interrupted = true;
    child.kill('SIGTERM');
  });
  child.once('error', (error) => {
    reject(new CliError('failed', `npm cannot be run (${error.message}); it comes with Node: https://nodejs.org`));
  });
  child.once('close', (code) => {
    if (interrupted) reject(new CliError('interrupted', `interrupted while npm ${args[0] ?? ''} was running`));
    else resolve({ code, stdout, stderr });
  });
  return promise.finally(release);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
