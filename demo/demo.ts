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
 * audit trail, and where to look further. Keeps serving until Ctrl-C; `--exit` ends it.
 */
const root = join(import.meta.dirname, '..');
const flags = process.argv.slice(2);
const ends = flags.includes('--exit');
const dataDir = mkdtempSync(join(tmpdir(), 'ihuman-demo-'));
const dataSet = 'seattle-weather.csv';

async function startServer(): Promise<{ platform: Platform; url: string }> {
  const own = [`--data-dir=${dataDir}`, `--skills=${join(root, 'skills')}`, '--log-level=warn'];
  const rest = flags.filter((flag) => flag !== '--exit');
  const open = async (port: readonly string[]): Promise<{ platform: Platform; url: string }> => {
    const config = readConfig([...own, ...rest, ...port], process.env);
    const platform = await Platform.open(
      config,
      createServerLog(config.logLevel, (line) => process.stderr.write(line)),
    );
    try {
      return { platform, url: (await platform.start()).url };
    } catch (error) {
      await platform.stop();
      throw error;
    }
  };
  try {
    return await open([]);
  } catch (error) {
    if (!isAppError(error) || !error.message.includes('in use') || flags.some((flag) => flag.startsWith('--port')))
      throw error;
    say(dim('Port 5173 is in use; taking a free one.'));
    return open(['--port=0']);
  }
}

const { platform, url } = await startServer();

interface Execution {
  readonly executionId: string;
  readonly status: string;
  readonly durationMs: number;
  readonly artifacts: readonly { readonly path: string; readonly url: string }[];
  readonly result: never;
}

async function call<T>(method: string, path: string, token: string | null, body?: object): Promise<T> {
  const response = await fetch(url + path, {
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
  await followOverWebSocket(url, token, executionId);
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
  const response = await fetch(url + artifact.url, { headers: { authorization: `Bearer ${token}` } });
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

function stopOnSignal(): void {
  const stop = (): void => {
    void platform.stop().then(() => {
      rmSync(dataDir, { recursive: true, force: true });
      process.exit(0);
    });
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

async function tour(): Promise<void> {
  say(`${bold('ihuman')} is running at ${url}, on the embedded log in ${dataDir}`);
  heading('A user registers');
  const email = 'demo@example.com';
  const password = 'a phrase for the demo';
  const { token } = await call<{ token: string }>('POST', '/api/auth/register', null, {
    email,
    username: 'demo',
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

  heading('Look further');
  const authorization = `-H "Authorization: Bearer ${token}"`;
  const json = '-H "Content-Type: application/json"';
  say(`    curl ${authorization} ${url}/api/executions`);
  say(`    curl ${authorization} ${url}/api/executions/${profile.executionId}`);
  say(`    curl ${authorization} "${url}/api/events?limit=5"`);
  say(`    curl -N ${authorization} ${url}/api/executions/${project.executionId}/stream`);
  say(`    curl ${authorization} ${json} -d '{"params":{"from":30}}' ${url}/api/skills/countdown/execute`);
  say(`    curl ${authorization} ${url}${project.artifacts[0]?.url ?? ''}`);
  say(`    documentation  ${url}/docs`);
  say(`    WebSocket      ${url.replace('http', 'ws')}/ws?token=…&execution=…`);
}

stopOnSignal();
await tour();
if (ends) {
  await platform.stop();
  rmSync(dataDir, { recursive: true, force: true });
} else {
  say(`\n${dim('Serving until Ctrl-C; the data directory goes with it.')}`);
}
