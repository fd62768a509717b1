import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { type Figure, median } from '../figure.ts';
import { withPlace } from '../place.ts';
import { Program, startServer } from '../program.ts';

const sdk = join(import.meta.dirname, '../../packages/sdk-js');

/** What the SDKs add to the bare requests and sockets below them; and how large the one for browsers is. */
export async function sdkFigures(scale: number): Promise<Figure[]> {
  return [...(await callFigures(scale)), await eventsFigure(scale), await bundleFigure()];
}

async function callFigures(scale: number): Promise<Figure[]> {
  return withPlace(async (dir) => {
    const { program, url, key } = await startServer(dir, ['--runner=inline']);
    const [calls, runs] = [Math.round(20_000 * scale), Math.round(2000 * scale)];
    const execute = await beside('execute', [url, key, String(calls)]);
    const run = await beside('run', [url, key, String(runs)]);
    await program.stop();
    return [
      {
        name: 'JS SDK: executeSkill, 50 in flight',
        ...{ ours: (calls / execute.ours) * 1000, limit: (calls / execute.limit) * 1000, unit: '/s' },
        ...{ against: 'a loop of undici requests', wanted: { atLeast: 0.8 } },
        parameters: `${String(calls)} calls, inline, median of ${String(rounds)} rounds in turn`,
      },
      {
        name: 'JS SDK: run, one at a time, p50',
        ...{ ours: run.ours, limit: run.limit, unit: 'ms', wanted: { atMost: 1.5 } },
        against: 'fetch, and a socket on the execution until its end',
        parameters: `${String(runs)} runs of noop, inline, median of ${String(rounds)} rounds in turn`,
      },
    ];
  });
}

async function eventsFigure(scale: number): Promise<Figure> {
  return withPlace(async (dir) => {
    const lines = Math.round(100_000 * scale);
    const server = new Program('bench/programs/told.ts', [dir, String(lines)]);
    const { url, key, executionId } = await server.says<{ url: string; key: string; executionId: string }>();
    const { ours, limit } = await beside('events', [url, key, String(lines), executionId]);
    await server.stop();
    return {
      name: 'JS SDK: events over one socket',
      ...{ ours: (lines / ours) * 1000, limit: (lines / limit) * 1000, unit: '/s', wanted: { atLeast: 0.8 } },
      against: 'ws and JSON.parse on the same stream',
      parameters: `${String(lines)} log lines of one execution, for await, median of ${String(rounds)} rounds in turn`,
    };
  });
}

async function bundleFigure(): Promise<Figure> {
  const build = new Program('packages/sdk-js/build.ts', ['--without-types']);
  await new Promise((resolve) => build.child.once('exit', resolve));
  const code = readFileSync(join(sdk, 'dist/browser/index.js'));
  return {
    name: 'JS SDK: browser bundle',
    ...{ ours: gzipSync(code, { level: 9 }).length, limit: null, unit: 'bytes', wanted: { atMost: 8000 } },
    against: 'nothing',
    parameters: 'minified and gzipped, without what is loaded only when a webhook is verified',
  };
}

const rounds = 3;

/** The same work by the SDK and without it, in turn; the median of each. */
async function beside(
  work: string,
  args: readonly string[],
): Promise<{ readonly ours: number; readonly limit: number }> {
  const times: Record<string, number[]> = { sdk: [], raw: [] };
  for (let round = 0; round < rounds; round++) {
    for (const way of ['sdk', 'raw']) {
      const program = new Program('bench/programs/sdk-js.ts', [`${work} ${way}`, ...args]);
      times[way]?.push((await program.says<{ ms: number }>()).ms);
      await program.stop();
    }
  }
  return { ours: median(times.sdk ?? []), limit: median(times.raw ?? []) };
}
