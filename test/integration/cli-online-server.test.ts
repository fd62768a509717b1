import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import type { Finding } from '../../src/kernel/finding.ts';
import { type CliProcess, CliUser } from '../support/cli-process.ts';
import { TestServer } from '../support/platform.ts';
import { tempDir } from '../support/temp-dir.ts';
import { describeWithTerminal } from '../support/terminal-process.ts';
import { until } from '../support/until.ts';

const root = join(import.meta.dirname, '../..');
const dir = tempDir();
let server: TestServer;
let admin: CliUser;
beforeAll(async () => {
  server = await TestServer.start(join(dir, 'data'));
  admin = new CliUser(dir, server.url, { IHUMAN_TOKEN: server.adminKey });
});
afterAll(() => server.stop());

/** Starts a server by the command line and waits until it is ready. */
async function serve(user: CliUser, flags: readonly string[] = []): Promise<{ process: CliProcess; url: string }> {
  const process = user.start(['serve', '--port', '0', ...flags]);
  onTestFinished(() => void process.child.kill('SIGKILL'));
  await until('the server is ready', () => process.stdout.includes('server.ready'));
  return { process, url: (JSON.parse(process.stdout.split('\n')[0] ?? '') as { url: string }).url };
}

describe('serve', () => {
  it('starts a server in this folder, which stops when it is asked to, with its own exit code', async () => {
    const user = new CliUser(dir, server.url);
    const { process, url } = await serve(user);
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    expect(existsSync(join(user.cwd, '.ihuman/log.db'))).toBe(true);
    process.child.kill('SIGTERM');
    expect(await process.ended).toMatchObject({ code: 0, stdout: expect.stringContaining('server.stopped') });
    await expect(fetch(`${url}/health/live`)).rejects.toThrow();
  });

  it('passes flags and environment on, and what the server says of them', async () => {
    const user = new CliUser(dir, server.url);
    const wrong = await user.run(['serve', '--prot', '1']);
    expect(wrong).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('--prot is not a flag; did you mean --port?'),
    });
    const taken = await user.run(['serve'], { env: { IHUMAN_PORT: new URL(server.url).port } });
    expect(taken).toMatchObject({ code: 1, stderr: expect.stringContaining('is in use') });
  });

  it('shows all settings of the server as its help', async () => {
    const { code, stdout } = await new CliUser(dir, server.url).run(['serve', '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('ihuman serve');
    expect(stdout).toMatch(/--data-dir +IHUMAN_DATA_DIR \(default \.\/\.ihuman\)/);
  });
});

describe('status', () => {
  it('shows how the server is doing, to administrators more than to others', async () => {
    const { stdout } = await admin.run(['status']);
    expect(stdout).toMatch(/^server +http:\/\/127\.0\.0\.1:\d+\nstatus +ready\nversion +\d/);
    expect(stdout).toContain('read models');
    const other = new CliUser(dir, server.url, { IHUMAN_TOKEN: (await server.newUser()).token });
    const own = await other.json(['status', '--json']);
    expect(own).toMatchObject({ status: 'ready', executions: { total: 0 } });
    expect(own.memory).toBeUndefined();
  });
});

describe('events', () => {
  it('are followed as they come, from now on or from the beginning, and until Ctrl-C', async () => {
    const tail = admin.start(['events', 'tail', '--from-start', '--types', 'ExecutionCompleted', '--json']);
    const id = (await admin.run(['run', 'noop', '-d'])).stdout.trim();
    await until('the event is told of', () => tail.stdout.includes(id));
    tail.child.kill('SIGINT');
    expect(await tail.ended).toMatchObject({ code: 130, stderr: '' });
    const lines = tail.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, string>);
    expect(new Set(lines.map(({ type }) => type))).toEqual(new Set(['ihuman.ExecutionCompleted.v1']));
    const { sequence = '' } = lines.find(({ subject }) => subject === id) ?? {};
    await admin.run(['run', 'noop']);
    const after = await admin.run(['events', 'tail', '--after', sequence, '--no-follow']);
    expect(after.code).toBe(0);
    expect(after.stdout).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}\d+ {2}ExecutionRequested {2}exec_\w+\n {2}\{/);
    expect(after.stdout).not.toContain(id);
    const nothing = await admin.run(['events', 'tail', '--no-follow']);
    expect(nothing).toMatchObject({ code: 0, stdout: '' });
  });

  it('are exported into a file that proves itself, and that nothing is written over by', async () => {
    const { code, stderr } = await admin.run(['events', 'export', 'log.ndjson']);
    expect([code, stderr]).toEqual([0, expect.stringContaining('ihuman log verify --export log.ndjson')]);
    const file = join(admin.cwd, 'log.ndjson');
    expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
    expect(readdirSync(admin.cwd).filter((name) => name.startsWith('log.ndjson'))).toEqual(['log.ndjson']);
    expect(await admin.run(['events', 'export', 'log.ndjson'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--force'),
    });
    const verified = await admin.run(['log', 'verify', '--export', 'log.ndjson']);
    expect(verified).toMatchObject({ code: 0, stdout: expect.stringMatching(/^export: intact, \d+ appends/) });
    const [, hash = ''] = /head hash (\w+)/.exec(verified.stdout) ?? [];
    expect((await admin.run(['log', 'verify', '--export', 'log.ndjson', '--known-hash', hash])).code).toBe(0);
    const lines = readFileSync(file, 'utf8').split('\n');
    writeFileSync(file, lines.toSpliced(2, 1).join('\n'));
    expect(await admin.run(['log', 'verify', '--export', 'log.ndjson'])).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('DAMAGED'),
    });
  });
});

describe('log verify', () => {
  it('checks the data of a running server, and says when there is nothing to check', async () => {
    const running = await admin.run(['log', 'verify', '--data-dir', server.dataDir]);
    expect(running).toMatchObject({ code: 0, stdout: expect.stringContaining('read models: 0 differences') });
    expect(await admin.run(['log', 'verify'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('There is no log'),
    });
  });
});

describe('doctor', () => {
  const examine = async (user: CliUser, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) => {
    const { code, stdout } = await user.run(['doctor', '--json', ...args], { env });
    const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: readonly Finding[] };
    expect([code, ok]).toEqual(ok ? [0, true] : [1, false]);
    const of = (check: string): Finding | undefined => findings.find((finding) => finding.check === check);
    return { ok, findings, of };
  };

  it('finds nothing to say against a server that is well', async () => {
    const { ok, findings, of } = await examine(admin, ['--data-dir', server.dataDir, '--skills', join(root, 'skills')]);
    expect(findings.filter(({ verdict }) => verdict !== 'ok')).toEqual([]);
    expect(ok).toBe(true);
    expect(of('data directory')?.found).toMatch(/, used by a server/);
    expect(of('server')?.found).toBe(`${server.url} is ready`);
    expect(of('login')?.found).toContain('administrator');
    const { stdout } = await admin.run(['doctor', '--data-dir', server.dataDir]);
    expect(stdout).toMatch(/^✓ Node: /);
    expect(stdout).toContain('! skills: ');
  });

  it('finds what stands in the way before there is a server, and what to do', async () => {
    const user = new CliUser(dir, 'http://127.0.0.1:1');
    for (const name of ['broken-load', 'broken-metadata'])
      cpSync(join(root, 'test/fixtures/skills', name), join(user.cwd, 'skills', name), { recursive: true });
    mkdirSync(join(user.cwd, '.ihuman'));
    writeFileSync(join(user.cwd, '.ihuman/admin-key'), 'key');
    chmodSync(join(user.cwd, '.ihuman/admin-key'), 0o644);
    const { findings } = await examine(user);
    const problems = findings.filter(({ verdict }) => verdict === 'problem');
    expect(problems.map(({ check, advice }) => [check, advice])).toEqual([
      ['admin-key', `chmod 600 ${join(user.cwd, '.ihuman/admin-key')}`],
      ['skills', 'ihuman validate broken-load'],
      ['skills', 'ihuman validate broken-metadata'],
      ['server', 'Start one: ihuman serve. One that is elsewhere: --url <url>, or IHUMAN_URL.'],
    ]);
    expect(problems.find(({ found }) => found.startsWith('broken-metadata'))?.found).toMatch(
      /index\.js \/metadata\/\w+ is missing/,
    );
    expect(readdirSync(join(user.cwd, '.ihuman'))).toEqual(['admin-key']);
  });

  it('finds the server of this folder where it listens elsewhere than it is looked for', async () => {
    const { of } = await examine(new CliUser(dir, 'http://127.0.0.1:1'), ['--data-dir', server.dataDir]);
    expect(of('address')?.advice).toContain('name it with --url or IHUMAN_URL');
  });

  it('finds a setting that is none, a token that is not taken and a login that others can read', async () => {
    const user = new CliUser(dir, server.url);
    await user.run(['login', '--with-token'], { input: server.adminKey });
    chmodSync(join(user.home, 'config/ihuman/logins.json'), 0o644);
    const { of, findings } = await examine(user, [], { IHUMAN_PROT: '1', IHUMAN_TOKEN: 'wrong' });
    expect(of('settings')?.found).toContain('IHUMAN_PROT is not a setting; did you mean IHUMAN_PORT?');
    const logins = findings.filter(({ check }) => check === 'login').map(({ found }) => found);
    expect(logins).toEqual([expect.stringContaining('others may read'), expect.stringContaining('UNAUTHENTICATED')]);
  });

  it('tells a stranger at the port from a server, and a clock that is wrong', async () => {
    const stranger = createServer((_, response) => response.writeHead(200, { server: 'other' }).end('<html>'));
    const late = createServer((_, response) => {
      response.sendDate = false;
      response.setHeader('date', new Date(Date.now() - 3_600_000).toUTCString());
      response.writeHead(503).end('{"status":"starting","log":{"taken":3,"of":7}}');
    });
    const urlOf = async (other: typeof late): Promise<string> => {
      onTestFinished(() => void other.close());
      other.listen(0, '127.0.0.1');
      await once(other, 'listening');
      return `http://127.0.0.1:${String((other.address() as AddressInfo).port)}`;
    };
    const at = async (other: typeof late) => examine(new CliUser(dir, await urlOf(other)));
    expect((await at(stranger)).of('server')?.found).toMatch(/is no ihuman server \(status 200, "other"\)$/);
    const { of } = await at(late);
    expect(of('server')).toMatchObject({ verdict: 'warning', found: expect.stringContaining('3 of 7 records') });
    expect(of('clock')).toMatchObject({ verdict: 'problem', found: expect.stringMatching(/^3\d\d\d s ahead of/) });
  });
});

describeWithTerminal('the online verbs at a terminal', () => {
  it('have a bar below the log lines', async () => {
    const run = admin.atTerminal('run countdown -p from=2');
    expect(await run.ended).toBe(0);
    expect(run.screen).toMatch(/[█░]{24} +\d+ % /);
    expect(run.screen).toContain('[info] lift-off');
    expect(run.screen).toContain('"counted": 2');
  });

  it('take Ctrl-C as what it is', async () => {
    const run = admin.atTerminal('run countdown -p from=3000');
    await run.shows('[info] 3000 …');
    run.type('\x03');
    await run.shows('✗ cancelled after');
    expect(await run.ended).toBe(1);
  });

  it('ask for a password and do not show it', async () => {
    const login = new CliUser(dir, server.url).atTerminal('login --register --email dora@example.com --username dora');
    for (const question of ['Password', 'Password again']) {
      await login.shows(question);
      login.type('correct horse battery\r');
    }
    expect(await login.ended).toBe(0);
    expect(login.screen).toContain('as dora (dora@example.com)');
    expect(login.screen).not.toContain('horse');
  });

  it('ask again for what no account can have, and for passwords that differ', async () => {
    const login = new CliUser(dir, server.url).atTerminal('login --register');
    let before = 0;
    const answer = async (question: string, text: string): Promise<void> => {
      await until(`it asks ${question}; it shows ${login.screen}`, () => login.screen.slice(before).includes(question));
      before = login.screen.length;
      login.type(`\u0015${text}\r`);
    };
    await answer('? E-mail', 'erin');
    await answer('This is not an e-mail address.', 'erin@example.com');
    await answer('? User name', 'e');
    await answer('A user name has 2 to 40 letters', 'erin');
    await answer('? Password', 'short');
    await answer('A password has at least 8 characters.\r\n? Password', 'erin@example.com');
    await answer('The password is your e-mail address or user name.\r\n? Password', 'correct horse battery');
    await answer('? Password again', 'incorrect horse battery');
    await answer('The two passwords differ.\r\n? Password', 'correct horse battery');
    await answer('? Password again', 'correct horse battery');
    expect(await login.ended).toBe(0);
    expect(login.screen).toContain('as erin (erin@example.com)');
    expect(login.screen).not.toContain('horse');
  });

  it('ask before they delete', async () => {
    const id = (await admin.run(['schedules', 'create', '--cron', '@yearly'])).stdout.trim();
    const unsure = admin.atTerminal(`schedules delete ${id}`);
    await unsure.shows(`Delete the schedule ${id}?`);
    unsure.type('\r');
    expect(await unsure.ended).toBe(1);
    const sure = admin.atTerminal(`schedules delete ${id}`);
    await sure.shows(`Delete the schedule ${id}?`);
    sure.type('y\r');
    expect(await sure.ended).toBe(0);
    expect((await admin.run(['schedules', 'show', id])).code).toBe(1);
  });
});
