import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { configDirectory, isThisMachine, LoginFile, resolveSession, serverUrl } from '../../../src/cli/session.ts';
import { tempDir } from '../../support/temp-dir.ts';

const dir = tempDir();
let homes = 0;
/** The environment of a user who has never signed in. */
const newUser = (): { XDG_CONFIG_HOME: string } => ({ XDG_CONFIG_HOME: join(dir, String(++homes)) });
const login = { token: 'kept', kind: 'session', email: 'ann@example.com' } as const;

describe('the folder of settings', () => {
  it('is the one that each platform has for it', () => {
    expect(configDirectory({}, 'linux', '/h/ann')).toBe('/h/ann/.config/ihuman');
    expect(configDirectory({ XDG_CONFIG_HOME: '/x' }, 'linux', '/h/ann')).toBe('/x/ihuman');
    expect(configDirectory({ XDG_CONFIG_HOME: 'x' }, 'linux', '/h/ann')).toBe('/h/ann/.config/ihuman');
    expect(configDirectory({}, 'darwin', '/u/ann')).toBe('/u/ann/Library/Application Support/ihuman');
    expect(configDirectory({ APPDATA: 'C:/Roaming' }, 'win32', 'C:/ann')).toBe('C:/Roaming/ihuman');
    expect(configDirectory({}, 'win32', 'C:/ann')).toBe('C:/ann/AppData/Roaming/ihuman');
  });
});

describe('the address of a server', () => {
  it('is written in one way, so that a login is found again', () => {
    expect(serverUrl('HTTP://LocalHost:5173/')).toBe('http://localhost:5173');
    expect(serverUrl('https://example.com:443/ihuman//')).toBe('https://example.com/ihuman');
  });

  it.each(['localhost:5173', 'ftp://example.com', 'nonsense', ''])('is not %j', (text) => {
    expect(() => serverUrl(text)).toThrow('is no address of a server; it looks like http://localhost:5173.');
  });

  it('holds no password', () => {
    expect(() => serverUrl('http://ann:secret@localhost')).toThrow('An address holds no user and no password');
  });

  it('tells this machine from others', () => {
    const here = ['http://localhost:1', 'http://127.0.0.1', 'http://127.9.9.9', 'http://[::1]:5173'];
    expect(here.filter(isThisMachine)).toEqual(here);
    expect(['http://example.com', 'http://10.0.0.1', 'http://127.0.0.1.example.com'].filter(isThisMachine)).toEqual([]);
  });
});

describe('a session', () => {
  it('is with the server of this machine, and has no token, when nothing is said', () => {
    expect(resolveSession({}, newUser())).toEqual({ url: 'http://localhost:5173', token: null, source: 'none' });
  });

  it('takes the command line before the environment, and that before the login', () => {
    const environment = newUser();
    const tokenFile = join(dir, 'token');
    writeFileSync(tokenFile, 'from-file\n');
    new LoginFile(environment).write('http://localhost:5173', login);
    expect(resolveSession({}, environment)).toMatchObject({ token: 'kept', source: 'login' });
    const both = { ...environment, IHUMAN_TOKEN: 'from-environment' };
    expect(resolveSession({}, both)).toMatchObject({ token: 'from-environment', source: 'IHUMAN_TOKEN' });
    expect(resolveSession({ tokenFile }, both)).toMatchObject({ token: 'from-file', source: 'token file' });
    expect(resolveSession({}, { ...environment, IHUMAN_URL: 'http://a.example' }).url).toBe('http://a.example');
    expect(resolveSession({ url: 'http://b.example' }, { ...environment, IHUMAN_URL: 'http://a.example' }).url).toBe(
      'http://b.example',
    );
  });

  it('does not show the token of one server to another', () => {
    const environment = newUser();
    new LoginFile(environment).write('http://localhost:5173', login);
    expect(resolveSession({ url: 'http://b.example' }, environment).token).toBeNull();
    const own = { ...environment, IHUMAN_URL: 'http://a.example/', IHUMAN_TOKEN: 'of-a' };
    expect(resolveSession({ url: 'http://b.example' }, own).token).toBeNull();
    expect(resolveSession({ url: 'http://a.example' }, own).token).toBe('of-a');
  });

  it('takes no token that no header can carry', () => {
    const tokenFile = join(dir, 'no-token');
    writeFileSync(tokenFile, 'two words');
    expect(() => resolveSession({ tokenFile }, newUser())).toThrow('holds no token');
    writeFileSync(tokenFile, '\n');
    expect(() => resolveSession({ tokenFile }, newUser())).toThrow('holds nothing');
    expect(() => resolveSession({ tokenFile: join(dir, 'missing') }, newUser())).toThrow('cannot be read');
  });
});

describe('the file of logins', () => {
  it('is for its user alone, whatever the umask is, and nothing else lies beside it', () => {
    const file = new LoginFile(newUser());
    const before = process.umask(0o000);
    try {
      file.write('http://localhost:5173', login);
    } finally {
      process.umask(before);
    }
    expect((statSync(file.path).mode & 0o777).toString(8)).toBe('600');
    expect((statSync(dirname(file.path)).mode & 0o777).toString(8)).toBe('700');
    expect(file.isExposed).toBe(false);
    expect(readdirSync(dirname(file.path))).toEqual(['logins.json']);
    chmodSync(file.path, 0o644);
    expect(file.isExposed).toBe(true);
    file.write('http://other.example', login);
    expect(file.isExposed).toBe(false);
  });

  it('keeps the logins of several servers apart', () => {
    const file = new LoginFile(newUser());
    file.write('http://a.example', login);
    file.write('http://b.example', { ...login, token: 'of-b' });
    expect(file.read('http://a.example')).toEqual(login);
    expect(file.read('http://c.example')).toBeNull();
    expect(file.forget('http://a.example')).toBe(true);
    expect(file.forget('http://a.example')).toBe(false);
    expect(file.read('http://a.example')).toBeNull();
    expect(file.read('http://b.example')?.token).toBe('of-b');
    expect(readFileSync(file.path, 'utf8')).not.toContain('kept');
  });

  it('that somebody has broken is not written over, and the message says what to do', () => {
    const file = new LoginFile(newUser());
    mkdirSync(dirname(file.path), { recursive: true });
    writeFileSync(file.path, '{"logins":');
    expect(() => file.write('http://a.example', login)).toThrow('Delete it, and sign in again: ihuman login');
    expect(readFileSync(file.path, 'utf8')).toBe('{"logins":');
  });
});
