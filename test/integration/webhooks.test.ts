import { createHmac, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';

import { Webhook as StandardWebhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Answer, TestServer } from '../support/platform.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';
import { type Received, WebhookSink } from '../support/webhook-sink.ts';

const root = join(import.meta.dirname, '../..');
const flags = [
  '--egress-allow=127.0.0.0/8',
  '--runner=inline',
  `--skills=${join(root, 'test/fixtures/skills')},${join(root, 'skills')}`,
];
let server: TestServer;
let sink: WebhookSink;
let token: string;
let paths = 0;

beforeAll(async () => {
  sink = await WebhookSink.open();
  server = await TestServer.start(tempDir(), flags);
  ({ token } = await server.newUser());
});
afterAll(async () => {
  await server.stop();
  await sink.close();
});

const call = (method: string, path: string, body?: unknown): Promise<Answer> =>
  server.call(method, path, { token, ...(body !== undefined && { body }) });
const newPath = (): string => `/hook-${String(++paths)}`;

/** Makes a webhook that goes to a path of its own; short waits unless it says otherwise. */
async function newWebhook(body: Record<string, unknown> = {}): Promise<{ id: string; path: string; secret: string }> {
  const path = newPath();
  const wanted = { eventType: 'test.*', url: sink.url + path, retryDelaysMs: [5, 10, 15], ...body };
  const answer = await call('POST', '/api/webhooks', wanted);
  expect([answer.status, answer.body.code]).toEqual([201, undefined]);
  return { id: answer.body.id as string, path, secret: (body.secret ?? answer.body.secret) as string };
}

const emit = (event: string, data: object = {}, key?: string): Promise<Answer> =>
  call('POST', '/api/events', { event, data, ...(key !== undefined && { key }) });
const arrived = (path: string, count = 1): Promise<readonly Received[]> =>
  until(`${String(count)} at ${path}`, () => (sink.at(path).length >= count ? sink.at(path) : null));
const deliveriesOf = async (id: string) => (await call('GET', `/api/webhooks/${id}/deliveries`)).body.deliveries;
const settled = (id: string, count = 1) =>
  until(`${String(count)} deliveries of ${id} have ended`, async () => {
    const deliveries = await deliveriesOf(id);
    const isOver = deliveries.every(({ status }: { status: string }) => status !== 'pending');
    return deliveries.length >= count && isOver ? deliveries : null;
  });

describe('a webhook', () => {
  it('gets the payload of the feature list for an execution that completes, and nothing that it did not ask for', async () => {
    const { id, path } = await newWebhook({ eventType: 'execution.completed', secret: 'webhook-secret-key' });
    const run = await call('POST', '/api/skills/noop/execute', {});
    const [delivery] = await arrived(path);
    expect(delivery?.body).toEqual({
      event: 'execution.completed',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
      data: {
        executionId: run.body.executionId,
        skillId: 'noop',
        status: 'completed',
        result: null,
        durationMs: expect.any(Number) as number,
        attempt: 1,
      },
      userId: expect.stringMatching(/^user_/) as string,
      webhookId: id,
    });
    await settled(id);
    expect(sink.at(path)).toHaveLength(1);
  });

  it("is signed so that the feature list's function accepts the parsed body, and an independent library the raw one", async () => {
    for (const secret of ['webhook-secret-key', undefined]) {
      const hook = await newWebhook({ ...(secret !== undefined && { secret }) });
      await emit('test.signed', { 10: 'ten', 2: 'two', text: 'grüße \u2028', nested: [1.5, { b: null }] });
      const [delivery] = await arrived(hook.path);
      const { headers, text, body } = delivery as Received;
      const computed = createHmac('sha256', hook.secret).update(JSON.stringify(body)).digest('hex');
      expect(timingSafeEqual(Buffer.from(String(headers['x-webhook-signature'])), Buffer.from(computed))).toBe(true);
      const library =
        secret === undefined ? new StandardWebhook(hook.secret) : new StandardWebhook(secret, { format: 'raw' });
      expect(library.verify(text, headers as Record<string, string>)).toEqual(body);
      expect(() => library.verify(`${text} `, headers as Record<string, string>)).toThrow();
    }
  });

  it('is tried three more times, under the same id, and given up then', async () => {
    const { id, path } = await newWebhook();
    sink.answer(500);
    await emit('test.fails');
    const [delivery] = await settled(id);
    sink.answer(200);
    const attempts = sink.at(path);
    expect(attempts).toHaveLength(4);
    expect(new Set(attempts.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(delivery).toMatchObject({ status: 'failed', attemptCount: 4, statusCode: 500, errorCode: 'http_error' });
    expect(delivery.attempts.map(({ attempt }: { attempt: number }) => attempt)).toEqual([1, 2, 3, 4]);
    expect(delivery.attempts[0]).toMatchObject({
      statusCode: 500,
      response: { excerpt: 'answer', truncated: false },
      nextAttemptAt: expect.any(String) as string,
    });
  });

  it('waits 1 s, 5 s and 15 s between attempts, unless it is set to something else', async () => {
    const answer = await call('POST', '/api/webhooks', { eventType: 'nothing', url: `${sink.url}/default` });
    expect(answer.body).toMatchObject({ retryDelaysMs: [1000, 5000, 15_000], jitter: 0 });
    const { id } = await newWebhook({
      retryDelaysMs: undefined,
      retry: { attempts: 3, initialDelayMs: 7, factor: 3, maxDelayMs: 50 },
    });
    sink.answer(500);
    await emit('test.backoff');
    const [delivery] = await settled(id);
    sink.answer(200);
    const waits = delivery.attempts
      .slice(0, 3)
      .map((attempt: { at: string; durationMs: number; nextAttemptAt: string }) => {
        return Date.parse(attempt.nextAttemptAt) - Date.parse(attempt.at) - attempt.durationMs;
      });
    expect(waits).toEqual([7, 21, 50]);
  });

  it('is delivered when a later attempt succeeds; the stats count deliveries, not attempts', async () => {
    const { id, path } = await newWebhook();
    sink.reply = (_, response) => response.writeHead(sink.at(path).length < 3 ? 503 : 204).end();
    await emit('test.recovers');
    const [delivery] = await settled(id);
    sink.answer(200);
    expect(delivery).toMatchObject({ status: 'delivered', attemptCount: 3, statusCode: 204 });
    const shown = await call('GET', `/api/webhooks/${id}`);
    expect(shown.body.stats).toEqual({ total: 1, delivered: 1, pending: 0, failed: 0, successRate: '100.00%' });
  });

  it('sees its own headers, whose values and whose secret nobody sees again', async () => {
    const customHeaders = { 'X-Custom': 'value-that-is-secret', Authorization: 'Bearer abcdef' };
    const { id, path } = await newWebhook({ customHeaders, secret: 'a-secret-of-mine' });
    sink.reply = (request, response) => response.end(`you sent ${String(request.headers['x-custom'])}`);
    await emit('test.headers');
    const [delivery] = await arrived(path);
    await settled(id);
    sink.answer(200);
    expect(delivery?.headers).toMatchObject({ 'x-custom': 'value-that-is-secret', authorization: 'Bearer abcdef' });
    const shown = await Promise.all([
      call('GET', `/api/webhooks/${id}`),
      call('GET', '/api/webhooks'),
      call('GET', `/api/webhooks/${id}/deliveries`),
      server.call('GET', '/api/events?limit=500', { token: server.adminKey }),
    ]);
    const told = JSON.stringify(shown.map(({ body }) => body)) + server.serverLog.join('');
    expect(told).toContain('X-Custom');
    for (const secret of ['value-that-is-secret', 'Bearer abcdef', 'a-secret-of-mine'])
      expect(told).not.toContain(secret);
  });

  it('is signed under its old secret too while a new one is brought in', async () => {
    const { id, path, secret } = await newWebhook();
    const rotated = await call('POST', `/api/webhooks/${id}/rotate-secret`);
    expect(rotated.body.secret).toMatch(/^whsec_/);
    await emit('test.rotated');
    const [delivery] = await arrived(path);
    for (const known of [secret, rotated.body.secret as string]) {
      const verify = () =>
        new StandardWebhook(known).verify(delivery?.text ?? '', delivery?.headers as Record<string, string>);
      expect(verify).not.toThrow();
    }
    await call('POST', `/api/webhooks/${id}/rotate-secret`, { secret: 'brand new', overlapMs: 0 });
    await emit('test.rotated');
    const [, second] = await arrived(path, 2);
    expect(String(second?.headers['webhook-signature']).split(' ')).toHaveLength(1);
  });

  it('keeps what each of several changes at once asks for', async () => {
    const { id, secret } = await newWebhook();
    const changes = [
      { description: 'changed' },
      { concurrency: 3 },
      { ratePerSecond: 9 },
      { customHeaders: { x: '1' } },
    ];
    const answers = await Promise.all([
      ...changes.map((change) => call('PATCH', `/api/webhooks/${id}`, change)),
      call('POST', `/api/webhooks/${id}/rotate-secret`, { secret: `${secret.slice(0, -4)}AAA=` }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect((await call('GET', `/api/webhooks/${id}`)).body).toMatchObject({
      ...{ description: 'changed', concurrency: 3, ratePerSecond: 9, customHeaders: { x: '***' } },
    });
  });

  it('hears of what its pattern and its skills let through', async () => {
    const all = await newWebhook({ eventType: 'execution.*', skills: ['noop'] });
    await call('POST', '/api/skills/echo/execute', { params: { message: 'x' } });
    const run = await call('POST', '/api/skills/noop/execute', {});
    expect(run.status).toBe(202);
    const heard = await arrived(all.path, 3);
    await settled(all.id, 3);
    expect(heard.map(({ body }) => body.event).sort()).toEqual([
      'execution.completed',
      'execution.requested',
      'execution.started',
    ]);
  });

  it('gets all of a burst, each event once, however much more that is than is kept in memory', async () => {
    const { id, path } = await newWebhook({ concurrency: 32 });
    const events = 700;
    let left = events;
    const worker = async (): Promise<void> => {
      while (left-- > 0) await emit('test.burst', { left });
    };
    await Promise.all(Array.from({ length: 32 }, worker));
    await until('all of them are delivered', async () => {
      const { body } = await call('GET', `/api/webhooks/${id}/deliveries?status=delivered&limit=1`);
      return body.total === events;
    });
    expect(new Set(sink.at(path).map(({ headers }) => headers['webhook-id'])).size).toBe(events);
    expect(sink.at(path)).toHaveLength(events);
  });

  it('hears of what only the read models know whose it is', async () => {
    const { path } = await newWebhook({ eventType: 'schedule.fired' });
    const schedule = await call('POST', '/api/schedules', { cronExpression: '0 0 29 2 *', skillId: 'noop' });
    const scheduleId = schedule.body.id as string;
    expect((await call('POST', `/api/schedules/${scheduleId}/trigger`)).status).toBe(202);
    const [delivery] = await arrived(path);
    expect(delivery?.body).toMatchObject({ event: 'schedule.fired', data: { scheduleId, trigger: 'manual' } });
  });

  it('that is disabled gets nothing until it is enabled, and then what it missed, or not', async () => {
    for (const backlog of ['deliver', 'skip']) {
      const { id, path } = await newWebhook();
      await call('POST', `/api/webhooks/${id}/disable`, { note: 'maintenance' });
      await emit('test.missed', { n: 1 });
      expect(await deliveriesOf(id)).toEqual([]);
      await call('POST', `/api/webhooks/${id}/enable`, { backlog });
      await emit('test.after', { n: 2 });
      const expected = backlog === 'deliver' ? [1, 2] : [2];
      const heard = await arrived(path, expected.length);
      await settled(id, expected.length);
      expect(heard.map(({ body }) => body.data.n).sort()).toEqual(expected);
    }
  });

  it('that answers 410 is disabled, and other webhooks hear of it', async () => {
    const watcher = await newWebhook({ eventType: 'webhook.disabled' });
    const { id, path } = await newWebhook();
    sink.reply = (request, response) => response.writeHead(request.path === path ? 410 : 200).end();
    await emit('test.gone');
    const [told] = await arrived(watcher.path);
    sink.answer(200);
    expect(told?.body.data).toMatchObject({ webhookId: id, reason: 'gone' });
    expect((await call('GET', `/api/webhooks/${id}`)).body).toMatchObject({
      status: 'disabled',
      disabled: { reason: 'gone' },
    });
    expect(sink.at(path)).toHaveLength(1);
  });

  it('that is answered with a redirect says where to, and is not sent there', async () => {
    const { id, path } = await newWebhook({ retryDelaysMs: [] });
    sink.answer(301, { location: `${sink.url}/elsewhere` });
    await emit('test.moved');
    const [delivery] = await settled(id);
    sink.answer(200);
    expect(delivery.attempts).toMatchObject([
      {
        ...{ statusCode: 301, errorCode: 'redirect' },
        message: `Answered 301 to ${sink.url}/elsewhere; redirects are not followed.`,
      },
    ]);
    expect([sink.at(path).length, sink.at('/elsewhere').length]).toEqual([1, 0]);
  });

  it('that is deleted has its waiting deliveries skipped, and said to be', async () => {
    const { id, path } = await newWebhook({ retryDelaysMs: [3_600_000] });
    sink.answer(500);
    await emit('test.waits');
    await arrived(path);
    const [waiting] = await until('it waits', async () => {
      const deliveries = await deliveriesOf(id);
      return deliveries[0]?.nextAttemptAt !== null && deliveries[0]?.attemptCount === 1 ? deliveries : null;
    });
    sink.answer(200);
    expect((await call('DELETE', `/api/webhooks/${id}`)).status).toBe(200);
    expect((await call('GET', `/api/webhooks/${id}`)).body.code).toBe('WEBHOOK_NOT_FOUND');
    await until('it is skipped', async () => {
      const feed = await server.call('GET', `/api/events?stream=${waiting.id as string}`, { token: server.adminKey });
      return feed.body.some(({ type }: { type: string }) => type.startsWith('ihuman.DeliverySkipped'));
    });
  });

  it('goes with its user, and its waiting deliveries say so', async () => {
    const user = await server.newUser();
    const path = newPath();
    sink.reply = (request, response) => response.writeHead(request.path === path ? 500 : 200).end();
    const asUser = (method: string, at: string, body?: object) =>
      server.call(method, at, { token: user.token, ...(body && { body }) });
    const wanted = { eventType: 'test.*', url: sink.url + path, retryDelaysMs: [3_600_000] };
    const hook = (await asUser('POST', '/api/webhooks', wanted)).body.id as string;
    await asUser('POST', '/api/events', { event: 'test.waits' });
    await arrived(path);
    await asUser('DELETE', '/api/auth/me');
    await until('it is skipped', async () => {
      const { body } = await server.call('GET', '/api/events?limit=500&types=DeliverySkipped', {
        token: server.adminKey,
      });
      const all = body as readonly { data: { webhook: string; reason: string } }[];
      return all.some(({ data }) => data.webhook === hook && data.reason === 'userErased');
    });
    sink.answer(200);
  });

  it('can be tried with a test event, and a delivery by hand, once each', async () => {
    const { id, path } = await newWebhook({ eventType: 'never.heard' });
    sink.answer(500);
    expect((await call('POST', `/api/webhooks/${id}/test`)).status).toBe(202);
    const [delivery] = await settled(id);
    expect(sink.at(path)).toHaveLength(1);
    sink.answer(200);
    const again = await call('POST', `/api/webhooks/${id}/deliveries/${delivery.id as string}/retry`);
    expect(again.status).toBe(202);
    const [after] = await until('it is delivered', async () => {
      const deliveries = await deliveriesOf(id);
      return deliveries[0]?.status === 'delivered' ? deliveries : null;
    });
    expect(after).toMatchObject({ attemptCount: 2, trigger: 'manual' });
    expect(sink.at(path).map(({ headers }) => headers['webhook-id'])).toEqual([delivery.id, delivery.id]);
  });

  it('can be given past events: those that it never took, or all of them', async () => {
    const before = await emit('past.one', { n: 1 });
    await emit('past.two', { n: 2 });
    const { id, path } = await newWebhook({ eventType: 'past.*' });
    await emit('past.three', { n: 3 });
    await arrived(path);
    await settled(id);
    const replay = await call('POST', `/api/webhooks/${id}/replays`, { scope: 'missing' });
    expect(replay.status).toBe(202);
    const heard = await arrived(path, 3);
    expect(heard.map(({ body }) => body.data.n).sort()).toEqual([1, 2, 3]);
    const [shown] = await until('the replay is over', async () => {
      const { replays } = (await call('GET', `/api/webhooks/${id}/replays`)).body;
      return replays[0].status === 'completed' ? replays : null;
    });
    expect(shown).toMatchObject({ requested: 2, progress: 100 });
    await settled(id, 3);
    await call('POST', `/api/webhooks/${id}/replays`, { scope: 'all', since: before.body.position });
    const again = await arrived(path, 5);
    expect(
      again
        .slice(3)
        .map(({ body }) => body.data.n)
        .sort(),
    ).toEqual([2, 3]);
    const preview = await call('POST', '/api/webhooks/preview', { eventTypes: ['past.t*'] });
    expect(preview.body.events.map(({ data }: { data: { data: { n: number } } }) => data.data.n)).toEqual([2, 3]);
  });

  it('that wants strict order gets an event only when the one before has been taken or given up', async () => {
    const { id, path } = await newWebhook({ ordering: 'key', retryDelaysMs: [20, 20] });
    sink.reply = ({ body }, response) => {
      const first =
        body.data.n === 1 &&
        sink.at(path).filter(({ body: seen }) => seen.data.n === 1 && seen.data.k === 'a').length <= 2;
      response.writeHead(first && body.data.k === 'a' ? 500 : 200).end();
    };
    for (const n of [1, 2, 3]) for (const k of ['a', 'b']) await emit('test.ordered', { n, k }, k);
    await settled(id, 6);
    sink.answer(200);
    const seen = (k: string) =>
      sink
        .at(path)
        .filter(({ body }) => body.data.k === k)
        .map(({ body }) => body.data.n);
    expect(seen('a')).toEqual([1, 1, 1, 2, 3]);
    expect(seen('b')).toEqual([1, 2, 3]);
  });

  it('that keeps the order of each key delivers the others while one fails, however many of that one wait', async () => {
    const { id, path } = await newWebhook({ ordering: 'key', retryDelaysMs: [3_600_000] });
    sink.reply = ({ body }, response) => response.writeHead(body.data.k === 'bad' ? 500 : 200).end();
    await Promise.all(Array.from({ length: 300 }, (_, n) => emit('test.blocked', { k: 'bad', n }, 'bad')));
    for (const n of [1, 2, 3]) await emit('test.blocked', { k: 'good', n }, 'good');
    const seen = await arrived(path, 4);
    expect(seen.map(({ body }) => body.data.k)).toEqual(['bad', 'good', 'good', 'good']);
    sink.answer(200);
    await call('POST', `/api/webhooks/${id}/disable`);
    await call('POST', `/api/webhooks/${id}/enable`, { backlog: 'skip' });
    await until('the rest is skipped', async () => {
      const { body } = await call('GET', `/api/webhooks/${id}`);
      return body.stats.pending === 0 && body.stats.failed === 300 && body.stats.delivered === 3;
    });
  });

  it('that keeps the order of each key keeps it over a long list, with failures in between', async () => {
    const { id, path } = await newWebhook({ ordering: 'key', retryDelaysMs: [1, 1] });
    sink.reply = ({ headers, body }, response) => {
      const fails = body.data.n % 7 === 0 && headers['x-ihuman-attempt'] === '1';
      response.writeHead(fails ? 503 : 200).end();
    };
    const keys = ['a', 'b', 'c'];
    for (let n = 0; n < 200; n++) await Promise.all(keys.map((k) => emit('test.long', { k, n }, k)));
    await until('all have ended', async () => {
      const { body } = await call('GET', `/api/webhooks/${id}`);
      return body.stats.delivered === 600 ? body : null;
    });
    sink.answer(200);
    for (const key of keys) {
      const order = sink.at(path).flatMap(({ body }) => (body.data.k === key ? [body.data.n as number] : []));
      expect(order).toEqual([...order].sort((x, y) => x - y));
    }
  });

  it('is refused with all that is wrong with it', async () => {
    const answer = await call('POST', '/api/webhooks', {
      eventType: 'execution.complete',
      url: 'http://169.254.169.254/latest/meta-data/',
      secret: 'whsec_not-base64',
      customHeaders: { 'webhook-id': 'x', 'X-Ok': 'bad\r\nvalue' },
    });
    expect([answer.status, answer.body.code]).toEqual([400, 'VALIDATION_FAILED']);
    expect(answer.body.problems.map(({ path }: { path: string }) => path).sort()).toEqual([
      '/customHeaders/X-Ok',
      '/customHeaders/webhook-id',
      '/eventTypes/0',
      '/secret',
      '/url',
    ]);
    expect(answer.body.detail).toContain('Did you mean execution.completed?');
  });

  it("is its owner's alone", async () => {
    const { id } = await newWebhook();
    const { token: other } = await server.newUser();
    const requests = [
      ['GET', `/api/webhooks/${id}`],
      ['PATCH', `/api/webhooks/${id}`],
      ['DELETE', `/api/webhooks/${id}`],
      ['GET', `/api/webhooks/${id}/deliveries`],
      ['POST', `/api/webhooks/${id}/test`],
    ] as const;
    for (const [method, path] of requests) {
      const answer = await server.call(method, path, { token: other, ...(method === 'PATCH' && { body: {} }) });
      expect([method, path, answer.status, answer.body.code]).toEqual([method, path, 404, 'WEBHOOK_NOT_FOUND']);
    }
    expect((await server.call('GET', '/api/webhooks', { token: other })).body.total).toBe(0);
    const stats = await server.call('GET', '/api/webhooks/stats', { token: other });
    expect(stats.body).toEqual({ total: 0, delivered: 0, pending: 0, failed: 0, successRate: '0.00%' });
  });

  it('is the same one when its creation is repeated under a key', async () => {
    const body = { eventType: 'test.key', url: `${sink.url}/key` };
    const create = (more: object = {}) =>
      server.call('POST', '/api/webhooks', {
        token,
        body: { ...body, ...more },
        headers: { 'idempotency-key': 'one' },
      });
    const [first, second] = [await create(), await create()];
    expect(second.body.id).toBe(first.body.id);
    expect(second.body.secret).toBeUndefined();
    expect((await create({ jitter: 1 })).body.code).toBe('IDEMPOTENCY_KEY_REUSED');
  });

  it('gets an event once that is told of again under its key', async () => {
    const { id, path } = await newWebhook({ eventType: 'told.*' });
    const tell = (event: string, body: object = {}, as = token) =>
      server.call('POST', '/api/events', {
        token: as,
        body: { event, data: { n: 1 }, ...body },
        headers: { 'idempotency-key': 'told-1' },
      });
    const all = await Promise.all(Array.from({ length: 5 }, () => tell('told.once')));
    expect(all.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202]);
    expect(new Set(all.map(({ body }) => JSON.stringify([body.eventId, body.position]))).size).toBe(1);
    for (const other of [{ data: { n: 2 } }, { event: 'told.other' }, { key: 'k' }])
      expect((await tell('told.once', other)).body.code).toBe('IDEMPOTENCY_KEY_REUSED');
    const { token: another } = await server.newUser();
    expect((await tell('told.once', {}, another)).body.eventId).not.toBe(all[0]?.body.eventId);
    await arrived(path);
    expect(await settled(id)).toHaveLength(1);
  });

  it('is checked as a request is when the program makes it that ihuman is embedded in', async () => {
    const { webhookManager } = server.platform;
    const { userId } = await server.newUser();
    const make = (options: object, secret: unknown = 's') =>
      webhookManager.createWebhook(userId, 'test.*', `${sink.url}/x`, secret as string, options);
    for (const [options, path] of [
      [{ concurrency: 0 }, '/concurrency'],
      [{ jitter: 2 }, '/jitter'],
      [{ retryDelaysMs: 'soon' }, '/retryDelaysMs'],
      [{ ordering: 'some' }, '/ordering'],
    ] as const)
      await expect(make(options)).rejects.toMatchObject({ code: 'VALIDATION_FAILED', problems: [{ path }] });
    await expect(make({}, 5)).rejects.toMatchObject({ code: 'VALIDATION_FAILED', problems: [{ path: '/secret' }] });
    await expect(webhookManager.getDeliveryHistory('hook_x', -1)).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
  });

  it('can be made and followed by the program that ihuman is embedded in', async () => {
    const { userId, token: own } = await server.newUser();
    const { webhookManager } = server.platform;
    const path = newPath();
    const made = await webhookManager.createWebhook(userId, 'execution.completed', sink.url + path, 'secret');
    const run = await server.call('POST', '/api/skills/noop/execute', { token: own, body: {} });
    await arrived(path);
    await webhookManager.emit('execution.completed', {
      executionId: run.body.executionId as string,
      skillId: 'noop',
      result: 7,
    });
    const heard = await arrived(path, 2);
    expect(heard.map(({ body }) => body.data.result)).toEqual([null, 7]);
    const history = await until('both are recorded', async () => {
      const found = await webhookManager.getDeliveryHistory(made.id, 10, 0);
      return found.filter(({ status }) => status === 'delivered').length === 2 ? found : null;
    });
    expect(history).toHaveLength(2);
    expect(Object.keys(await webhookManager.getStats())).toEqual([
      'total',
      'delivered',
      'pending',
      'failed',
      'successRate',
    ]);
  });
});
