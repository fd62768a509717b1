import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { executionStatuses } from '../../projections/executions/projection.ts';
import { CliUser } from '../support/cli-process.ts';
import { TestServer } from '../support/platform.ts';
import { ServerProcess } from '../support/server-process.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';

const root = join(import.meta.dirname, '../..');
const skills = `--skills=${join(root, 'skills')},${join(root, 'test/fixtures/skills')}`;
const dir = tempDir();
let server: TestServer;
let user: CliUser;
beforeAll(async () => {
  server = await TestServer.start(join(dir, 'data'), [skills]);
  user = new CliUser(dir, server.url, { IHUMAN_TOKEN: (await server.newUser()).token });
});
afterAll(() => server.stop());

const countdown = (...params: string[]): string[] => ['run', 'countdown', ...params.flatMap((each) => ['-p', each])];

describe('run', () => {
  it('gives the result on stdout, log lines and the end on stderr, and nothing that only a terminal understands', async () => {
    const { code, stdout, stderr } = await user.run(countdown('from=2', 'intervalMs=1'));
    expect([code, stdout]).toEqual([0, '{"counted":2}\n']);
    const lines = stderr.trim().split('\n');
    expect(lines[0]).toMatch(/^exec_\w+$/);
    expect(lines.slice(1, -1)).toEqual(['[info] 2 …', '[info] 1 …', '[info] lift-off']);
    expect(lines.at(-1)).toMatch(/^✓ completed in \d+ ms$/);
  });

  it('has colours where they are asked for, and none where they are not wanted', async () => {
    const args = countdown('from=0');
    const [forced, refused] = await Promise.all([
      user.run(args, { env: { FORCE_COLOR: '1' } }),
      user.run(args, { env: { NO_COLOR: '1' } }),
    ]);
    expect(forced.stderr).toContain('\x1b[32m✓\x1b[39m');
    expect(forced.stdout).toBe('{"counted":0}\n');
    expect(refused.stderr).not.toContain('\x1b');
  });

  it('takes parameters from standard input, from files and one by one', async () => {
    writeFileSync(join(user.cwd, 'params.json'), '{"from":3,"intervalMs":1}');
    writeFileSync(join(user.cwd, 'data.csv'), 'name,size\na,1\nb,2\n');
    expect(await user.json(['run', 'countdown', '--params', '-'], { input: '{"from":1}' })).toEqual({ counted: 1 });
    expect(await user.json(['run', 'countdown', '--params', '{"from":1}'])).toEqual({ counted: 1 });
    const both = ['run', 'countdown', '--params', 'params.json', '-p', 'from=2'];
    expect(await user.json(both)).toEqual({ counted: 2 });
    expect(await user.json(['run', 'csv-profile', '--param-file', 'csv=data.csv'])).toMatchObject({ rows: 2 });
  });

  it('tells all of the outcome with --json, and the exit code says whether it completed', async () => {
    expect(await user.json([...countdown('from=0'), '--json'])).toEqual({
      ...{ executionId: expect.stringMatching(/^exec_/), status: 'completed', result: { counted: 0 }, error: null },
      durationMs: expect.any(Number),
    });
    const { code, stdout, stderr } = await user.run(['run', 'throws', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'failed', result: null, error: { code: 'SKILL_THREW' } });
    expect(stderr).toMatch(/✗ failed after \d+ ms: .* \(SKILL_THREW\)/);
    const late = await user.run([...countdown('from=3000'), '--timeout', '50ms']);
    expect([late.code, late.stdout]).toEqual([1, '']);
    expect(late.stderr).toContain('✗ timed-out after');
  });

  it('runs nothing when its command line is wrong, and says all that is', async () => {
    const { code, stdout, stderr } = await user.run(['run', 'countdown', '-p', 'frm=1', '-p', 'intervalMs=soon']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toBe(
      'ihuman: The parameters do not fit.\n  frm is not a parameter; did you mean from?\n  intervalMs is "soon", but must be a whole number\n',
    );
    const unknown = await user.run(['run', 'countdwn']);
    expect(unknown).toMatchObject({ code: 1, stderr: 'ihuman: There is no skill countdwn. Did you mean countdown?\n' });
    const tooMuch = await user.run(countdown('from=3601'));
    expect(tooMuch).toMatchObject({ code: 2, stderr: expect.stringContaining('from must be at most 3600') });
  });

  it('takes a skill that was made a moment ago, as soon as the server has it', async () => {
    const folder = join(dir, 'fresh');
    mkdirSync(folder);
    const author = new CliUser(folder, 'http://127.0.0.1:1');
    mkdirSync(join(author.cwd, 'skills'));
    const flags = [`--skills=${join(author.cwd, 'skills')}`, '--watch=true', '--runner=inline'];
    const watching = await TestServer.start(join(folder, 'data'), flags);
    onTestFinished(() => watching.stop());
    const env = { IHUMAN_URL: watching.url, IHUMAN_TOKEN: (await watching.newUser()).token };
    expect((await author.run(['create', '--name', 'just-made', '--yes'])).code).toBe(0);
    const ran = await author.run(['run', 'just-made', '-p', 'projectName=x'], { env });
    expect(ran.code, ran.stderr).toBe(0);
  });

  it('leaves at once with --detach, and twice with one key is one execution', async () => {
    const args = [...countdown('from=0'), '--detach', '--idempotency-key', 'once'];
    const [first, second] = [await user.run(args), await user.run(args)];
    expect(first.stdout).toMatch(/^exec_\w+\n$/);
    expect(second.stdout).toBe(first.stdout);
    expect(await user.json([...countdown('from=0'), '-d', '--json'])).toEqual({
      executionId: expect.stringMatching(/^exec_/),
    });
  });

  it('waits for what is to start later', async () => {
    const delayed = user.start([...countdown('from=0'), '--delay', '1h']);
    await delayed.says('exec_');
    const id = delayed.stderr.trim();
    const { status, runAt } = await user.json(['executions', 'show', id, '--json']);
    expect([status, runAt]).toEqual(['queued', expect.any(String)]);
    await user.run(['cancel', id]);
    expect(await delayed.ended).toMatchObject({ code: 1, stderr: expect.stringContaining('✗ cancelled') });
    const both = await user.run([...countdown('from=0'), '--delay', '1s', '--at', '2026-02-05T00:00:00Z']);
    expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining('cannot be used with option') });
  });
});

describe('Ctrl-C', () => {
  it('has the server cancel the execution, whose end is told', async () => {
    const run = user.start(countdown('from=3000'));
    await run.says('[info] 3000 …');
    run.child.kill('SIGINT');
    const { code, signal, stdout, stderr } = await run.ended;
    expect([code, signal, stdout]).toEqual([1, null, '']);
    expect(stderr).toContain('Ctrl-C again leaves at once.');
    expect(stderr).toContain('✗ cancelled after');
  });

  it('pressed twice leaves at once with 130, whatever the server does', async () => {
    const proxy = await TcpProxy.open();
    onTestFinished(() => proxy.stop());
    proxy.target = Number(new URL(server.url).port);
    const run = user.start([...countdown('from=3000'), '--url', `http://127.0.0.1:${String(proxy.port)}`], {
      env: { IHUMAN_URL: '' },
    });
    await run.says('[info] 3000 …');
    const id = run.stderr.split('\n')[0] ?? '';
    // From here on nothing that is said gets through.
    proxy.delayMs = 3_600_000;
    run.child.kill('SIGINT');
    await run.says('Ctrl-C again leaves at once.');
    run.child.kill('SIGINT');
    const { code, signal, stderr } = await run.ended;
    expect([code, signal]).toEqual([130, null]);
    expect(stderr).toContain(`How it ends: ihuman executions show ${id}`);
    expect(await user.json(['executions', 'show', id, '--json'])).toMatchObject({ status: 'running' });
    expect((await user.run(['cancel', id, '--reason', 'the test is over'])).code).toBe(0);
  });

  it('ends the watching, not what is watched', async () => {
    const { stdout } = await user.run([...countdown('from=3000'), '-d']);
    const id = stdout.trim();
    const watch = user.start(['watch', id]);
    await watch.says('[info] 3000 …');
    watch.child.kill('SIGINT');
    expect(await watch.ended).toMatchObject({ code: 130, stderr: expect.stringContaining(`${id} goes on unwatched.`) });
    expect(await user.json(['executions', 'show', id, '--json'])).toMatchObject({ status: 'running' });
    await user.run(['cancel', id]);
  });
});

describe('watch', () => {
  const events = (stdout: string): { readonly type: string; readonly seq: number }[] =>
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; seq: number });

  it('tells every event as a line of JSON, from the beginning or from where it is told', async () => {
    const id = (await user.run([...countdown('from=2', 'intervalMs=1'), '-d'])).stdout.trim();
    const { code, stdout, stderr } = await user.run(['watch', id, '--json']);
    expect([code, stderr]).toEqual([0, '']);
    const all = events(stdout);
    expect(all.at(-1)).toMatchObject({ type: 'complete', executionId: id, result: { counted: 2 } });
    const part = await user.run(['watch', id, '--json', '--since', String(all[1]?.seq)]);
    expect(events(part.stdout)).toEqual(all.slice(2));
    const last = await user.run(['watch', id, '--tail', '1']);
    expect(last).toMatchObject({ code: 0, stdout: '{"counted":2}\n' });
    const both = await user.run(['watch', id, '--tail', '1', '--now']);
    expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining('cannot be used with option') });
  });

  it('says that there is no such execution, with what to do', async () => {
    const { code, stderr } = await user.run(['watch', 'exec_nonsense']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('"ihuman executions" lists yours.')]);
  });

  it('goes on over a server that is killed and started again, and misses nothing', async () => {
    const dataDir = join(dir, 'killed');
    mkdirSync(dataDir);
    const first = await ServerProcess.start(dataDir, [skills]);
    const port = `--port=${new URL(first.url).port}`;
    const keyFile = first.adminKeyFile;
    const other = new CliUser(dir, first.url);
    const on = ['--token-file', keyFile];
    const id = (await other.run([...countdown('from=3000'), '-d', ...on])).stdout.trim();
    const watch = other.start(['watch', id, '--json', ...on]);
    await until('the countdown has begun', () => watch.stdout.includes('"3000 …"'));
    await first.kill();
    await watch.says('The connection is lost; connecting again …');
    const second = await ServerProcess.start(dataDir, [skills, port]);
    onTestFinished(() => second.kill());
    await until('the second attempt is told of', () => watch.stdout.split('"3000 …"').length === 3);
    expect((await other.run(['cancel', id, ...on])).code).toBe(0);
    const { code, stdout, stderr } = await watch.ended;
    expect([code, stderr]).toEqual([1, expect.stringContaining('Connected again.')]);
    const told = events(stdout);
    expect(told.at(-1)).toMatchObject({ type: 'error', status: 'cancelled' });
    const again = await other.run(['watch', id, '--json', ...on]);
    expect(events(again.stdout).map(({ seq }) => seq)).toEqual(told.map(({ seq }) => seq));
  });
});

describe('executions', () => {
  it('are listed by what is asked for, newest first', async () => {
    const own = new CliUser(dir, server.url, { IHUMAN_TOKEN: (await server.newUser()).token });
    expect(await own.run(['executions'])).toMatchObject({ code: 0, stdout: '', stderr: 'There are none.\n' });
    await own.run(countdown('from=0'));
    await own.run(['run', 'throws']);
    const nope = await own.run(['executions', '--skill', 'cuntdown']);
    expect([nope.code, nope.stderr]).toEqual([
      ...[0, 'There are none.\nThe server has no skill cuntdown; did you mean countdown?\n'],
    ]);
    expect((await own.run(['executions', '--skill', 'noop'])).stderr).toBe('There are none.\n');
    const { executions, total } = await own.json(['executions', '--json']);
    expect([total, executions.map(({ skillId }: { skillId: string }) => skillId)]).toEqual([
      2,
      ['throws', 'countdown'],
    ]);
    const failed = await own.json(['executions', 'list', '--status', 'failed', '--json']);
    expect(failed.executions).toHaveLength(1);
    const table = (await own.run(['executions', '--skill', 'countdown'])).stdout.trim().split('\n');
    expect(table).toHaveLength(2);
    expect(table[0]).toMatch(/^EXECUTION +STATUS +SKILL/);
    const page = await own.run(['executions', '-q', '--limit', '1']);
    expect(page.stdout.trim()).toBe(executions[0].executionId);
    const more = await own.run(['executions', '--limit', '1']);
    expect(more.stderr).toBe('1 of 2; more with --offset 1\n');
    const bogus = await own.run(['executions', '--status', 'bogus']);
    expect([bogus.code, bogus.stderr]).toEqual([2, expect.stringContaining(`one of ${executionStatuses.join(', ')}.`)]);
    const wrong = await own.run(['executions', 'shw']);
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('Did you mean: ihuman executions show') });
  });

  it('are shown with their events and with what led to them, cancelled and tried again', async () => {
    const id = (await user.run([...countdown('from=3000'), '-d'])).stdout.trim();
    expect((await user.run(['cancel', id, '--reason', 'enough'])).code).toBe(0);
    await user.run(['watch', id]);
    const { events: trail, tree } = await user.json(['executions', 'show', id, '--events', '--tree', '--json']);
    const types = trail.map(({ type }: { type: string }) => type);
    expect(types[0]).toBe('ihuman.ExecutionRequested.v1');
    expect(types.at(-1)).toBe('ihuman.ExecutionCancelled.v1');
    expect(tree).toMatchObject({ kind: 'execution', id, status: 'cancelled' });
    expect(await user.run(['cancel', id])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('EXECUTION_FINISHED'),
    });
    const again = (await user.run(['retry', id, '--detach'])).stdout.trim();
    expect(again).toMatch(/^exec_/);
    const { stdout } = await user.run(['executions', 'show', again, '--tree']);
    expect(stdout).toContain(`├─ attempt  ${id}#1  cancelled`);
    expect(stdout).toContain(`└─ execution  countdown  ${again}`);
    await user.run(['cancel', again]);
  });
});
