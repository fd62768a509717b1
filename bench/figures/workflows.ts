import { type Figure, median } from '../figure.ts';
import { withPlace } from '../place.ts';
import { startServer } from '../program.ts';
import { load } from './http.ts';

const rounds = 3;
const path = '/api/workflows/chain/run';
const steps = { a: { skill: 'noop' }, b: { skill: 'noop', needs: 'a' }, c: { skill: 'noop', needs: 'b' } };

/** Runs of three no-op steps in a row, over HTTP until the answer with the result: one at a time, and many at once. */
export async function workflowFigures(scale: number): Promise<Figure[]> {
  return withPlace(async (dir) => {
    const { program, url, key } = await startServer(dir, ['--runner=inline']);
    await fetch(`${url}/api/workflows`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'chain', steps }),
    });
    const requests = Math.round(2000 * scale);
    const many = Math.round(20_000 * scale);
    const runs = { url, key, path, prefer: 'wait=30' };
    await load({ ...runs, requests: 500, parallel: 1 });
    const { p50Ms, p99Ms } = await load({ ...runs, requests, parallel: 1 });
    await load({ ...runs, requests: 3000, parallel: 100 });
    const rates: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const { elapsedMs } = await load({ ...runs, requests: many, parallel: 100 });
      rates.push((many / elapsedMs) * 1000);
    }
    await program.stop();
    return [
      {
        name: 'workflow of three steps, one at a time, p50',
        ...{
          ours: p50Ms,
          limit: null,
          unit: 'ms',
          against: 'Restate 4.1 ms, Windmill 103 ms, Temporal 119 ms, published',
        },
        wanted: { atMost: 4 },
        parameters: `${String(requests)} runs with Prefer: wait, inline, p99 ${p99Ms.toFixed(2)} ms`,
      },
      {
        name: 'workflow runs, 100 at once',
        ...{ ours: median(rates), limit: null, unit: '/s', against: 'nothing', wanted: { atLeast: 3000 } },
        parameters: `${String(many)} runs of three no-op steps with Prefer: wait, inline, median of ${String(rounds)}`,
      },
    ];
  });
}
