import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import type { AppendRequest, EventLog } from '../../src/event-log/event-log.ts';
import { AppError } from '../../src/kernel/errors.ts';
import { type Answer, TestServer } from '../support/platform.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';
import { WebhookSink } from '../support/webhook-sink.ts';

const flags = [
  '--egress-allow=127.0.0.0/8',
  '--runner=inline',
  `--skills=${join(import.meta.dirname, '../../skills')}`,
];
let server: TestServer;
let sink: WebhookSink;
let log: EventLog;
let token: string;
let paths = 0;

beforeAll(async () => {
  sink = await WebhookSink.open();
  server = await TestServer.start(tempDir(), flags);
  ({ log } = server.platform.services);
  ({ token } = await server.newUser());
});
afterEach(() => {
  Reflect.deleteProperty(log, 'append');
  sink.answer(200);
});
afterAll(async () => {
  await server.stop();
  await sink.close();
});

const call = (method: string, path: string, body?: unknown): Promise<Answer> =>
  server.call(method, path, { token, ...(body !== undefined && { body }) });

/** A webhook for events that nothing else wants. */
async function newWebhook(body: object = {}): Promise<{ id: string; path: string; event: string }> {
  const path = `/outcome-${String(++paths)}`;
  const event = `outcome${String(paths)}.told`;
  const wanted = { eventType: event, url: sink.url + path, retryDelaysMs: [5, 5, 5], ...body };
  const answer = await call('POST', '/api/webhooks', wanted);
  expect([answer.status, answer.body.code]).toEqual([201, undefined]);
  return { id: answer.body.id as string, path, event };
}

async function emit(event: string, count: number, keyOf: (nth: number) => string = () => ''): Promise<void> {
  for (let nth = 0; nth < count; nth++) {
    const key = keyOf(nth);
    await call('POST', '/api/events', { event, data: { nth }, ...(key !== '' && { key }) });
  }
}

const arrived = (path: string, count: number) =>
  until(`${String(count)} at ${path}`, () => sink.at(path).length >= count);
const delivered = (id: string, count: number) =>
  until(`${String(count)} of ${id} are delivered`, async () => {
    const { deliveries } = (await call('GET', `/api/webhooks/${id}/deliveries?limit=200`)).body;
    return deliveries.filter(({ status }: { status: string }) => status === 'delivered').length === count;
  });
const numbersAt = (path: string): readonly number[] => sink.at(path).map(({ body }) => body.data.nth as number);

/** Has a say in every append of an outcome. */
function onOutcome(meet: (request: AppendRequest) => Promise<void>): void {
  const append = log.append.bind(log);
  log.append = async (request) => {
    if (request.events[0]?.type.startsWith('DeliveryAttempt') || request.events[0]?.type === 'DeliverySucceeded')
      await meet(request);
    return append(request);
  };
}

describe('while outcomes are on their way to the log', () => {
  it('the receiver gets the next delivery, one at a time if it takes no more', async () => {
    const { id, path, event } = await newWebhook({ concurrency: 1 });
    const release = Promise.withResolvers<undefined>();
    onOutcome(() => release.promise.then(() => undefined));
    let [open, most] = [0, 0];
    sink.reply = (_, response) => {
      most = Math.max(most, ++open);
      setImmediate(() => {
        open--;
        response.end('ok');
      });
    };
    await emit(event, 10);
    await arrived(path, 10);
    expect(most).toBe(1);
    release.resolve(undefined);
    await delivered(id, 10);
    expect(new Set(numbersAt(path)).size).toBe(10);
    expect(sink.at(path)).toHaveLength(10);
  });

  it.each(['endpoint', 'key'])(
    'order by %s is kept: the next one goes when that before it is recorded',
    async (ordering) => {
      const { id, path, event } = await newWebhook({ concurrency: 4, ordering });
      let recorded = 0;
      const keyOf = (nth: number): string => (ordering === 'key' ? `key-${String(nth % 3)}` : 'one');
      onOutcome(async () => {
        for (let turns = 0; turns < 5; turns++) await new Promise((next) => setImmediate(next));
        recorded++;
      });
      const early: number[] = [];
      sink.reply = ({ body }, response) => {
        const { nth } = body.data as { nth: number };
        const before = Array.from({ length: nth }, (_, i) => i).filter((i) => keyOf(i) === keyOf(nth));
        const seen = numbersAt(path);
        if (before.some((i) => !seen.includes(i)) || (ordering === 'endpoint' && recorded < nth)) early.push(nth);
        response.end('ok');
      };
      await emit(event, 12, keyOf);
      await delivered(id, 12);
      expect(early).toEqual([]);
      expect(sink.at(path)).toHaveLength(12);
    },
  );

  it('an endpoint that fails gets one attempt at a time', async () => {
    const { id, path, event } = await newWebhook({ concurrency: 8, retryDelaysMs: [1, 1, 1, 1, 1, 1, 1, 1] });
    const release = Promise.withResolvers<undefined>();
    sink.answer(500);
    await emit(event, 1);
    await arrived(path, 1);
    onOutcome(() => release.promise.then(() => undefined));
    let [open, most, fails] = [0, 0, true];
    sink.reply = (_, response) => {
      if (fails) most = Math.max(most, ++open);
      setImmediate(() => {
        open--;
        response.writeHead(fails ? 500 : 200).end();
      });
    };
    await emit(event, 10);
    await arrived(path, 8);
    expect(most).toBe(1);
    fails = false;
    release.resolve(undefined);
    await delivered(id, 11);
  });
});

it('INV-9: what was taken is not sent again when its outcome could not be recorded at first', async () => {
  const { id, path, event } = await newWebhook({ concurrency: 4 });
  const refused = new Set<string>();
  onOutcome(({ stream }) => {
    if (refused.has(stream)) return Promise.resolve();
    refused.add(stream);
    return Promise.reject(new AppError('STORAGE_FULL'));
  });
  await emit(event, 5);
  await delivered(id, 5);
  expect(refused.size).toBe(5);
  expect([...numbersAt(path)].sort()).toEqual([0, 1, 2, 3, 4]);
});
