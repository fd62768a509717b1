import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { readConfig } from '../src/config.ts';
import { isAppError } from '../src/kernel/errors.ts';
import { Platform } from '../src/platform.ts';
import { createServerLog } from '../src/server-log.ts';
import { followOverWebSocket } from './follow.ts';
import { bold, dim, heading, say } from './say.ts';

/**
 * `npm run demo`: a server on a fresh data directory, two real skills on real input with live progress, the results, an
 * audit trail, and where to look further. Keeps serving until Ctrl-C.
 */
const help = `A tour of ihuman: starts a server and runs skills on real input while you watch.

  npm run demo               keeps serving until Ctrl-C, and then removes its data
  npm run demo -- --exit     ends after the tour
  npm run demo -- --data-dir=DIR
                             on a data directory of yours, which stays
  Every other flag is one of the server: npm start -- --help
`;
const root = join(import.meta.dirname, '..');
const flags = process.argv.slice(2);
const ends = flags.includes('--exit');
const given = (name: string): boolean => flags.some((flag) => flag === name || flag.startsWith(`${name}=`));
const dataSet = 'seattle-weather.csv';
const abort = new AbortController();

const server: { platform: Platform | null; ownDataDir: string | null; url: string } = {
  platform: null,
  ownDataDir: null,
  url: '',
};

async function open(port: readonly string[]): Promise<void> {
  const own = [`--skills=${join(root, 'skills')}`, '--log-level=warn'];
  const place = server.ownDataDir === null ? [] : [`--data-dir=${server.ownDataDir}`];
  const rest = flags.filter((flag) => flag !== '--exit');
  const config = readConfig([...own, ...place, ...rest, ...port], process.env);
  const platform = await Platform.open(
    config,
    createServerLog(config.logLevel, (line) => process.stderr.write(line)),
  );
  server.platform = platform;
  server.url = (await platform.start()).url;
}

async function startServer(): Promise<void> {
  if (!given('--data-dir')) server.ownDataDir = mkdtempSync(join(tmpdir(), 'ihuman-demo-'));
  try {
    await open([]);
  } catch (error) {
    if (!isAppError(error) || !error.message.includes('in use') || given('--port')) throw error;
    await stopServer();
    if (!given('--data-dir')) server.ownDataDir = mkdtempSync(join(tmpdir(), 'ihuman-demo-'));
    say(dim(`${error.message.split('.', 1).join('')}; taking a free port.`));
    await open(['--port=0']);
  }
}

/** Stops the server, and removes the data directory when it is the demo's own. */
async function stopServer(): Promise<void> {
  const { platform, ownDataDir } = server;
  server.platform = null;
  server.ownDataDir = null;
  await platform?.stop();
  if (ownDataDir !== null) rmSync(ownDataDir, { recursive: true, force: true });
}

interface Execution {
  readonly executionId: string;
  readonly status: string;
  readonly durationMs: number;
  readonly artifacts: readonly { readonly path: string; readonly url: string }[];
  readonly result: never;
}

async function call<T>(method: string, path: string, token: string | null, body?: object): Promise<T> {
  const response = await fetch(server.url + path, {
    method,
    headers: { 'content-type': 'application/json', ...(token !== null && { authorization: `Bearer ${token}` }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as T;
  if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
  return answer;
}

async function runSkill(token: string, skill: string, params: object): Promise<Execution> {
  const { executionId } = await call<{ executionId: string }>('POST', `/api/skills/${skill}/execute`, token, {
    params,
  });
  await followOverWebSocket(server.url, token, executionId);
  return call<Execution>('GET', `/api/executions/${executionId}`, token);
}

function showProfile(result: {
  readonly rows: number;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly missing: number }[];
}): void {
  for (const { name, type, missing } of result.columns)
    say(`    ${name.padEnd(16)} ${type.padEnd(8)} ${String(missing)} missing`);
}

async function showArtifact(token: string, { artifacts }: Execution, name: string): Promise<void> {
  const artifact = artifacts.find(({ path }) => path === name);
  if (artifact === undefined) return;
  const response = await fetch(server.url + artifact.url, { headers: { authorization: `Bearer ${token}` } });
  for (const line of (await response.text()).trimEnd().split('\n')) say(dim(`    ${line}`));
}

async function showTrail(token: string, executionId: string): Promise<void> {
  const { events } = await call<{
    events: { position: string; revision: number; at: string; type: string; actor: string }[];
  }>('GET', `/api/executions/${executionId}/events?limit=500`, token);
  const shown = events.length <= 12 ? events : [...events.slice(0, 6), null, ...events.slice(-4)];
  for (const event of shown) {
    if (event === null) say(dim(`    … ${String(events.length - 10)} more`));
    else
      say(
        `    ${dim(String(Number(event.position)).padStart(4))}  ${String(event.revision).padStart(3)}  ${event.at.slice(11, 23)}  ${event.type.padEnd(24)} ${dim(event.actor)}`,
      );
  }
}

async function tour(): Promise<void> {
  const { url } = server;
  say(`${bold('ihuman')} is running at ${url}, on the embedded log in ${server.platform?.config.dataDir ?? ''}`);
  heading('A user registers');
  const username = `demo-${Date.now().toString(36)}`;
  const email = `${username}@example.com`;
  const password = 'a phrase for the demo';
  const { token } = await call<{ token: string }>('POST', '/api/auth/register', null, {
    email,
    username,
    password,
  });
  say(`    ${email}, password "${password}"`);

  heading(`csv-profile on ${dataSet}, a public data set`);
  const csv = readFileSync(join(root, 'node_modules/vega-datasets/data', dataSet), 'utf8');
  const profile = await runSkill(token, 'csv-profile', { csv });
  say(`    ${profile.status} in ${String(profile.durationMs)} ms`);
  showProfile(profile.result);
  await showArtifact(token, profile, 'report.md');

  heading('react-setup writes a project');
  const project = await runSkill(token, 'react-setup', { projectName: 'my-app', typescript: true });
  say(`    ${project.status} in ${String(project.durationMs)} ms, ${String(project.artifacts.length)} files:`);
  for (const { path } of project.artifacts) say(`    ${path}`);

  heading('countdown reports progress and logs while it runs');
  const countdown = await runSkill(token, 'countdown', { from: 10, intervalMs: 150 });
  say(`    ${countdown.status} in ${String(countdown.durationMs)} ms`);

  heading('The audit trail of react-setup (position, revision, time, event, who)');
  await showTrail(token, project.executionId);
  if (ends) say(dim('\nTo look further, let the server stay: npm run demo'));
  else tellWhereNext(token, countdown, project);
}

/** Commands for a server that stays. */
function tellWhereNext(token: string, countdown: Execution, project: Execution): void {
  const { url } = server;
  heading('Look further, in another terminal');
  say(`    AUTH='Authorization: Bearer ${token}'`);
  say(`    curl -H "$AUTH" "${url}/api/executions?skillId=countdown"`);
  say(`    curl -H "$AUTH" "${url}/api/executions/${countdown.executionId}/events?limit=5"`);
  say(`    curl -H "$AUTH" -N ${url}/api/executions/${project.executionId}/stream`);
  const json = "-H 'Content-Type: application/json'";
  say(`    curl -H "$AUTH" ${json} -d '{"params":{"from":30}}' ${url}/api/skills/countdown/execute`);
  say(`    curl -H "$AUTH" ${url}${project.artifacts[0]?.url ?? ''}`);
  say(`    documentation: ${url}/docs`);
}

async function main(): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      say(dim('\nStopping; the data directory of the demo goes with it.'));
      abort.abort();
    });
  }
  try {
    await startServer();
    const stopped = once(abort.signal, 'abort');
    await Promise.race([tour(), stopped]);
    if (!ends && !abort.signal.aborted) {
      say(`\n${dim('Serving until Ctrl-C.')}`);
      await stopped;
    }
  } finally {
    await stopServer();
  }
}

if (flags.includes('--help') || flags.includes('-h')) process.stdout.write(help);
else {
  main().then(
    () => process.exit(0),
    (error: unknown) => {
      const told = isAppError(error) ? error.message : error instanceof Error ? error.stack : String(error);
      process.stderr.write(`The demo cannot go on. ${told ?? ''}\n`);
      process.exit(1);
    },
  );
}
