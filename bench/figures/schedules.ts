import type { Figure } from '../figure.ts';
import { withPlace } from '../place.ts';
import { Program } from '../program.ts';

interface Spread {
  readonly firings: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

interface AtOnce {
  readonly firings: number;
  readonly firedMs: number;
  readonly completedMs: number;
  readonly twice: number;
}

/** How late firings are among many schedules, and how fast many are fired that are due at one instant. */
export async function scheduleFigures(scale: number): Promise<Figure[]> {
  const schedules = Math.round(100_000 * scale);
  const seconds = Math.max(10, Math.round(30 * scale));
  const late = await run<Spread>(['spread', String(schedules), String(seconds)]);
  const drained = await run<AtOnce>(['at-once', String(schedules + 2000)]);
  if (drained.twice > 0) throw new Error(`${String(drained.twice)} schedules fired twice`);
  const rate = (drained.firings / drained.firedMs) * 1000;
  const runs = (drained.firings / drained.completedMs) * 1000;
  return [
    {
      name: 'schedule: firing lateness, p99',
      ...{ ours: late.p99Ms, limit: null, unit: 'ms', against: 'nothing', wanted: { atMost: 50 } },
      parameters: `${String(late.firings)} firings in ${String(seconds)} s, ${String(schedules)} schedules over an hour, until durable; p50 ${late.p50Ms.toFixed(1)} ms`,
    },
    {
      name: 'schedule: firings of one instant',
      ...{ ours: rate, limit: null, unit: '/s', against: 'nothing', wanted: { atLeast: 5000 } },
      parameters: `${String(drained.firings)} schedules, each firing durable and followed by a run; all runs completed at ${runs.toFixed(0)}/s`,
    },
  ];
}

async function run<T>([kind = '', ...args]: readonly string[]): Promise<T> {
  return withPlace(async (dir) => {
    const program = new Program('bench/programs/firings.ts', [kind, dir, ...args]);
    const said = await program.says<T>();
    await program.stop('SIGKILL');
    return said;
  });
}
