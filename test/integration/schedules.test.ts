import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Answer, TestServer } from '../support/platform.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';

const root = join(import.meta.dirname, '../..');
const flags = ['--runner=inline', `--skills=${join(root, 'test/fixtures/skills')},${join(root, 'skills')}`];
const everySecond = '* * * * * *';
const never = '0 0 30 2 1';
let server: TestServer;
let token: string;

beforeAll(async () => {
  server = await TestServer.start(tempDir(), flags);
});
afterAll(() => server.stop());

const call = (method: string, path: string, body?: unknown): Promise<Answer> =>
  server.call(method, path, { token, ...(body !== undefined && { body }) });
const create = async (body: object): Promise<string> => {
  const answer = await call('POST', '/api/schedules', body);
  expect([answer.status, answer.body.code, answer.body.detail]).toEqual([201, undefined, undefined]);
  return answer.body.id as string;
};
interface Firing {
  readonly outcome: string;
  readonly scheduledFor: string;
  readonly until?: string;
  readonly executionId: string | null;
  readonly reason: string | null;
  readonly trigger: string | null;
  readonly backfillId: string | null;
}
const firingsOf = async (id: string): Promise<readonly Firing[]> =>
  (await call('GET', `/api/schedules/${id}/executions`)).body.executions as readonly Firing[];
const fired = (id: string, test: (firings: readonly Firing[]) => boolean) =>
  until(`firings of ${id}`, async () => {
    const firings = await firingsOf(id);
    return test(firings) ? firings : null;
  });
const executionOf = async (id: string) => (await call('GET', `/api/executions/${id}`)).body;

describe('a schedule', () => {
  beforeAll(async () => {
    ({ token } = await server.newUser());
  });

  it('runs its skill at its times, and the run says where it comes from', async () => {
    const id = await create({ cronExpression: everySecond, skillId: 'noop', description: 'Every second' });
    const firings = await fired(id, (all) => all.length >= 2);
    await call('DELETE', `/api/schedules/${id}`);
    const [second, first] = firings.slice(-2);
    expect(Date.parse(second!.scheduledFor) - Date.parse(first!.scheduledFor)).toBe(1000);
    const run = await until('its end', async () => {
      const execution = await executionOf(first!.executionId!);
      return execution.status === 'completed' ? execution : null;
    });
    expect(run).toMatchObject({
      skillId: 'noop',
      cause: { kind: 'schedule', id: `${id}/${String(Date.parse(first!.scheduledFor))}` },
    });
    const events = await server.call('GET', `/api/events?stream=${id}`, { token: server.adminKey });
    expect(events.body.map(({ type }: { type: string }) => type.split('.')[1])).toContain('ScheduleFired');
  });

  it('is shown as the feature list has it', async () => {
    const id = await create({
      cronExpression: '0 9 * * MON-FRI',
      workflowId: 'morning-sync',
      description: 'Daily sync',
      params: { region: 'eu' },
    });
    const { body } = await call('GET', `/api/schedules/${id}`);
    expect(body).toMatchObject({
      id,
      status: 'active',
      cronExpression: '0 9 * * MON-FRI',
      timeZone: 'UTC',
      workflowId: 'morning-sync',
      skillId: null,
      params: { region: 'eu' },
      executionCount: 0,
      warnings: [expect.stringContaining('There is no workflow morning-sync.')],
    });
    expect([1, 2, 3, 4, 5]).toContain(new Date(body.nextRunAt as string).getUTCDay());
    const { body: upcoming } = await call('GET', `/api/schedules/${id}/upcoming?count=7`);
    expect(upcoming.upcoming).toHaveLength(7);
    const { body: stats } = await call('GET', '/api/schedules/stats');
    expect(Object.keys(stats)).toEqual(['totalSchedules', 'totalExecutions', 'schedules']);
    expect((await call('GET', '/api/schedules')).body.schedules[0].id).toBe(id);
  });

  it.each(['*/5 * * * *', '0 * * * *', '0 9 * * *', '0 9 * * MON-FRI', '0 0 1 * *', '0 0 * * 0', '30 2 15 * *'])(
    'takes the expression %s',
    async (cronExpression) => {
      const answer = await call('POST', '/api/schedules/preview', { cronExpression, timeZone: 'Europe/Zurich' });
      expect([answer.status, answer.body.upcoming.length]).toEqual([200, 5]);
    },
  );

  it.each([
    [{ cronExpression: '61 * * * *' }, '/cronExpression', 'minute'],
    [{ cronExpression: '* * * * FUNDAY' }, '/cronExpression', 'day of the week'],
    [{ cronExpression: '* * * *' }, '/cronExpression', 'fields'],
    [{ cronExpression: '* * * * *', timeZone: 'Mars/Olympus' }, '/timeZone', 'Mars/Olympus'],
    [{ cronExpression: '* * * * *', workflowId: 'a', skillId: 'noop' }, '/skillId', 'workflowId'],
    [{ cronExpression: '* * * * *', skillId: 'countdown', params: { from: 'x' } }, '/params/from', 'integer'],
    [
      { cronExpression: '* * * * *', startAt: '2030-01-02T00:00:00Z', endAt: '2030-01-01T00:00:00Z' },
      '/endAt',
      'startAt',
    ],
    [{ cronExpression: '* * * * *', startAt: '2030-12-31T23:59:60Z' }, '/startAt', 'leap second'],
  ])('is refused when %j is asked for, with the field %s and why', async (body, path, why) => {
    const answer = await call('POST', '/api/schedules', body);
    expect([answer.status, answer.body.problems?.[0]?.path]).toEqual([400, path]);
    expect(JSON.stringify(answer.body)).toContain(why);
  });

  it('that is paused fires nothing, says so, and records what it left out when it goes on', async () => {
    const id = await create({ cronExpression: everySecond });
    await fired(id, (all) => all.length > 0);
    const paused = await call('POST', `/api/schedules/${id}/pause`, { note: 'maintenance' });
    expect(paused.body).toMatchObject({ status: 'paused', paused: { reason: 'user', note: 'maintenance' } });
    const before = await firingsOf(id);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(await firingsOf(id)).toHaveLength(before.length);
    await call('POST', `/api/schedules/${id}/resume`);
    const after = await fired(id, (all) => all.length >= before.length + 2);
    await call('DELETE', `/api/schedules/${id}`);
    expect(after.find(({ outcome }) => outcome === 'skipped')).toMatchObject({ reason: 'paused' });
  });

  it('that is changed while it is paused still records every time of the pause', async () => {
    const id = await create({ cronExpression: everySecond });
    await fired(id, (all) => all.length > 0);
    await call('POST', `/api/schedules/${id}/pause`);
    for (let i = 0; i < 2; i++) {
      const nextMs = Date.now() + 1200;
      await until('a time has come', () => Date.now() > nextMs);
      await call('PATCH', `/api/schedules/${id}`, { description: String(i) });
    }
    const resumedMs = Date.now();
    await call('POST', `/api/schedules/${id}/resume`);
    const all = await fired(id, ([newest]) => Date.parse(newest?.scheduledFor ?? '') > resumedMs);
    await call('DELETE', `/api/schedules/${id}`);
    const times = all.flatMap(({ scheduledFor, until: last = scheduledFor }) => {
      const [fromMs, untilMs] = [Date.parse(scheduledFor), Date.parse(last)];
      return Array.from({ length: (untilMs - fromMs) / 1000 + 1 }, (_, i) => fromMs + i * 1000);
    });
    expect(times).toHaveLength((Math.max(...times) - Math.min(...times)) / 1000 + 1);
  });

  it('keeps what each of several changes at once asks for', async () => {
    const id = await create({ cronExpression: never });
    const changes = [{ description: 'changed' }, { jitterMs: 5 }, { maxRuns: 7 }, { timeZone: 'Asia/Tokyo' }];
    await Promise.all(changes.map((change) => call('PATCH', `/api/schedules/${id}`, change)));
    expect((await call('GET', `/api/schedules/${id}`)).body).toMatchObject(Object.assign({}, ...changes) as object);
  });

  it('gives each of several runs by hand at once an execution of its own', async () => {
    const id = await create({ cronExpression: never, skillId: 'noop' });
    const asked = await Promise.all(Array.from({ length: 20 }, () => call('POST', `/api/schedules/${id}/trigger`)));
    expect(new Set(asked.map(({ body }) => body.executionId as string)).size).toBe(20);
  });

  it('goes on by itself after a pause until a time', async () => {
    const id = await create({ cronExpression: everySecond });
    const untilMs = new Date(Date.now() + 300).toISOString();
    await call('POST', `/api/schedules/${id}/pause`, { until: untilMs });
    await until('it goes on', async () => {
      const { body } = await call('GET', `/api/schedules/${id}`);
      return body.status === 'active' ? body : null;
    });
    await call('DELETE', `/api/schedules/${id}`);
  });

  it('pauses itself when its runs fail in a row', async () => {
    const id = await create({ cronExpression: everySecond, skillId: 'throws-final', pauseAfterFailures: 1 });
    const body = await until('it pauses', async () => {
      const answer = await call('GET', `/api/schedules/${id}`);
      return answer.body.status === 'paused' ? answer.body : null;
    });
    expect(body.paused).toMatchObject({ reason: 'failures', note: '1 run in a row ended badly.' });
  });

  it('stops after its number of runs', async () => {
    const id = await create({ cronExpression: everySecond, maxRuns: 1 });
    await fired(id, (all) => all.length === 1);
    const { body } = await call('GET', `/api/schedules/${id}`);
    expect([body.nextRunAt, body.executionCount]).toEqual([null, 1]);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(await firingsOf(id)).toHaveLength(1);
  });

  it('skips what would overlap, or puts the new run in the place of the old one', async () => {
    const slow = { skillId: 'hangs-async', cronExpression: everySecond };
    const skips = await create(slow);
    const terminates = await create({ ...slow, overlap: 'terminateOther' });
    const cancels = await create({
      skillId: 'countdown',
      params: { from: 100, intervalMs: 1000 },
      cronExpression: everySecond,
      overlap: 'cancelOther',
    });
    const skipped = await fired(skips, (all) => all.some(({ outcome }) => outcome === 'skipped'));
    expect(skipped.find(({ outcome }) => outcome === 'skipped')).toMatchObject({
      reason: 'overlap',
      executionId: skipped.find(({ outcome }) => outcome === 'fired')!.executionId,
    });
    for (const id of [terminates, cancels]) {
      const firings = await fired(id, (all) => all.filter(({ outcome }) => outcome === 'fired').length >= 2);
      const first = firings.findLast(({ outcome }) => outcome === 'fired')!;
      await until('the run before is out of the way', async () => {
        return (await executionOf(first.executionId!)).status === 'cancelled';
      });
    }
    for (const id of [skips, terminates, cancels]) {
      await call('DELETE', `/api/schedules/${id}`);
      for (const { executionId } of await firingsOfDeleted(id))
        await call('POST', `/api/executions/${executionId}/cancel`);
    }
  });

  async function firingsOfDeleted(id: string): Promise<readonly { executionId: string }[]> {
    const { body } = await server.call('GET', `/api/events?stream=${id}&limit=500`, { token: server.adminKey });
    return (body as readonly { type: string; data: { execution: string } }[])
      .filter(({ type }) => type.includes('ScheduleFired'))
      .map(({ data }) => ({ executionId: data.execution }));
  }

  it('says why nothing runs where its skill is not there, or its parameters do not fit any more', async () => {
    const id = await create({ cronExpression: everySecond, skillId: 'not-there-yet' });
    const firings = await fired(id, (all) => all.length > 0);
    await call('DELETE', `/api/schedules/${id}`);
    expect(firings[0]).toMatchObject({ outcome: 'skipped', reason: 'targetMissing', executionId: null });
  });

  it('can be run by hand, also while it is paused, and shows who asked', async () => {
    const id = await create({ cronExpression: never, skillId: 'noop' });
    await call('POST', `/api/schedules/${id}/pause`);
    const { status, body } = await call('POST', `/api/schedules/${id}/trigger`);
    expect(status).toBe(202);
    const run = await until('its end', async () => {
      const execution = await executionOf(body.executionId as string);
      return execution.status === 'completed' ? execution : null;
    });
    expect(run.cause.kind).toBe('schedule');
    expect(await firingsOf(id)).toMatchObject([{ trigger: 'manual', executionId: body.executionId }]);
  });

  it('runs past times, marked as such, and none of them twice', async () => {
    const id = await create({ cronExpression: '0 * * * *', skillId: 'noop', overlap: 'allowAll' });
    const hour = 3_600_000;
    const last = Math.floor(Date.now() / hour) * hour;
    const range = { from: new Date(last - 4 * hour).toISOString(), until: new Date(last).toISOString() };
    const { status, body } = await call('POST', `/api/schedules/${id}/backfill`, range);
    expect(status).toBe(202);
    const firings = await fired(id, (all) => all.length === 5);
    expect(firings.every((firing) => firing.trigger === 'backfill' && firing.backfillId === body.backfillId)).toBe(
      true,
    );
    await call('POST', `/api/schedules/${id}/backfill`, range);
    const again = await fired(id, (all) => all.length === 10);
    expect(again.filter(({ reason }) => reason === 'alreadyFired')).toHaveLength(5);
    const refused = await call('POST', `/api/schedules/${id}/backfill`, { ...range, until: '2999-01-01T00:00:00Z' });
    expect([refused.status, refused.body.problems[0].path]).toEqual([400, '/until']);
  });

  it('that names nothing to run is made, and says that it runs nothing', async () => {
    const body = { cronExpression: '*/5 * * * *', description: 'Test every 5 minutes', params: {} };
    const made = await call('POST', '/api/schedules', body);
    expect(made.body).toMatchObject({ ...body, workflowId: null, skillId: null });
    expect(made.body.warnings).toEqual([expect.stringContaining('runs nothing')]);
    const named = await call('PATCH', `/api/schedules/${String(made.body.id)}`, { skillId: 'noop' });
    expect(named.body.warnings).toEqual([]);
  });

  it('can be changed: what is left out stays', async () => {
    const id = await create({ cronExpression: never, skillId: 'noop', description: 'one', timeZone: 'Asia/Tokyo' });
    const { body } = await call('PATCH', `/api/schedules/${id}`, { cronExpression: '0 0 1 1 *', maxRuns: 3 });
    expect(body).toMatchObject({
      cronExpression: '0 0 1 1 *',
      description: 'one',
      timeZone: 'Asia/Tokyo',
      maxRuns: 3,
      skillId: 'noop',
    });
    expect(new Date(body.nextRunAt as string).getUTCHours()).toBe(15);
    await call('DELETE', `/api/schedules/${id}`);
    expect((await call('GET', `/api/schedules/${id}`)).body.code).toBe('SCHEDULE_NOT_FOUND');
  });

  it('keeps secret parameters in the vault, and gives them to its runs', async () => {
    const secret = 'parameter-that-is-secret';
    const id = await create({
      cronExpression: never,
      skillId: 'takes-secret',
      params: { apiToken: secret, visible: 'x' },
    });
    const shown = await Promise.all([
      call('GET', `/api/schedules/${id}`),
      call('GET', '/api/schedules'),
      server.call('GET', `/api/events?stream=${id}`, { token: server.adminKey }),
    ]);
    expect(JSON.stringify(shown.map(({ body }) => body))).not.toContain(secret);
    expect(shown[0].body.hasSecretParams).toBe(true);
    const { body } = await call('POST', `/api/schedules/${id}/trigger`);
    const run = await until('its end', async () => {
      const execution = await executionOf(body.executionId as string);
      return execution.status === 'completed' ? execution : null;
    });
    expect(run.error ?? null).toBeNull();
  });

  it("is its owner's alone, and the same one when its creation is repeated under a key", async () => {
    const headers = { 'idempotency-key': 'one' };
    const body = { cronExpression: never };
    const first = await server.call('POST', '/api/schedules', { token, body, headers });
    const second = await server.call('POST', '/api/schedules', { token, body, headers });
    expect(second.body.id).toBe(first.body.id);
    const other = await server.call('POST', '/api/schedules', { token, body: { ...body, maxRuns: 1 }, headers });
    expect(other.body.code).toBe('IDEMPOTENCY_KEY_REUSED');
    const { token: stranger } = await server.newUser();
    for (const [method, path] of [
      ['GET', ''],
      ['DELETE', ''],
      ['POST', '/pause'],
      ['POST', '/trigger'],
      ['GET', '/executions'],
    ] as const) {
      const url = `/api/schedules/${first.body.id as string}${path}`;
      const answer = await server.call(method, url, { token: stranger });
      expect([method, path, answer.status, answer.body.code]).toEqual([method, path, 404, 'SCHEDULE_NOT_FOUND']);
    }
  });

  it('keeps the secret input of a workflow in the vault too, and is refused what the workflow does not take', async () => {
    const secret = 'input-that-is-secret';
    await call('POST', '/api/workflows', {
      name: 'secretive',
      input: { key: { type: 'string', secret: true, required: true } },
      steps: { uses: { skill: 'takes-secret', params: { apiToken: { $from: '/input/key' } } } },
    });
    const wrong = await call('POST', '/api/schedules', { cronExpression: never, workflowId: 'secretive', params: {} });
    expect([wrong.status, wrong.body.problems[0].path]).toEqual([400, '/params/key']);
    const id = await create({ cronExpression: never, workflowId: 'secretive', params: { key: secret } });
    const { body } = await call('POST', `/api/schedules/${id}/trigger`);
    const run = await until('its end', async () => {
      const execution = await executionOf(body.executionId as string);
      return execution.endedAt === null ? null : execution;
    });
    expect(run).toMatchObject({ status: 'completed', result: { uses: { secretLength: secret.length } } });
    const shown = await Promise.all([
      call('GET', `/api/schedules/${id}`),
      server.call('GET', '/api/events?limit=500', { token: server.adminKey }),
    ]);
    expect(JSON.stringify(shown.map((answer) => answer.body as unknown))).not.toContain(secret);
  });

  it('goes with its user', async () => {
    const gone = await server.newUser();
    const made = await server.call('POST', '/api/schedules', {
      token: gone.token,
      body: { cronExpression: everySecond, skillId: 'noop' },
    });
    const id = made.body.id as string;
    await server.call('DELETE', '/api/auth/me', { token: gone.token, body: { password: 'a long enough phrase' } });
    await until('it is deleted', async () => {
      const { body } = await server.call('GET', `/api/events?stream=${id}`, { token: server.adminKey });
      return (body as { type: string }[]).some(({ type }) => type.includes('ScheduleDeleted'));
    });
  });

  it('can be made and followed by the program that ihuman is embedded in', async () => {
    const { schedulerManager } = server.platform;
    const made = await schedulerManager.createSchedule('workflow-1', '0 9 * * *', 'Daily', { a: 1 });
    const id = made.id as string;
    expect(made).toMatchObject({ workflowId: 'workflow-1', cronExpression: '0 9 * * *', description: 'Daily' });
    expect(await schedulerManager.pauseSchedule(id)).toMatchObject({ status: 'paused' });
    expect(await schedulerManager.resumeSchedule(id)).toMatchObject({ status: 'active' });
    const stats = schedulerManager.getStats();
    expect(Object.keys(stats)).toEqual(['totalSchedules', 'totalExecutions', 'schedules']);
    expect(stats.schedules.some((schedule) => schedule.id === id)).toBe(true);
    await expect(schedulerManager.createSchedule('w', 'not cron')).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
    for (const [options, path] of [
      [{ overlap: 'maybe' }, '/overlap'],
      [{ maxRuns: 'x' }, '/maxRuns'],
      [{ startAtMs: Number.NaN }, '/startAtMs'],
    ] as const)
      await expect(schedulerManager.createSchedule('w', never, '', {}, options as object)).rejects.toMatchObject({
        ...{ code: 'VALIDATION_FAILED', problems: [{ path }] },
      });
    await expect(schedulerManager.pauseSchedule(id, '', new Date(Number.NaN))).rejects.toMatchObject({
      ...{ code: 'VALIDATION_FAILED', problems: [{ path: '/untilMs' }] },
    });
  });
});

describe('a server that starts again', () => {
  it('settles what came while it was down, and fires nothing twice', async () => {
    const dataDir = tempDir();
    let own = await TestServer.start(dataDir, flags);
    const { token: mine } = await own.newUser();
    const made = await own.call('POST', '/api/schedules', {
      token: mine,
      body: { cronExpression: everySecond, skillId: 'noop', overlap: 'allowAll' },
    });
    const id = made.body.id as string;
    const listed = async () =>
      (await own.call('GET', `/api/schedules/${id}/executions?limit=500`, { token: mine })).body
        .executions as readonly Firing[];
    await until('it fires', async () => (await listed()).length > 0);
    await own.stop();
    await new Promise((resolve) => setTimeout(resolve, 2500));
    own = await TestServer.start(dataDir, flags);
    const before = (await listed()).length;
    await until('it goes on', async () => (await listed()).length >= before + 1);
    const times = (await listed()).map(({ scheduledFor }) => Date.parse(scheduledFor)).toSorted((a, b) => a - b);
    await own.stop();
    expect(new Set(times).size).toBe(times.length);
    expect(times.at(-1)! - times[0]!).toBe((times.length - 1) * 1000);
  });
});
