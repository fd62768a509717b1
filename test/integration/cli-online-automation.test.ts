import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { CliUser } from '../support/cli-process.ts';
import { TestServer } from '../support/platform.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';
import { WebhookSink } from '../support/webhook-sink.ts';

const dir = tempDir();
let sink: WebhookSink;
let server: TestServer;
beforeAll(async () => {
  sink = await WebhookSink.open();
  server = await TestServer.start(join(dir, 'data'), [`--egress-allow=127.0.0.1:${new URL(sink.url).port}`]);
});
afterAll(async () => {
  await server.stop();
  await sink.close();
});
const newUser = async (): Promise<CliUser> =>
  new CliUser(dir, server.url, { IHUMAN_TOKEN: (await server.newUser()).token });

describe('webhooks', () => {
  it('are made with a secret that is shown once, and what they deliver can be verified with it', async () => {
    const user = await newUser();
    const create = ['webhooks', 'create', `${sink.url}/made`, '--event', 'execution.*', '-H', 'X-Custom: a: b'];
    const { code, stdout, stderr } = await user.run([...create, '--retry-delays', '1s,1m']);
    const [id = '', secret = ''] = stdout.trim().split('\n');
    expect([code, id, secret]).toEqual([0, expect.stringMatching(/^hook_/), expect.stringMatching(/^whsec_/)]);
    expect(stderr).toContain('shown this once');
    expect(await user.json(['webhooks', 'show', id, '--json'])).toMatchObject({
      ...{ eventTypes: ['execution.*'], retryDelaysMs: [1000, 60_000], customHeaders: { 'X-Custom': '***' } },
    });

    expect(await user.run(['webhooks', 'test', id])).toMatchObject({ code: 0, stderr: 'delivered: 200\n' });
    const [delivery] = sink.at('/made');
    expect(delivery?.headers['x-custom']).toBe('a: b');
    writeFileSync(join(user.cwd, 'secret'), `${secret}\n`);
    const headers = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];
    const flags = headers.flatMap((name) => ['-H', `${name}: ${String(delivery?.headers[name])}`]);
    const verify = ['webhooks', 'verify', '-', '--secret-file', 'secret', ...flags];
    expect(await user.json(verify, { input: delivery?.text ?? '' })).toMatchObject({ event: 'webhook.test' });
    const forged = await user.run(verify, { input: `${delivery?.text ?? ''} ` });
    expect(forged).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('is not of this secret') });
  });

  it('are made for events and skills that are not there too, which is said', async () => {
    const user = await newUser();
    const filter = ['--event', 'nope.*', '--event', 'execution.*', '--skill', 'nothing-like-it'];
    const { code, stderr } = await user.run(['webhooks', 'create', `${sink.url}/none`, ...filter]);
    expect(code).toBe(0);
    expect(stderr).toContain('ihuman has no event nope.*');
    expect(stderr).not.toContain('event execution');
    expect(stderr).toContain('The server has no skill nothing-like-it.');
  });

  it('are changed, disabled, enabled, given another secret and deleted', async () => {
    const user = await newUser();
    const create = ['webhooks', 'create', `${sink.url}/changed`, '-e', 'execution.completed', '--secret-file', '-'];
    const made = await user.run(create, { input: 'a secret of mine\n' });
    const id = made.stdout.trim();
    expect([made.code, id, made.stderr]).toEqual([0, expect.stringMatching(/^hook_\w+$/), '']);
    writeFileSync(join(user.cwd, 'settings.json'), '{"ordering":"key","jitter":0.5}');
    const settings = ['--settings', 'settings.json', '--jitter', '0.25', '--event', 'a,b', '--disable-after', '2d'];
    expect(
      await user.json(['webhooks', 'update', id, ...settings, '--to', `${sink.url}/moved`, '--json']),
    ).toMatchObject({
      ...{
        ordering: 'key',
        jitter: 0.25,
        eventTypes: ['a', 'b'],
        disableAfterMs: 172_800_000,
        url: `${sink.url}/moved`,
      },
    });
    expect(await user.run(['webhooks', 'update', id])).toMatchObject({ code: 2 });
    await user.run(['webhooks', 'disable', id, '--note', 'later']);
    expect((await user.run(['webhooks', 'list'])).stdout).toMatch(new RegExp(`${id} +disabled +a,b`));
    await user.run(['webhooks', 'enable', id, '--backlog', 'skip']);
    const rotated = await user.run(['webhooks', 'rotate-secret', id, '--overlap', '1h']);
    expect(rotated.stdout).toMatch(/^whsec_\S+\n$/);
    const unsure = await user.run(['webhooks', 'delete', id]);
    expect(unsure).toMatchObject({ code: 2, stderr: expect.stringContaining('give --yes') });
    expect((await user.run(['webhooks', 'delete', id, '--yes'])).code).toBe(0);
    expect(await user.json(['webhooks', 'list', '--json'])).toEqual({ webhooks: [], total: 0 });
    const gone = await user.run(['webhooks', 'show', id]);
    expect(gone).toMatchObject({ code: 1, stderr: expect.stringContaining('"ihuman webhooks list" shows yours.') });
  });

  it('have their deliveries listed, tried again, replayed, previewed and counted', async () => {
    const user = await newUser();
    await user.run(['run', 'noop']);
    const created = await user.run(['webhooks', 'create', `${sink.url}/told`, '-e', 'execution.completed']);
    const [id = ''] = created.stdout.split('\n');
    const preview = await user.json(['webhooks', 'preview', '-e', 'execution.completed', '--json']);
    expect([preview.complete, preview.events.length]).toEqual([true, 1]);
    await user.run(['webhooks', 'replay', id, '--scope', 'all']);
    await until('the replay has arrived', () => sink.at('/told').length === 1);
    const listed = async () => (await user.json(['webhooks', 'deliveries', id, '--json'])).deliveries;
    await until('it is told to have been delivered', async () => (await listed())[0]?.status === 'delivered');
    const table = (await user.run(['webhooks', 'deliveries', id, '--status', 'delivered'])).stdout;
    expect(table).toMatch(/dlv_\w+ +delivered +execution\.completed .* 1 +200\n$/);
    const delivery = (await user.run(['webhooks', 'deliveries', id, '-q'])).stdout.trim();
    await user.run(['webhooks', 'retry-delivery', id, delivery]);
    await until('it has arrived again', () => sink.at('/told').length === 2);
    expect((await user.run(['webhooks', 'stats'])).stdout).toMatch(/^total +\d+\ndelivered +\d+\n/);
    expect((await user.run(['webhooks', 'show', id])).stdout).toMatch(/replay replay_\w+: completed, 100 %/);
    sink.answer(500);
    const failing = await user.run(['webhooks', 'test', id]);
    expect(failing).toMatchObject({ code: 1, stderr: expect.stringContaining('failed: 500') });
  });

  it('take a signature of the plain kind too, and no header that is none', async () => {
    const user = await newUser();
    writeFileSync(join(user.cwd, 'secret'), 'plain');
    const body = '{"event":"x"}';
    const signature = createHmac('sha256', 'plain').update(body).digest('hex');
    const verify = ['webhooks', 'verify', '-', '--secret-file', 'secret', '-H'];
    expect(await user.json([...verify, `x-webhook-signature: ${signature}`], { input: body })).toEqual({ event: 'x' });
    expect(await user.run([...verify, 'nonsense'], { input: body })).toMatchObject({ code: 2 });
  });
});

describe('schedules', () => {
  it('are previewed, as expressions and as they are', async () => {
    const user = await newUser();
    const next = ['schedules', 'next', '--cron', '0 9 * * MON', '--zone', 'Europe/Berlin', '--count', '2'];
    const { timeZone, upcoming } = await user.json([...next, '--json']);
    expect([timeZone, upcoming.length]).toEqual(['Europe/Berlin', 2]);
    const lines = (await user.run(next)).stdout.trim().split('\n');
    expect(lines[0]).toMatch(/^IN Europe\/Berlin +UTC/);
    expect(lines[1]).toMatch(/^Mon \d{4}-\d\d-\d\d 09:00:00 UTC\+0[12]:00 /);
    const wrong = await user.run(['schedules', 'next', '--cron', '61 * * * *']);
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('the minute field is "61"') });
    expect(await user.run(['schedules', 'next'])).toMatchObject({ code: 2 });
  });

  it('are made with parameters of the skill, changed, paused, run at once and deleted', async () => {
    const user = await newUser();
    const create = ['schedules', 'create', '--cron', '0 0 1 1 *', '--skill', 'countdown', '--param'];
    const wrong = await user.run([...create, 'from=many']);
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('must be a whole number') });
    const made = await user.run([...create, 'from=1', '--description', 'New year', '--jitter', '5m']);
    const id = made.stdout.trim();
    expect([made.code, id]).toEqual([0, expect.stringMatching(/^sched_/)]);
    expect(made.stderr).toMatch(/It fires next at \d{4}-01-01/);
    expect(await user.json(['schedules', 'show', id, '--json'])).toMatchObject({
      ...{ skillId: 'countdown', params: { from: 1 }, jitterMs: 300_000, description: 'New year', status: 'active' },
    });
    expect(
      await user.json(['schedules', 'update', id, '--zone', 'Asia/Tokyo', '--overlap', 'allowAll', '--json']),
    ).toMatchObject({ timeZone: 'Asia/Tokyo', overlap: 'allowAll', cronExpression: '0 0 1 1 *' });
    const pause = ['schedules', 'pause', id, '--until', '2100-01-01', '--note', 'quiet', '--json'];
    expect(await user.json(pause)).toMatchObject({ status: 'paused', paused: { note: 'quiet' } });
    expect((await user.run(['schedules', 'list', '--status', 'paused', '-q'])).stdout.trim()).toBe(id);
    expect((await user.run(['schedules', 'resume', id])).stderr).toContain(`${id} is active`);
    const triggered = await user.run(['schedules', 'trigger', id]);
    expect(triggered).toMatchObject({ code: 0, stdout: '{"counted":1}\n' });
    const { executions } = await user.json(['schedules', 'history', id, '--outcome', 'fired', '--json']);
    expect(executions).toMatchObject([{ trigger: 'manual', outcome: 'fired' }]);
    const backfill = ['schedules', 'backfill', id, '--from', '2025-12-01T00:00:00Z', '--until', '2026-01-02T00:00:00Z'];
    expect((await user.run(backfill)).stderr).toMatch(/^fill_\w+ has begun/);
    expect((await user.run(['schedules', 'stats'])).stdout).toMatch(/^schedules +1\n/);
    expect((await user.run(['schedules', 'delete', id, '-y'])).code).toBe(0);
    expect((await user.run(['schedules', 'show', id])).code).toBe(1);
  });
});

const definition = `
name: twice
description: Counts twice
input:
  from: { type: integer, default: 2 }
steps:
  first: { skill: countdown, params: { from: { $from: /input/from }, intervalMs: 1 } }
  second: { skill: countdown, params: { from: { $from: /steps/first/result/counted }, intervalMs: 1 } }
`;

describe('workflows', () => {
  it('are checked, defined from YAML and JSON, run with their steps, and taken away', async () => {
    const user = await newUser();
    writeFileSync(join(user.cwd, 'twice.yaml'), definition);
    const checked = await user.run(['workflows', 'check', 'twice.yaml']);
    expect(checked).toMatchObject({ code: 0, stderr: '✓ twice.yaml would be taken; steps in order: first, second\n' });
    expect((await user.run(['workflows', 'list'])).stderr).toBe('There are none.\n');
    await user.run(['workflows', 'define', 'twice.yaml']);
    const json = JSON.stringify({ name: 'twice', steps: { only: { skill: 'noop' } } });
    expect(await user.json(['workflows', 'define', '-', '--json'], { input: json })).toMatchObject({ version: 2 });
    const run = ['workflows', 'run', 'twice', '--workflow-version', '1', '--param'];
    const { code, stdout, stderr } = await user.run([...run, 'from=3']);
    expect([code, stdout]).toEqual([0, '{"second":{"counted":3}}\n']);
    expect(stderr).toContain('first: completed\n');
    expect(stderr).toContain('second: completed\n');
    expect(await user.run([...run, 'frm=3'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('did you mean from?'),
    });
    const runs = await user.json(['workflows', 'runs', 'twice', '--json']);
    expect(runs.executions).toMatchObject([{ skillId: 'workflow:twice', status: 'completed' }]);
    const id: string = runs.executions[0].executionId;
    const watched = await user.run(['watch', id, '--steps']);
    expect(watched).toMatchObject({ code: 0, stderr: expect.stringContaining('second: completed') });
    expect((await user.run(['workflows', 'versions', 'twice'])).stdout.trim().split('\n')).toHaveLength(3);
    expect((await user.run(['workflows', 'show', 'twice'])).stdout).toMatch(/^name +twice\nversion +2\n/);
    expect((await user.run(['workflows', 'delete', 'twice', '--yes'])).code).toBe(0);
    expect(await user.run(['workflows', 'run', 'twice'])).toMatchObject({ code: 1 });
  });

  it('that cannot be taken are refused with everything that is wrong', async () => {
    const user = await newUser();
    const bad = 'name: bad\nsteps:\n  a: { skill: countdown, needs: [b] }\n  c: { skill: nowhere }\n';
    const { code, stderr } = await user.run(['workflows', 'define', '-'], { input: bad });
    expect(code).toBe(1);
    expect(stderr.trim().split('\n').length).toBeGreaterThan(2);
    expect(stderr).toContain('VALIDATION_FAILED');
  });
});
