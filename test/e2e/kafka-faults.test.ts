import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { type LocalKafka, startLocalKafka } from '../../infra/kafka/local-kafka.ts';
import type { StoredAppend } from '../../src/event-log/event-log.ts';
import { KafkaLog } from '../../src/event-log/kafka/kafka-log.ts';
import { KafkajsTransport } from '../../src/event-log/kafka/kafkajs-transport.ts';
import { logRules } from '../../src/event-log/kafka/topic.ts';
import { StoreClient } from '../../src/store/store-client.ts';
import { missingLocalKafka } from '../support/kafka.ts';
import { ServerProcess } from '../support/server-process.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';
import { TestSocket } from '../support/web-socket.ts';

const base = tempDir();
const missing = await missingLocalKafka();

/** A request that has no answer by then never gets one; a slow machine may take its time. */
const answerMs = 120_000;
const patienceMs = 400_000;
const outcomeMs = 3000;
const megabyte = 1024 * 1024;

interface Answer {
  readonly status: number;
  readonly code: string | undefined;
  readonly retryAfter: string | null;
  readonly executionId: string | undefined;
}

describe.skipIf(missing !== null)('a node whose broker is away for a while', () => {
  let proxy: TcpProxy;
  let kafka: LocalKafka;
  let server: ServerProcess;
  let token = '';
  const brokers = (): string[] => [`127.0.0.1:${String(proxy.port)}`];
  const flags = (): string[] => [
    '--log=kafka',
    `--kafka-brokers=${brokers().join(',')}`,
    `--kafka-outcome-ms=${String(outcomeMs)}`,
    '--runner-slots=2',
    '--timeout-ms=60000',
  ];
  let keys = 0;

  beforeAll(async () => {
    proxy = await TcpProxy.open();
    kafka = await startLocalKafka({ advertisedPort: proxy.port });
    proxy.targetPort = Number(kafka.brokers[0]?.split(':')[1]);
    server = await ServerProcess.start(join(base, 'node'), flags());
    token = readFileSync(server.adminKeyFile, 'utf8').trim();
  }, patienceMs);
  beforeEach(() => proxy.pass());
  afterAll(async () => {
    proxy.close();
    await kafka.stop();
  });

  const send = (path: string, body?: unknown, key?: string): Promise<Response> =>
    fetch(server.url + path, {
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(answerMs),
    });
  const ask = async (path: string, body?: unknown, key?: string): Promise<Answer> => {
    const response = await send(path, body, key);
    const { code, executionId } = (await response.json()) as { code?: string; executionId?: string };
    return { status: response.status, code, executionId, retryAfter: response.headers.get('retry-after') };
  };
  const json = async <T>(path: string): Promise<T> => (await (await send(path)).json()) as T;
  const run = (key?: string, params: object = { from: 2, intervalMs: 10 }): Promise<Answer> =>
    ask('/api/skills/countdown/execute', { params }, key);
  /** Idempotency keys that nobody has used. */
  const newKeys = (count: number): string[] => Array.from({ length: count }, () => `key-${String(keys++)}`);

  /** Refused for now: nothing else than what the table says of it, and when to come back. */
  function expectLater(answers: readonly Answer[]): void {
    for (const { status, code, retryAfter } of answers) {
      expect(status, code).toBe(503);
      expect(['LOG_UNAVAILABLE', 'BUSY', 'OUTCOME_UNKNOWN']).toContain(code);
      expect(Number(retryAfter)).toBeGreaterThan(0);
    }
  }

  /** Asks under the same key until it is acknowledged, as a client should; returns the execution's id. */
  const insist = async (key: string): Promise<string> => {
    const id = await until(
      `${key} is acknowledged`,
      async () => {
        const answer = await run(key);
        if (answer.status === 503) expectLater([answer]);
        else expect(answer.status).toBeLessThan(300);
        return answer.executionId;
      },
      answerMs,
    );
    return id;
  };
  const allComplete = (ids: readonly string[]): Promise<unknown> =>
    until(
      'all are completed',
      async () => {
        const shown = await Promise.all(ids.map((id) => json<{ status: string }>(`/api/executions/${id}`)));
        return shown.every(({ status }) => status === 'completed');
      },
      answerMs,
    );

  /** What a node that was never there reads from the topic. */
  async function appendsOfFreshNode(): Promise<readonly StoredAppend[]> {
    const { log, store } = await KafkaLog.open({
      transport: new KafkajsTransport({
        brokers: brokers(),
        topic: 'ihuman.main.log',
        rules: logRules,
        clientId: 'test',
      }),
      cell: 'main',
      openStore: (epoch) => StoreClient.start({ dataDir: mkdtempSync(join(base, 'fresh-')), copyOf: epoch }),
      onFailure: () => undefined,
    });
    const appends: StoredAppend[] = [];
    for (;;) {
      const page = await log.readAppends({ after: appends.at(-1)?.position ?? 0, limit: 1000 });
      if (page.length === 0) break;
      appends.push(...page);
    }
    await log.close();
    await store.close();
    return appends;
  }

  /** Each is in the log once, from its request to its one end; and there is no other execution. */
  async function expectEachOnce(ids: readonly string[]): Promise<void> {
    expect(new Set(ids).size).toBe(ids.length);
    const wanted = new Set(ids);
    const counts = new Map<string, number>();
    for (const { stream, events } of await appendsOfFreshNode()) {
      if (!wanted.has(stream)) continue;
      for (const { type } of events) counts.set(`${stream} ${type}`, (counts.get(`${stream} ${type}`) ?? 0) + 1);
    }
    for (const id of ids) {
      expect(counts.get(`${id} ExecutionRequested`), id).toBe(1);
      expect(counts.get(`${id} ExecutionCompleted`), id).toBe(1);
    }
  }

  it(
    'refuses writes in time and says when to come back, answers reads and sockets, and goes on by itself',
    { timeout: patienceMs },
    async () => {
      const known = await insist('known');
      await allComplete([known]);
      const options = { headers: { authorization: `Bearer ${token}` } };
      const running = (await run('running', { from: 30, intervalMs: 100 })).executionId ?? '';
      const socket = await TestSocket.open(`${server.url}/ws?v=2&execution=${running}`, options);
      await until('it runs', () => socket.seqs(running).length > 2);

      proxy.refuse();
      const first = newKeys(20);
      const answers = await Promise.all(first.map((key) => run(key)));
      expectLater(answers);
      const second = newKeys(20);
      const more = await Promise.all(second.map((key) => run(key)));
      expectLater(more);
      // The node has learnt that the cluster is away: all but one that tries are told at once that nothing was written.
      expect(more.filter(({ code }) => code === 'LOG_UNAVAILABLE').length).toBeGreaterThan(0);
      const account = { email: 'ann@example.org', username: 'ann', password: 'a long enough phrase' };
      expectLater([await ask('/api/auth/register', account)]);

      expect((await ask(`/api/executions/${known}`)).status).toBe(200);
      expect((await ask(`/api/executions/${known}/events`)).status).toBe(200);
      expect((await ask('/api/executions')).status).toBe(200);
      expect((await ask('/api/system/status')).status).toBe(200);
      expectLater([await ask('/api/executions/exec_0123456789abcdefghijkl')]);
      socket.send({ type: 'subscribe', executionId: known, since: { seq: 0 } });
      await socket.next('execution-complete', ({ executionId }) => executionId === known);

      await proxy.pass();
      const ids = await Promise.all([...first, ...second].map(insist));
      await allComplete([...ids, running]);
      await socket.next('execution-complete', ({ executionId }) => executionId === running);
      socket.close();
      expect((await ask('/api/auth/register', account)).status).toBe(201);
      await expectEachOnce([known, running, ...ids]);
      expect(server.child.exitCode).toBeNull();
    },
  );

  it(
    'holds back a bounded amount of writes however many come in, and forgets none that it acknowledged',
    { timeout: patienceMs },
    async () => {
      const order = { name: 'flood', params: { text: 'x'.repeat(0.9 * megabyte) } };
      await until('writes go through', async () => (await run()).status < 300, answerMs);
      proxy.hang();
      const answers: Answer[] = [];
      for (let round = 0; round < 3; round++)
        answers.push(...(await Promise.all(Array.from({ length: 200 }, () => ask('/api/executions', order)))));
      expectLater(answers);
      // What has an unknown outcome was held until then; everything else was refused when it came.
      expect(answers.filter(({ code }) => code !== 'OUTCOME_UNKNOWN').length).toBeGreaterThan(answers.length / 2);
      expect((await ask('/api/system/status')).status).toBe(200);
      await proxy.pass();
      const ids = await Promise.all(newKeys(10).map(insist));
      await allComplete(ids);
      await expectEachOnce(ids);
    },
  );

  it(
    'runs to their end also those executions of which it never heard that they were written',
    { timeout: patienceMs },
    async () => {
      await until('writes go through', async () => (await run()).status < 300, answerMs);
      proxy.swallowAnswers();
      const asked = newKeys(8);
      const answers = await Promise.all(asked.map((key) => run(key)));
      expectLater(answers);
      expect(answers.some(({ code }) => code === 'OUTCOME_UNKNOWN')).toBe(true);
      await proxy.pass();
      const ids = await Promise.all(asked.map(insist));
      await allComplete(ids);
      await expectEachOnce(ids);
    },
  );

  it(
    'acknowledges each request once while connections are slow and cut again and again',
    { timeout: patienceMs },
    async () => {
      await proxy.pass(20);
      const asked = newKeys(150);
      const ids: string[] = [];
      let next = 0;
      const working = Promise.all(
        Array.from({ length: 5 }, async () => {
          for (let key = asked[next++]; key !== undefined; key = asked[next++]) ids.push(await insist(key));
        }),
      );
      for (let cuts = 1; cuts <= 10; cuts++) {
        await until('some are acknowledged', () => ids.length >= cuts * 10, answerMs);
        proxy.cut();
      }
      await working;
      await proxy.pass();
      await allComplete(ids);
      await expectEachOnce(ids);
    },
  );

  it('stops also while the broker is away, and the next start goes on', { timeout: patienceMs }, async () => {
    const asked = newKeys(5);
    const ids = await Promise.all(asked.map(insist));
    const long = (await run('long', { from: 50, intervalMs: 100 })).executionId ?? '';
    await until('it runs', async () => (await json<{ progress: number }>(`/api/executions/${long}`)).progress > 0);
    proxy.refuse();
    await server.terminate();
    await proxy.pass();
    server = await ServerProcess.start(join(base, 'node'), flags());
    await allComplete([...ids, long]);
    await expectEachOnce([...ids, long]);
    expect(await server.terminate()).toBe(0);
  });
});
