import { request } from 'undici';
import { WebSocket } from 'ws';

import { IhumanClient } from '../../packages/sdk-js/src/index.ts';
import { median } from '../figure.ts';

/**
 * A client of a server that is running: with our SDK, or with what a program does that has none. Says the milliseconds that
 * `count` of it took, or the median of one (`run`).
 */
const [way = '', url = '', key = '', total = '1', executionId = ''] = process.argv.slice(2);
const count = Number(total);
const inFlight = 50;
const authorization = `Bearer ${key}`;
const headers = { authorization, 'content-type': 'application/json' };
const body = '{"params":{}}';
const execute = `${url}/api/skills/noop/execute`;
const client = new IhumanClient({ baseUrl: url, token: key, timeout: 120_000 });

const ways: Readonly<Record<string, () => Promise<number>>> = {
  'execute sdk': () => many(() => client.executeSkill('noop')),
  'execute raw': () =>
    many(async () => {
      const answer = await request(execute, { method: 'POST', headers, body });
      return answer.body.json();
    }),
  'run sdk': () => each(() => client.run('noop')),
  'run raw': () =>
    each(async () => {
      const response = await fetch(execute, { method: 'POST', headers, body });
      const { executionId: id } = (await response.json()) as { executionId: string };
      const done = Promise.withResolvers<undefined>();
      const socket = await openSocket(`?execution=${id}`, (text) => {
        const message = JSON.parse(text) as { type: string };
        if (message.type === 'execution-complete') done.resolve(undefined);
      });
      await done.promise;
      socket.close();
    }),
  'events sdk': async () => {
    // The connection is there already, as it is on the other side.
    await client.connect(executionId, { since: 'now' });
    return timed(async () => {
      let seen = 0;
      for await (const event of client.events(executionId)) if (event.type === 'log') seen++;
      expectAll(seen);
    });
  },
  'events raw': async () => {
    const done = Promise.withResolvers<undefined>();
    let seen = 0;
    const socket = await openSocket('', (text) => {
      const { type } = JSON.parse(text) as { type: string };
      if (type === 'execution-log') seen++;
      else if (type === 'execution-complete') done.resolve(undefined);
    });
    return timed(async () => {
      socket.send(JSON.stringify({ type: 'subscribe', executionId }));
      await done.promise;
      expectAll(seen);
      socket.close();
    });
  },
};

process.stdout.write(`${JSON.stringify({ ms: await ways[way]?.() })}\n`);
client.disconnect();

/** The first ones are not counted: they find a program that is not compiled yet. */
async function many(one: () => Promise<unknown>): Promise<number> {
  const round = async (wanted: number): Promise<void> => {
    let started = 0;
    const loop = async (): Promise<void> => {
      while (started++ < wanted) await one();
    };
    await Promise.all(Array.from({ length: inFlight }, loop));
  };
  await round(Math.min(3000, count));
  return timed(() => round(count));
}

async function each(one: () => Promise<unknown>): Promise<number> {
  for (let i = 0; i < 300; i++) await one();
  const times: number[] = [];
  for (let i = 0; i < count; i++) times.push(await timed(one));
  return median(times);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const before = performance.now();
  await work();
  return performance.now() - before;
}

async function openSocket(query: string, onText: (text: string) => void): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ws${query}`, { headers: { authorization } });
  socket.on('message', (data: Buffer) => {
    onText(data.toString());
  });
  await new Promise((resolve) => socket.once('open', resolve));
  return socket;
}

function expectAll(seen: number): void {
  if (seen !== count) process.stderr.write(`only ${String(seen)} of ${String(count)} were heard\n`);
}
