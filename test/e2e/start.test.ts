import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { refusedStart, ServerProcess } from '../support/server-process.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';

const base = tempDir();
const place = (name: string): string => join(base, name);

describe('a start that cannot be', () => {
  it.each([
    [['--host=203.0.113.7'], '203.0.113.7 is no address of this machine'],
    [['--host=no.such.host.invalid'], 'no.such.host.invalid is no address of this machine'],
    [['--trust-proxy=10.0.0.0/8,proxy'], '--trust-proxy is "10.0.0.0/8,proxy", but must be'],
    [['--allowed-origins=app.example.com'], '--allowed-origins is "app.example.com", but must be'],
    [['--prt=1'], '--prt is not a flag; did you mean --port?'],
  ])('names the setting and what would be right: %j', async (flags, sentence) => {
    const { code, stderr } = await refusedStart(place('refused'), flags);
    expect(code).toBe(1);
    expect(stderr).toContain(sentence);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('because the port is in use says so, and the next one finds the key where it says', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as { port: number };
    const dir = place('taken');
    const { stderr } = await refusedStart(dir, [`--port=${String(port)}`]);
    expect(stderr).toContain(`Port ${String(port)} is in use`);
    taken.close();
    const server = await ServerProcess.start(dir);
    const key = readFileSync(server.adminKeyFile, 'utf8').trim();
    const answer = await fetch(`${server.url}/api/system/status`, { headers: { authorization: `Bearer ${key}` } });
    expect(answer.status).toBe(200);
    await server.terminate();
  });

  it('because the log is gone from beside its vault changes nothing, and begins no empty log', async () => {
    const dir = place('lost');
    await (await ServerProcess.start(dir)).terminate();
    rmSync(join(dir, 'log.db'));
    const { code, stderr } = await refusedStart(dir);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`${join(dir, 'log.db')} is missing`)]);
    expect(existsSync(join(dir, 'log.db'))).toBe(false);
  });
});

describe('a server', () => {
  it('whose skills folder is missing says which, and serves without', async () => {
    const server = await ServerProcess.start(place('no-skills'), ['--skills=/nowhere/skills']);
    expect(server.stdout()).toContain('"skills":0');
    await server.terminate();
    expect(server.stderr()).toMatch(/skills\.folder_missing.*\/nowhere\/skills/);
  });

  it('says who it is, that it stops and that it has stopped, and shows no key', async () => {
    const dir = place('said');
    const server = await ServerProcess.start(dir);
    expect(readFileSync(join(dir, 'server.pid'), 'utf8').trim()).toBe(String(server.child.pid));
    const key = readFileSync(server.adminKeyFile, 'utf8').trim();
    expect(await server.terminate()).toBe(0);
    const events = server
      .stdout()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events).toMatchObject([
      { event: 'server.ready', pid: server.child.pid, dataDir: dir },
      { event: 'server.stopping', running: 0 },
      { event: 'server.stopped' },
    ]);
    expect(server.stdout()).not.toContain(key);
    expect(existsSync(join(dir, 'server.pid'))).toBe(false);
  });

  it('makes no file that others may read, in a directory that others may', async () => {
    const dir = place('open');
    mkdirSync(dir, { mode: 0o755 });
    const server = await ServerProcess.start(dir);
    for (const name of ['log.db', 'vault.db', 'vault.key', 'admin-key', 'read-models.db', 'server.pid'])
      expect([name, statSync(join(dir, name)).mode & 0o077]).toEqual([name, 0]);
    await server.terminate();
  });
});

const program = (path: string, ...args: string[]) =>
  spawnSync(process.execPath, [path, ...args], {
    cwd: join(import.meta.dirname, '../..'),
    encoding: 'utf8',
    env: { ...process.env, TMPDIR: base },
  });

describe('the demo', () => {
  it('shows everything, and leaves nothing behind', () => {
    const { status, stdout, stderr } = program('demo/demo.ts', '--exit', '--port=0');
    expect([status, stderr]).toEqual([0, '']);
    for (const part of ['csv-profile', 'react-setup', 'log: lift-off', 'ExecutionCompleted'])
      expect(stdout).toContain(part);
    expect(stdout).not.toContain('curl');
    expect(readdirSync(base).filter((name) => name.startsWith('ihuman-demo-'))).toEqual([]);
  });

  it('shows where to look further when its server stays', async () => {
    const env = { ...process.env, TMPDIR: base };
    const child = spawn(process.execPath, ['demo/demo.ts', '--port=0'], {
      cwd: join(import.meta.dirname, '../..'),
      env,
    });
    let stdout = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    const gone = once(child, 'exit');
    await until('the demo serves', () => stdout.includes('Serving until Ctrl-C.'));
    const [, url = ''] = /documentation: (\S+)/.exec(stdout) ?? [];
    expect((await fetch(url)).status).toBe(200);
    child.kill('SIGINT');
    expect(await gone).toEqual([0, null]);
  });

  it('says what is wrong with a flag in one line', () => {
    const { status, stderr } = program('demo/demo.ts', '--prt=1');
    expect([status, stderr]).toEqual([
      1,
      'The demo cannot go on. --prt is not a flag; did you mean --port? (see --help)\n',
    ]);
  });
});

describe('verify', () => {
  const verify = (...flags: string[]) => program('src/verify-main.ts', ...flags);

  it.each([
    [['--data-dir=/nowhere'], 2, 'There is no log /nowhere/log.db.'],
    [['--export=/nowhere', '--known-hash=abc'], 2, '--known-hash must be 64 hexadecimal digits'],
    [['--export=/nowhere'], 2, 'The file /nowhere cannot be read.'],
    [['--exprt=/nowhere'], 2, ''],
  ])('of what is not there or not understood ends with 2 and says why: %j', (flags, status, sentence) => {
    const ended = verify(...flags);
    expect([ended.status, ended.stderr]).toEqual([status, expect.stringContaining(sentence)]);
    expect(ended.stderr).not.toContain(' at ');
  });
});
