import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

import { isJsonObject, type JsonObject } from '../kernel/json.ts';
import type { Environment } from './context.ts';
import { CliError } from './exit-codes.ts';

/** Where the server is that is meant when nobody says otherwise. */
export const defaultUrl = 'http://localhost:5173';

/** A server, and what opens it. */
export interface Session {
  readonly url: string;
  readonly token: string | null;
  readonly source: 'token file' | 'IHUMAN_TOKEN' | 'login' | 'standard input' | 'none';
}

/** What `ihuman login` keeps for one server. */
export interface Login {
  readonly token: string;
  /** A session of an account ends some day; an API key belongs to who gave it. */
  readonly kind: 'session' | 'api key';
  readonly email: string;
}

/** What can be said on the command line about the server. */
export interface ServerOptions {
  readonly url?: string | undefined;
  /** A file with a token or an API key. */
  readonly tokenFile?: string | undefined;
}

/** The folder of a user's settings, as each platform wants it. */
export function configDirectory(environment: Environment, platform = process.platform, home = homedir()): string {
  const { XDG_CONFIG_HOME: xdg, APPDATA: roaming } = environment;
  if (platform === 'win32') return join(roaming ?? join(home, 'AppData', 'Roaming'), 'ihuman');
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'ihuman');
  // A relative path is to be taken for none: XDG Base Directory Specification.
  return join(xdg?.startsWith('/') === true ? xdg : join(home, '.config'), 'ihuman');
}

/** The address of a server in the one way that it is written here. Refuses what is none. */
export function serverUrl(text: string): string {
  const url = URL.parse(text);
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:';
  if (url === null || !isHttp)
    throw usage(`${JSON.stringify(text)} is no address of a server; it looks like ${defaultUrl}.`);
  if (url.username !== '' || url.password !== '')
    throw usage('An address holds no user and no password; sign in with: ihuman login');
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

/** True for an address that only this machine has. */
export function isThisMachine(url: string): boolean {
  const host = URL.parse(url)?.hostname ?? '';
  return host === 'localhost' || host === '[::1]' || /^127(\.\d+){3}$/.test(host);
}

/**
 * Which server, and the token for it: what the command line says, then `IHUMAN_URL` and `IHUMAN_TOKEN`, then what `ihuman login` keeps.
 * A token of the environment goes to the server of the environment only, where that names one.
 */
export function resolveSession({ url, tokenFile }: ServerOptions, environment: Environment): Session {
  const { IHUMAN_URL: ownUrl = '', IHUMAN_TOKEN: ownToken = '' } = environment;
  const server = serverUrl(url ?? (ownUrl === '' ? defaultUrl : ownUrl));
  if (tokenFile !== undefined) return { url: server, token: tokenIn(tokenFile), source: 'token file' };
  const isOwn = ownUrl === '' || serverUrl(ownUrl) === server;
  if (ownToken !== '' && isOwn)
    return { url: server, token: headerSafe(ownToken, 'IHUMAN_TOKEN'), source: 'IHUMAN_TOKEN' };
  const login = new LoginFile(environment).read(server);
  return login === null
    ? { url: server, token: null, source: 'none' }
    : { url: server, token: login.token, source: 'login' };
}

/** The logins of a user by server, in a file that nobody else can read. */
export class LoginFile {
  readonly path: string;

  constructor(environment: Environment) {
    this.path = join(configDirectory(environment), 'logins.json');
  }

  /** Null where none is kept. Throws where the file is there and says nothing that can be understood. */
  read(url: string): Login | null {
    const login = this.#all()[url];
    return isJsonObject(login) && typeof login.token === 'string' ? (login as unknown as Login) : null;
  }

  write(url: string, login: Login): void {
    this.#save({ ...this.#all(), [url]: { ...login } });
  }

  /** False when there was none. */
  forget(url: string): boolean {
    const { [url]: login, ...others } = this.#all();
    if (login === undefined) return false;
    this.#save(others);
    return true;
  }

  /** True when others than its user can read it: somebody has changed its mode, or copied it. */
  get isExposed(): boolean {
    return process.platform !== 'win32' && existsSync(this.path) && (statSync(this.path).mode & 0o077) !== 0;
  }

  #all(): JsonObject {
    if (!existsSync(this.path)) return {};
    const value = parse(readFileSync(this.path, 'utf8'));
    if (isJsonObject(value) && isJsonObject(value.logins)) return value.logins;
    throw usage(`${this.path} is not as ihuman writes it. Delete it, and sign in again: ihuman login`);
  }

  /** Another process that reads sees the old file or the new one, never half of one. */
  #save(logins: JsonObject): void {
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
    const next = `${this.path}.${randomBytes(6).toString('hex')}`;
    try {
      writeFileSync(next, `${JSON.stringify({ logins }, null, 2)}\n`, { mode: 0o600, flag: 'wx', flush: true });
      renameSync(next, this.path);
    } catch (error) {
      rmSync(next, { force: true });
      throw error;
    }
  }
}

/** A token as a file or a pipe holds it. Refuses what cannot be one. */
export function headerSafe(text: string, from: string): string {
  const token = text.trim();
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw usage(
    `${from} holds ${token === '' ? 'nothing' : 'no token: a token is one word of letters, digits and signs'}.`,
  );
}

function tokenIn(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw usage(`The token file ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  return headerSafe(text, path);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function usage(message: string): CliError {
  return new CliError('usage', message);
}
