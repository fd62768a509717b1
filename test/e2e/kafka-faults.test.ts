import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type LocalKafka, startLocalKafka } from '../../infra/kafka/local-kafka.ts';
import { missingLocalKafka } from '../support/kafka.ts';
import { ServerProcess } from '../support/server-process.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';
import { TestSocket } from '../support/web-socket.ts';

const base = tempDir();
const missing = await missingLocalKafka();

/** IHUMAN_TEST_AWAY_MS keeps the broker away for longer than the test needs it to be. */
const awayMs = Number(process.env.IHUMAN_TEST_AWAY_MS ?? 0);
const patienceMs = 90_000 + awayMs;
const codes = ['LOG_UNAVAILABLE', 'OUTCOME_UNKNOWN', 'BUSY'];

interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: { readonly executionId?: string; readonly status?: string; readonly code?: string };
}

describe.skipIf(missing !== null)('a node whose way to the broker fails', () => {
  let kafka: LocalKafka;
  let proxy: TcpProxy;
  let server: ServerProcess;
  let token: string;

  const ask = async (path: string, body?: unknown, key?: string): Promise<Answer> => {
    const response = await fetch(server.url + path, {
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
    });
    const { status, headers } = response;
    return { status, retryAfter: headers.get('retry-after'), body: (await response.json()) as Answer['body'] };
  };
  const run = (key: string, params: object = { from: 1, intervalMs: 1 }): Promise<Answer> =>
    ask('/api/skills/countdown/execute', { params }, key);
  const completed = async (id: string): Promise<boolean> =>
    (await ask(`/api/executions/${id}`)).body.status === 'completed';

  beforeAll(async () => {
    proxy = await TcpProxy.open();
    kafka = await startLocalKafka({ advertisedPort: proxy.port });
    proxy.target = Number(kafka.brokers[0]?.split(':')[1]);
    server = await ServerProcess.start(join(base, 'node'), [
      '--log=kafka',
      `--kafka-brokers=127.0.0.1:${String(proxy.port)}`,
      '--kafka-cell=faults',
      '--runner=inline',
    ]);
    token = readFileSync(server.adminKeyFile, 'utf8').trim();
  }, patienceMs);
  afterAll(async () => {
    await server.kill();
    await kafka.stop();
    await proxy.stop();
  });

  it(
    'says 503 and when to come back while the broker is away, goes on reading, and goes on by itself afterwards',
    { timeout: 4 * patienceMs },
    async () => {
      const known = (await run('known')).body.executionId ?? '';
      await until('it is completed', () => completed(known), patienceMs);
      const socket = await TestSocket.open(`${server.url}/ws?v=2&token=${token}`);
      proxy.shut();

      // The first ones may have been on their way: their outcome is unknown. Then the node knows.
      const first = await Promise.all(Array.from({ length: 20 }, (_, i) => run(`first-${String(i)}`)));
      for (const { status, retryAfter, body } of first) {
        expect([status, codes.includes(body.code ?? '')]).toEqual([503, true]);
        expect(Number(retryAfter)).toBeGreaterThan(0);
      }
      const memoryBefore = await residentMb();
      const backAtMs = performance.now() + awayMs;
      for (let i = 0; i < 40 || performance.now() < backAtMs; i++) {
        const answers = await Promise.all(Array.from({ length: 50 }, () => run('refused')));
        for (const { status, body } of answers) expect([status, body.code]).toEqual([503, 'LOG_UNAVAILABLE']);
        if (i >= 40) await new Promise((resolve) => setTimeout(resolve, 500));
      }
      expect((await residentMb()) - memoryBefore).toBeLessThan(150);
      expect((await ask(`/api/executions/${known}`)).body.status).toBe('completed');
      socket.send({ type: 'subscribe', executionId: known });
      await socket.next('execution-complete');
      expect((await ask('/api/system/status')).status).toBe(200);

      proxy.reopen();
      const again = await until(
        'writes are taken again',
        async () => {
          const answer = await run('again');
          return answer.status === 202 ? answer : null;
        },
        patienceMs,
      );
      const repeated = await Promise.all(first.map((_, i) => run(`first-${String(i)}`)));
      const ids = [again, ...repeated].map(({ status, body }) => {
        expect([200, 202]).toContain(status);
        return body.executionId ?? '';
      });
      expect(new Set(ids).size).toBe(ids.length);
      for (const id of ids) await until('it is completed', () => completed(id), patienceMs);
      socket.close();
    },
  );

  it('keeps what it acknowledges while connections are cut and slowed down', { timeout: 4 * patienceMs }, async () => {
    const acknowledged = new Map<string, string>();
    let sending = true;
    const faults = (async () => {
      for (let round = 0; round < 12; round++) {
        proxy.delayMs = round % 3 === 0 ? 40 : 0;
        await new Promise((resolve) => setTimeout(resolve, 300));
        proxy.cut();
      }
      proxy.delayMs = 0;
      sending = false;
    })();
    const send = async (worker: number): Promise<void> => {
      for (let i = 0; sending; i++) {
        const key = `cut-${String(worker)}-${String(i)}`;
        const { status, body } = await run(key);
        if (status === 202) acknowledged.set(key, body.executionId ?? '');
        else expect([status, codes.includes(body.code ?? '')]).toEqual([503, true]);
      }
    };
    await Promise.all([faults, ...Array.from({ length: 4 }, (_, worker) => send(worker))]);
    expect(acknowledged.size).toBeGreaterThan(0);
    for (const [key, id] of acknowledged) {
      await until(`${key} is completed`, () => completed(id), patienceMs);
      expect((await run(key)).body.executionId).toBe(id);
    }
  });

  async function residentMb(): Promise<number> {
    const { body } = await ask('/api/system/status');
    return (body as { memory: { rssBytes: number } }).memory.rssBytes / 1024 / 1024;
  }
});
