import { readFileSync } from 'node:fs';
import { connect } from 'node:net';

import { type Finding, ok, problem, warning } from '../../kernel/finding.ts';
import type { CliContext } from '../context.ts';
import { CliError } from '../exit-codes.ts';
import { onlineWith } from '../online.ts';
import { outputOf } from '../own-program.ts';
import { isThisMachine, LoginFile, resolveSession, type ServerOptions, type Session } from '../session.ts';
import { accountFindings, clockFinding, type Probe, probe, serverFinding } from './server.ts';

/** Where to look. */
interface Examined extends ServerOptions {
  readonly dataDir?: string;
  readonly skills?: string;
}

const connectLimitMs = 3000;

/** All that was found, from this machine outwards. Nothing is changed. */
export async function examine(context: CliContext, options: Examined): Promise<readonly Finding[]> {
  const session = sessionOrFinding(context, options);
  if ('verdict' in session) return [session];
  const { url } = session;
  const { version } = ownManifest();
  const here = isThisMachine(url) ? [...(await portFindings(url)), ...folderFindings(context, options)] : [];
  const found = await probe(url);
  const remote = await remoteFindings(context, session, found, version);
  return [nodeFinding(), ...here, ...loginFindings(context), ...remote, ...elsewhere(here, found)];
}

/** A server that runs, but not where it is looked for. */
function elsewhere(here: readonly Finding[], found: Probe): readonly Finding[] {
  const isRunning = here.some((finding) => finding.check === 'data directory' && finding.found.includes('by a server'));
  if (found.kind !== 'none' || !isRunning) return [];
  const advice = 'Its address is what it said when it started: name it with --url or IHUMAN_URL.';
  return [warning('address', 'a server uses the data directory of this folder, but listens elsewhere', advice)];
}

/** What is wrong with what was said of the server is a finding too. */
function sessionOrFinding({ environment }: CliContext, options: Examined): Session | Finding {
  try {
    return resolveSession(options, environment);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return problem('login', error.message, 'ihuman login --help');
  }
}

async function remoteFindings(
  context: CliContext,
  session: Session,
  found: Probe,
  version: string,
): Promise<readonly Finding[]> {
  const server = serverFinding(session.url, found);
  if (found.kind !== 'ihuman') return [server];
  const clock = clockFinding(found.date, Date.now());
  const account =
    found.status === 'ready'
      ? await onlineWith(context, session, (client) => accountFindings(client, session, version))
      : [];
  return [server, ...(clock === null ? [] : [clock]), ...account];
}

/** What stands in the way of a server with this folder, as one would find it. */
function folderFindings(context: CliContext, { dataDir, skills }: Examined): readonly Finding[] {
  const flags = [
    ...(dataDir === undefined ? [] : [`--data-dir=${dataDir}`]),
    ...(skills === undefined ? [] : [`--skills=${skills}`]),
  ];
  return JSON.parse(outputOf(context, 'doctor-main.ts', flags)) as readonly Finding[];
}

function loginFindings({ environment }: CliContext): readonly Finding[] {
  const file = new LoginFile(environment);
  return file.isExposed ? [problem('login', `others may read ${file.path}`, `chmod 600 ${file.path}`)] : [];
}

async function portFindings(url: string): Promise<readonly Finding[]> {
  const { hostname, port, protocol } = new URL(url);
  const number = Number(port === '' ? (protocol === 'https:' ? 443 : 80) : port);
  const isFree = await isFreePort(hostname.replace(/^\[|\]$/g, ''), number);
  return [ok('port', `${String(number)} is ${isFree ? 'free: a server can start here' : 'in use'}`)];
}

function isFreePort(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: connectLimitMs });
    const end = (isFree: boolean) => () => {
      socket.destroy();
      resolve(isFree);
    };
    socket.once('connect', end(false));
    socket.once('timeout', end(false));
    socket.once('error', end(true));
  });
}

function nodeFinding(): Finding {
  const { node: wanted } = ownManifest().dependencies;
  const { node: own } = process.versions;
  if (own === wanted) return ok('Node', own);
  return warning(
    'Node',
    `the command line runs on ${own}`,
    `The server runs on ${wanted}, which comes with it; nothing has to be done.`,
  );
}

function ownManifest(): { readonly version: string; readonly dependencies: { readonly node: string } } {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  return JSON.parse(text) as ReturnType<typeof ownManifest>;
}
