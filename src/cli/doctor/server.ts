import { IhumanError, type IhumanClient } from '../../../packages/sdk-js/src/index.ts';
import { isJsonObject } from '../../kernel/json.ts';
import { valueText } from '../format.ts';
import type { Session } from '../session.ts';
import { type Finding, ok, problem, warning } from '../../kernel/finding.ts';

/** What an address says when it is asked whether it is ready. */
export type Probe =
  | { readonly kind: 'none'; readonly reason: string }
  | { readonly kind: 'stranger'; readonly status: number; readonly name: string | null }
  | { readonly kind: 'ihuman'; readonly status: string; readonly log: string | null; readonly date: string | null };

const probeLimitMs = 5000;
/** Beyond this, receivers refuse what a server has signed. */
const signatureToleranceMs = 300_000;
/** The `Date` of an answer has whole seconds, and the answer takes its time. */
const clockNoiseMs = 5000;

/** Asks an address who it is. Never throws: that nobody answers is what we want to know. */
export async function probe(url: string): Promise<Probe> {
  try {
    const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(probeLimitMs) });
    const body: unknown = await response.json().catch(() => null);
    const [name, date] = [response.headers.get('server'), response.headers.get('date')];
    if (!isJsonObject(body) || typeof body.status !== 'string' || ![200, 503].includes(response.status))
      return { kind: 'stranger', status: response.status, name };
    const { log } = body;
    const progress = isJsonObject(log) ? `${valueText(log.taken)} of ${valueText(log.of)} records of the log` : null;
    return { kind: 'ihuman', status: body.status, log: progress, date };
  } catch (error) {
    return { kind: 'none', reason: reasonOf(error) };
  }
}

/** The innermost cause says most: "fetch failed" is true of everything. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${String(probeLimitMs / 1000)} s`;
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return error.cause === undefined ? error.message : reasonOf(error.cause);
}

/** Whether a server is there and ready. */
export function serverFinding(url: string, found: Probe): Finding {
  const check = 'server';
  if (found.kind === 'none') {
    const advice = 'Start one: ihuman serve. One that is elsewhere: --url <url>, or IHUMAN_URL.';
    return problem(check, `${url} does not answer: ${found.reason}`, advice);
  }
  if (found.kind === 'stranger') {
    const name = found.name === null ? '' : `, "${found.name}"`;
    const advice =
      'Name the right address with --url or IHUMAN_URL, or start a server elsewhere: ihuman serve --port <port>';
    return problem(check, `what answers at ${url} is no ihuman server (status ${String(found.status)}${name})`, advice);
  }
  if (found.status === 'ready') return ok(check, `${url} is ready`);
  const far = found.log === null ? '' : `: it has taken in ${found.log}`;
  return warning(check, `${url} is ${found.status}${far}`, 'Wait a moment; its own log says more.');
}

/** How far the clocks are apart. */
export function clockFinding(date: string | null, nowMs: number): Finding | null {
  const check = 'clock';
  const atMs = date === null ? Number.NaN : Date.parse(date);
  if (Number.isNaN(atMs)) return null;
  const aheadMs = nowMs - atMs;
  const awayMs = Math.abs(aheadMs);
  if (awayMs <= clockNoiseMs) return ok(check, 'the same as that of the server');
  const found = `${String(Math.round(awayMs / 1000))} s ${aheadMs > 0 ? 'ahead of' : 'behind'} that of the server`;
  const advice = 'Let both machines set their clocks by NTP.';
  return awayMs > signatureToleranceMs ? problem(check, found, advice) : warning(check, found, advice);
}

/** Whether the token is good, and which versions the two sides have. */
export async function accountFindings(
  client: IhumanClient,
  session: Session,
  own: string,
): Promise<readonly Finding[]> {
  if (session.token === null) return [warning('login', `not signed in at ${session.url}`, 'Sign in: ihuman login')];
  try {
    const { email, role } = await client.getCurrentUser();
    const { version } = await client.getSystemStatus();
    return [ok('login', `${email} (${role}), from the ${session.source}`), versionFinding(own, version)];
  } catch (error) {
    if (!(error instanceof IhumanError)) throw error;
    const advice = session.source === 'login' ? 'Sign in again: ihuman login' : `Look at the ${session.source}.`;
    return [problem('login', `${error.message} (${error.code})`, advice)];
  }
}

/** Whether command line and server are of one version. */
function versionFinding(own: string, server: string): Finding {
  if (own === server) return ok('versions', `ihuman ${own}, as the server`);
  const found = `this is ihuman ${own}, the server has ${server}`;
  return warning('versions', found, 'Use the command line that came with the server.');
}
