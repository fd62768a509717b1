import { join } from 'node:path';

import { systemClock } from '../../src/kernel/clock.ts';
import { newId } from '../../src/kernel/ids.ts';
import { readConfig } from '../../src/config.ts';
import { Platform } from '../../src/platform.ts';
import { createServerLog } from '../../src/server-log.ts';
import type { Figure } from '../figure.ts';
import { withPlace } from '../place.ts';
import { logBytes } from './log.ts';

const executions = 20_000;
const rounds = 5;
const owner = newId('user', systemClock);

/** A batch inside the process, and what each execution takes on disk. */
export async function batchFigures(): Promise<Figure[]> {
  return withPlace(async (dir) => {
    const skills = join(import.meta.dirname, '../../skills');
    const config = readConfig(
      ['--port=0', `--data-dir=${dir}`, `--skills=${skills}`, '--runner=inline', '--watch=false'],
      {},
    );
    const platform = await Platform.open(
      config,
      createServerLog('error', (line) => process.stderr.write(line)),
    );
    await platform.start();
    const rates: number[] = [];
    for (let round = 0; round < rounds; round++) rates.push(await runBatch(platform, (round + 1) * executions));
    await platform.stop();
    const bytes = logBytes(dir) / (rounds * executions);
    return [
      {
        name: 'in-process batch, submit to all completed',
        ours: Math.max(...rates.slice(1)),
        limit: null,
        unit: '/s',
        against: 'graphile-worker 24,900/s, BullMQ 7,800/s on this class of machine',
        wanted: { atLeast: 25_000 },
        parameters: `${String(executions)} no-op executions, read model included; rounds ${rates.map((rate) => rate.toFixed(0)).join(', ')}`,
      },
      {
        name: 'disk per no-op execution, log only',
        ours: bytes,
        limit: null,
        unit: 'bytes',
        against: 'three durable events',
        wanted: { atMost: 500 },
        parameters: `${String(rounds * executions)} executions, after a checkpoint`,
      },
    ];
  });
}

async function runBatch(platform: Platform, wanted: number): Promise<number> {
  const { requests, catalog, queries, log } = platform.services;
  const skill = catalog.get('noop');
  if (skill === undefined) throw new Error('the skill noop is missing');
  const ended = Promise.withResolvers<undefined>();
  let open = executions;
  const stop = log.subscribe((events) => {
    if (events.at(-1)?.type === 'ExecutionCompleted' && --open === 0) ended.resolve(undefined);
  });
  const before = performance.now();
  await Promise.all(
    Array.from({ length: executions }, () =>
      requests.request({ owner, actor: owner, skill, params: {}, options: { cause: 'batch' } }),
    ),
  );
  await ended.promise;
  stop();
  const { completed } = await queries.countsByStatus(owner);
  if (completed !== wanted) throw new Error(`${String(completed)} of ${String(wanted)} executions have completed`);
  return (executions / (performance.now() - before)) * 1000;
}
