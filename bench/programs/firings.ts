import { openPlatform, say, untilTrue } from '../embedded.ts';

/**
 * Schedules of a platform, each of which runs a no-op skill. `spread`: over an hour; how late those of some seconds fire.
 * `at-once`: all at one instant; how long until all of them have fired, and until all have run.
 */
const [kind = '', dataDir = '', total = '1', seconds = '20'] = process.argv.slice(2);
const count = Number(total);
const { platform, owner } = await openPlatform(dataDir, [`--max-schedules-per-user=${total}`]);
const { schedulerManager } = platform;
const latenessMs: number[] = [];
const fired = new Map<string, number>();
let completed = 0;
let lastFiredMs = 0;
let lastCompletedMs = 0;
platform.services.log.subscribe((events) => {
  const nowMs = performance.timeOrigin + performance.now();
  for (const event of events) {
    if (event.type === 'ScheduleFired') {
      lastFiredMs = nowMs;
      latenessMs.push(nowMs - event.data.effectiveAtMs);
      fired.set(event.stream, (fired.get(event.stream) ?? 0) + 1);
    } else if (event.type === 'ExecutionCompleted') {
      completed++;
      lastCompletedMs = nowMs;
    }
  }
});

if (kind === 'spread') await spread();
else await atOnce();
process.exit(0);

async function create(cronOf: (i: number) => string, from: number, until: number): Promise<void> {
  let next = from;
  const worker = async (): Promise<void> => {
    while (next < until)
      await schedulerManager.createSchedule(null, cronOf(next++), '', {}, { userId: owner, skillId: 'noop' });
  };
  await Promise.all(Array.from({ length: 64 }, worker));
}

async function spread(): Promise<void> {
  await create((i) => `${String(i % 60)} ${String(Math.floor(i / 60) % 60)} * * * *`, 0, count);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  latenessMs.length = 0;
  await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000));
  latenessMs.sort((a, b) => a - b);
  const at = (share: number): number => latenessMs[Math.floor(latenessMs.length * share)] ?? NaN;
  say({ firings: latenessMs.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(0.9999) });
}

async function atOnce(): Promise<void> {
  const never = '0 0 0 29 2 *';
  const trial = Math.min(2000, count);
  const begunMs = performance.now();
  await create(() => never, 0, trial);
  const leftMs = ((performance.now() - begunMs) / trial) * (count - trial);
  const instantMs = Math.ceil((Date.now() + leftMs * 2 + 10_000) / 1000) * 1000;
  const at = new Date(instantMs);
  const cron = [at.getUTCSeconds(), at.getUTCMinutes(), at.getUTCHours(), at.getUTCDate(), at.getUTCMonth() + 1, '*'];
  await create(() => cron.join(' '), trial, count);
  const wanted = count - trial;
  if (Date.now() > instantMs) throw new Error('making the schedules took longer than it was thought to');
  await untilTrue(() => fired.size === wanted && completed === wanted);
  say({
    firings: wanted,
    ...{ firedMs: lastFiredMs - instantMs, completedMs: lastCompletedMs - instantMs },
    twice: [...fired.values()].filter((times) => times > 1).length,
  });
}
