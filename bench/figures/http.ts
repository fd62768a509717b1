import { writeSync, fdatasyncSync, openSync, closeSync } from 'node:fs';
import { join } from 'node:path';

import { type Figure, median } from '../figure.ts';
import { withPlace } from '../place.ts';
import { Program, startServer } from '../program.ts';

interface Loaded {
  readonly startedAt: number;
  readonly elapsedMs: number;
  readonly failed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const noop = '/api/skills/noop/execute';
const connections = 100;
const warmUp = 10_000;

interface Load {
  readonly url: string;
  readonly key: string;
  readonly path?: string;
  readonly requests: number;
  readonly parallel: number;
  readonly prefer?: string;
}

/** Sends requests over some connections and says how long it took. */
export async function load({ url, key, path = noop, requests, parallel, prefer = '' }: Load): Promise<Loaded> {
  const program = new Program('bench/programs/load.ts', [url, path, key, String(requests), String(parallel), prefer]);
  const loaded = await program.says<Loaded>();
  if (loaded.failed > 0) throw new Error(`${String(loaded.failed)} requests failed`);
  return loaded;
}

/** Requests a second that a bare Fastify route answers. */
async function bareRate(requests: number): Promise<number> {
  const bare = new Program('bench/programs/bare-fastify.ts', []);
  const { url } = await bare.says<{ url: string }>();
  await load({ url, key: 'none', requests: warmUp, parallel: connections });
  const { elapsedMs } = await load({ url, key: 'none', requests, parallel: connections });
  await bare.stop();
  return (requests / elapsedMs) * 1000;
}

/** Executions a second from the first request to the last completion in the read model. */
export async function executionRate(flags: readonly string[], requests: number): Promise<number> {
  return withPlace(async (dir) => {
    const { program, url, key } = await startServer(dir, flags);
    const completed = async (): Promise<number> => {
      const response = await fetch(`${url}/api/executions?status=completed&limit=1`, {
        headers: { authorization: `Bearer ${key}` },
      });
      return ((await response.json()) as { total: number }).total;
    };
    const settle = async (wanted: number): Promise<void> => {
      // Asked seldom: every question folds what there is, and many small folds are no measure of a large one.
      while ((await completed()) < wanted) await new Promise((resolve) => setTimeout(resolve, 25));
    };
    await load({ url, key, requests: warmUp, parallel: connections });
    await settle(warmUp);
    const { startedAt } = await load({ url, key, requests, parallel: connections });
    await settle(warmUp + requests);
    const elapsedMs = Date.now() - startedAt;
    await program.stop();
    return (requests / elapsedMs) * 1000;
  });
}

/** Median of one 4 KiB write with fdatasync on this disk, in milliseconds. */
export function fdatasyncMs(dir: string): number {
  const file = openSync(join(dir, 'sync'), 'w');
  const block = Buffer.alloc(4096, 1);
  const times: number[] = [];
  for (let i = 0; i < 1000; i++) {
    const before = performance.now();
    writeSync(file, block, 0, block.length, i * block.length);
    fdatasyncSync(file);
    times.push(performance.now() - before);
  }
  closeSync(file);
  return median(times);
}

/** Submit to completed over HTTP: throughput inline and isolated, and the latency of one at a time. */
export async function httpFigures(scale: number): Promise<Figure[]> {
  const requests = Math.round(60_000 * scale);
  const bare = await bareRate(requests);
  const inline = await executionRate(['--runner=inline'], requests);
  const isolated = await executionRate(['--runner=process'], Math.round(requests / 2));
  const parameters = `${String(requests)} requests, ${String(connections)} connections, no-op skill`;
  const against = 'bare Fastify POST answering 202';
  return [
    {
      name: 'HTTP submit to completed, inline',
      ours: inline,
      limit: bare,
      unit: '/s',
      against,
      wanted: { atLeast: 0.4 },
      parameters,
    },
    {
      name: 'HTTP submit to completed, isolated',
      ours: isolated,
      limit: bare,
      unit: '/s',
      against,
      wanted: { atLeast: 0.15 },
      parameters,
    },
    await latencyFigure(Math.round(2000 * scale)),
  ];
}

async function latencyFigure(requests: number): Promise<Figure> {
  const bare = new Program('bench/programs/bare-fastify.ts', []);
  const { url: bareUrl } = await bare.says<{ url: string }>();
  await load({ url: bareUrl, key: 'none', requests: warmUp, parallel: 1 });
  const { p50Ms: roundTripMs } = await load({ url: bareUrl, key: 'none', requests, parallel: 1 });
  await bare.stop();
  return withPlace(async (dir) => {
    const syncMs = fdatasyncMs(dir);
    const { program, url, key } = await startServer(join(dir, 'data'), ['--runner=inline']);
    await load({ url, key, requests: 500, parallel: 1, prefer: 'wait=10' });
    const { p50Ms, p99Ms } = await load({ url, key, requests, parallel: 1, prefer: 'wait=10' });
    await program.stop();
    return {
      name: 'submit to completed, one at a time, p50',
      ours: p50Ms,
      limit: roundTripMs + 3 * syncMs,
      unit: 'ms',
      against: `HTTP round trip ${roundTripMs.toFixed(3)} ms + 3 × fdatasync ${syncMs.toFixed(3)} ms`,
      wanted: { atMost: 2 },
      parameters: `${String(requests)} requests with Prefer: wait, inline, p99 ${p99Ms.toFixed(2)} ms`,
    };
  });
}
