import { once } from 'node:events';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { CliUser } from '../support/cli-process.ts';
import { TestServer } from '../support/platform.ts';
import { tempDir } from '../support/temp-dir.ts';

const dir = tempDir();
const password = 'correct horse battery';
let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start(join(dir, 'data'));
});
afterAll(() => server.stop());

const newUser = (env: Readonly<Record<string, string>> = {}): CliUser => new CliUser(dir, server.url, env);
const registration = (name: string): readonly string[] => [
  ...['login', '--register', '--email', `${name}@example.com`, '--username', name, '--password-stdin'],
];

describe('login', () => {
  it('makes an account and keeps its session where nobody else can read it', async () => {
    const user = newUser();
    const { code, stdout, stderr } = await user.run(registration('ann'), { input: `${password}\n` });
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toContain(`Signed in at ${server.url} as ann (ann@example.com).`);
    const file = join(user.home, 'config/ihuman/logins.json');
    expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
    expect(readFileSync(file, 'utf8')).not.toContain(password);
    expect(await user.json(['whoami', '--json'])).toMatchObject({
      email: 'ann@example.com',
      role: 'member',
      source: 'login',
    });
  });

  it('signs in again, and logout ends the session on the server, not only here', async () => {
    const user = newUser();
    await user.run(registration('ben'), { input: password });
    const login = ['login', '--email', 'ben@example.com', '--password-stdin', '--json'];
    expect(await user.json(login, { input: password })).toEqual({
      ...{ url: server.url, email: 'ben@example.com', username: 'ben', kind: 'session' },
    });
    const file = join(user.home, 'config/ihuman/logins.json');
    const { token } = JSON.parse(readFileSync(file, 'utf8')).logins[server.url];
    expect((await server.call('GET', '/api/auth/me', { token })).status).toBe(200);
    expect((await user.run(['logout'])).stderr).toContain(`Signed out at ${server.url}.`);
    expect((await server.call('GET', '/api/auth/me', { token })).status).toBe(401);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ logins: {} });
    expect(await user.run(['logout'])).toMatchObject({ code: 1, stderr: expect.stringContaining('There is no login') });
  });

  it('keeps an API key from standard input once the server has taken it', async () => {
    const user = newUser();
    const { code, stderr } = await user.run(['login', '--with-token'], { input: `${server.adminKey}\n` });
    expect([code, stderr]).toEqual([0, expect.stringContaining('as administrator')]);
    expect(stderr).not.toContain(server.adminKey);
    expect(await user.json(['status', '--json'])).toMatchObject({ status: 'ready', users: expect.any(Number) });
    const wrong = await newUser().run(['login', '--with-token'], { input: 'wrong' });
    expect(wrong).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('does not take the token (from: standard input)'),
    });
  });

  it('refuses flags that no account can have before it asks for the rest', async () => {
    const { code, stderr } = await newUser().run(['login', '--register', '--email', 'nobody', '--username', 'a b']);
    expect(code).toBe(2);
    expect(stderr).toContain('--email This is not an e-mail address.');
    expect(stderr).toContain('--username A user name has 2 to 40 letters');
  });

  it('tells what was wrong, and asks nothing where there is no terminal', async () => {
    const user = newUser();
    const login = ['login', '--email', 'nobody@example.com', '--password-stdin'];
    const refused = await user.run(login, { input: 'wrong' });
    expect(refused).toMatchObject({ code: 4, stderr: expect.stringContaining('(CREDENTIALS_INVALID)') });
    expect(refused.stderr).toContain('ihuman login --register');
    expect(await user.run(['login'])).toMatchObject({ code: 2, stderr: expect.stringContaining('give --email') });
    const short = await user.run(registration('cem'), { input: 'short' });
    expect(short).toMatchObject({ code: 1, stderr: expect.stringContaining('(VALIDATION_FAILED)') });
  });
});

describe('who is not signed in', () => {
  it('is told how to sign in, and of the key in this folder, which is not read', async () => {
    const user = newUser();
    const before = await user.run(['executions']);
    expect(before).toMatchObject({ code: 4, stdout: '' });
    expect(before.stderr).toBe(`ihuman: Not signed in at ${server.url}. Sign in: ihuman login\n`);
    mkdirSync(join(user.cwd, '.ihuman'));
    writeFileSync(join(user.cwd, '.ihuman/admin-key'), server.adminKey);
    const after = await user.run(['executions']);
    expect(after.code).toBe(4);
    expect(after.stderr).toContain('ihuman login --with-token < .ihuman/admin-key');
  });

  it('is told which token is not taken', async () => {
    const { code, stderr } = await newUser().run(['whoami'], { env: { IHUMAN_TOKEN: 'wrong' } });
    expect(code).toBe(4);
    expect(stderr).toContain('does not take the token (from: IHUMAN_TOKEN)');
  });

  it('may be somebody who may not', async () => {
    const { token } = await server.newUser();
    const { code, stderr } = await newUser().run(['events', 'export'], { env: { IHUMAN_TOKEN: token } });
    expect(code).toBe(4);
    expect(stderr).toContain('(FORBIDDEN) Sign in as somebody who may: ihuman login');
  });

  it('can give a token by a file or by the environment, and the file wins', async () => {
    const user = newUser({ IHUMAN_TOKEN: (await server.newUser()).token });
    expect(await user.json(['whoami', '--json'])).toMatchObject({ role: 'member', source: 'IHUMAN_TOKEN' });
    writeFileSync(join(user.cwd, 'key'), server.adminKey);
    const fromFile = await user.json(['whoami', '--json', '--token-file', join(user.cwd, 'key')]);
    expect(fromFile).toMatchObject({ username: 'administrator', source: 'token file' });
  });
});

describe('a server that cannot be reached', () => {
  it('is told by its address, with how to start one, and exit code 3', async () => {
    const gone = createServer();
    gone.listen(0, '127.0.0.1');
    await once(gone, 'listening');
    const url = `http://127.0.0.1:${String((gone.address() as AddressInfo).port)}`;
    gone.close();
    await once(gone, 'close');
    for (const args of [['status'], ['run', 'noop'], ['watch', 'exec_1'], ['events', 'tail']]) {
      const { code, stdout } = await newUser({ IHUMAN_TOKEN: 'any' }).run([...args, '--url', url]);
      expect([args, code, stdout]).toEqual([args, 3, '']);
    }
    const { stderr } = await newUser().run(['status', '--url', url]);
    expect(stderr).toContain(`${url} cannot be reached (ECONNREFUSED). Start a server: ihuman serve.`);
  });

  it('may be no ihuman server at all', async () => {
    const other = createServer((_, response) => response.writeHead(404).end('<html>'));
    onTestFinished(() => void other.close());
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const url = `http://127.0.0.1:${String((other.address() as AddressInfo).port)}`;
    const { code, stderr } = await newUser().run(['status', '--url', url]);
    expect(code).toBe(1);
    expect(stderr).toContain(`${url}: The server answered 404. Is there an ihuman server? "ihuman doctor" looks.`);
  });

  it('may have an address that is none', async () => {
    const { code, stderr } = await newUser().run(['status', '--url', 'localhost:5173']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('it looks like http://localhost:5173')]);
  });
});
