import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { Command, Option } from 'commander';

import type { IhumanClient } from '../../packages/sdk-js/src/index.ts';
import { counted } from '../kernel/counted.ts';
import type { Problem } from '../kernel/errors.ts';
import type { CliContext } from './context.ts';
import { CliError, endingOf } from './exit-codes.ts';
import { isThisMachine, resolveSession, type ServerOptions, type Session } from './session.ts';

/** What every command that asks a server takes. */
export interface OnlineOptions extends ServerOptions {
  readonly json?: boolean;
}

/** A command that asks a server. */
export function onlineCommand(name: string, summary: string): Command {
  return new Command(name)
    .summary(summary)
    .description(sentence(summary))
    .option('--json', 'print JSON')
    .addOption(serverOption('--url <url>', 'default: IHUMAN_URL, or http://localhost:5173'))
    .addOption(serverOption('--token-file <file>', 'a token or API key; default: IHUMAN_TOKEN, or the login'));
}

function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}

function serverOption(flags: string, description: string): Option {
  return new Option(flags, description).helpGroup('Server:');
}

/** A command that only has others. */
export function groupCommand(name: string, summary: string, children: readonly Command[]): Command {
  const group = new Command(name).description(sentence(summary));
  for (const child of children) group.addCommand(child);
  return group;
}

/** A client that is not kept waiting where nobody is at home. */
const retry = { maxRetries: 2 };

type Work<T> = (client: IhumanClient, session: Session) => Promise<T>;

/** Does `work` with a client of the server that is meant. What goes wrong is told with what to do about it. */
export function online<T>(context: CliContext, options: ServerOptions, work: Work<T>): Promise<T> {
  return onlineWith(context, resolveSession(options, context.environment), work);
}

/** The same with a session that is at hand already. */
export async function onlineWith<T>(context: CliContext, session: Session, work: Work<T>): Promise<T> {
  const { IhumanClient } = await import('../../packages/sdk-js/src/index.ts');
  const { url: baseUrl, token } = session;
  const client = new IhumanClient({ baseUrl, retry, ...(token !== null && { token }) });
  try {
    return await work(client, session);
  } catch (error) {
    throw isRefusal(error) ? explained(error, session, hasAdminKey(context, session)) : error;
  } finally {
    client.disconnect();
  }
}

/** An error of the SDK, told by its shape: loading it for that would slow everything down. */
interface Refusal extends Error {
  readonly code: string;
  readonly status: number | null;
  readonly problems: readonly Problem[];
  readonly requestId: string | null;
  readonly retryAfterMs: number | null;
}

function isRefusal(error: unknown): error is Refusal {
  return error instanceof Error && 'code' in error && 'problems' in error && 'requestId' in error;
}

/** A key that a server of this folder has made. It is told of, and read by nobody but its owner. */
function hasAdminKey({ cwd }: CliContext, { url, token }: Session): boolean {
  return token === null && isThisMachine(url) && existsSync(join(cwd, '.ihuman', 'admin-key'));
}

/** The same error with its code and with what to do next. */
function explained(error: Refusal, session: Session, withAdminKey = false): CliError {
  const { outcome } = endingOf(error);
  const [said, advice] =
    outcome === 'unreachable' ? unreachable(error, session) : refused(error, session, withAdminKey);
  const [sentence, problems] = withoutRepetition(said, error);
  return new CliError(outcome, [sentence, advice].filter((text) => text !== '').join(' '), problems);
}

/** Where the server's sentence has what is wrong with each field: of one it is enough, of several the list is easier to read. */
function withoutRepetition(said: string, { code, problems }: Refusal): readonly [string, readonly Problem[]] {
  if (!problems.every(({ message }) => said.includes(message))) return [said, problems];
  if (problems.length < 2) return [said, []];
  return [`${counted(problems.length, 'thing')} must be mended (${code}):`, problems];
}

function unreachable({ code, message, cause }: Refusal, { url }: Session): readonly [string, string] {
  if (code === 'CONNECTION_FAILED') {
    const advice =
      'Start a server: ihuman serve. Or name another one with --url or IHUMAN_URL; "ihuman doctor" looks why.';
    return [`${url} cannot be reached${reasonIn(cause)}.`, advice];
  }
  if (code === 'NOT_READY') return [`${url}: ${message}`, 'Wait a moment.'];
  return [`${url}: ${message} (${code})`, '"ihuman doctor" looks why.'];
}

/** The code that the innermost cause has, such as ECONNREFUSED. */
function reasonIn(cause: unknown): string {
  if (!(cause instanceof Error)) return '';
  if (cause.cause !== undefined) return reasonIn(cause.cause);
  return 'code' in cause && typeof cause.code === 'string' ? ` (${cause.code})` : '';
}

function refused(error: Refusal, session: Session, withAdminKey: boolean): readonly [string, string] {
  const { code, status, message, requestId, retryAfterMs } = error;
  if (code === 'UNAUTHENTICATED') return notSignedIn(session, withAdminKey);
  if (status === 403) return [`${message} (${code})`, 'Sign in as somebody who may: ihuman login'];
  const request = status !== null && status >= 500 && requestId !== null ? `, request ${requestId}` : '';
  const again = retryAfterMs === null ? '' : `Try again in ${String(Math.ceil(retryAfterMs / 1000))} s.`;
  if (code.startsWith('HTTP_'))
    return [`${session.url}: ${message}`, 'Is there an ihuman server? "ihuman doctor" looks.'];
  return [`${message} (${code}${request})`, nextSteps[code] ?? again];
}

function notSignedIn({ url, source }: Session, withAdminKey: boolean): readonly [string, string] {
  const key = "This folder has an administrator's key: ihuman login --with-token < .ihuman/admin-key";
  if (source === 'none') return [`Not signed in at ${url}.`, `Sign in: ihuman login${withAdminKey ? `. ${key}` : ''}`];
  const look = source === 'IHUMAN_TOKEN' || source === 'token file' ? 'Give another one, or sign in: ' : 'Sign in: ';
  return [
    `${url} does not take the token (from: ${source}): it has expired, was revoked, or is for another server.`,
    `${look}ihuman login`,
  ];
}

const nextSteps: Readonly<Record<string, string>> = {
  CREDENTIALS_INVALID: 'Without an account yet: ihuman login --register',
  EMAIL_TAKEN: 'If it is your own account: ihuman login',
  SKILL_NOT_FOUND: '"ihuman list" shows the skills that there are.',
  SKILL_INVALID: '"ihuman validate" says what is wrong with it.',
  EXECUTION_NOT_FOUND: '"ihuman executions" lists yours.',
  WEBHOOK_NOT_FOUND: '"ihuman webhooks list" shows yours.',
  DELIVERY_NOT_FOUND: '"ihuman webhooks deliveries <id>" shows those of a webhook.',
  SCHEDULE_NOT_FOUND: '"ihuman schedules list" shows yours.',
  WORKFLOW_NOT_FOUND: '"ihuman workflows list" shows yours.',
};
