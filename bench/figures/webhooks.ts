import { type Figure, median } from '../figure.ts';
import { withPlace } from '../place.ts';
import { Program } from '../program.ts';

/** With 8 attempts at once each. */
const hooks = 8;
const parallel = 64;
/** Deliveries that wait at most, so that there is always something to send and no backlog that has to be read back. */
const waiting = 1000;
const perSecond = 200;
const rounds = 3;

interface Reported {
  readonly received: number;
  readonly bodyBytes: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Deliveries beside a bare loop of signed posts, their latency, and what one hanging endpoint does to the others. */
export async function webhookFigures(scale: number): Promise<Figure[]> {
  const deliveries = 8 * Math.round(4000 * scale);
  const rates = [await rateFigure(256, deliveries), await rateFigure(1024, deliveries)];
  const events = Math.round(4000 * scale);
  const calm = await pace(events, 'calm');
  const hanging = await pace(events, 'hanging');
  const parameters = `${String(events)} events at ${String(perSecond)}/s to 1,000 endpoints, from before the append to the receiver`;
  const latency = (share: 'p50' | 'p99', atMost: number): Figure => ({
    name: `webhook: emitted to on the wire, ${share}`,
    ...{ ours: calm[`${share}Ms`], limit: null, unit: 'ms', against: 'nothing', wanted: { atMost }, parameters },
  });
  return [
    ...rates,
    latency('p50', 10),
    latency('p99', 50),
    {
      name: 'webhook: latency p50 beside a hanging endpoint',
      ...{ ours: hanging.p50Ms, limit: calm.p50Ms, unit: 'ms', against: 'the same without it' },
      wanted: { atMost: 1.5 },
      parameters: `${parameters}; p99 ${hanging.p99Ms.toFixed(2)} ms beside ${calm.p99Ms.toFixed(2)} ms`,
    },
  ];
}

async function rateFigure(bytes: number, deliveries: number): Promise<Figure> {
  const ours: number[] = [];
  const first: number[] = [];
  const raw: number[] = [];
  let bodyBytes = 0;
  let backlog = 0;
  for (let round = 0; round < rounds; round++) {
    const sink = new Program('bench/programs/sink.ts', []);
    const { url } = await sink.says<{ url: string }>();
    const loop = new Program('bench/programs/raw-posts.ts', [url, ...[deliveries, parallel, bytes].map(String)]);
    raw.push((deliveries / (await loop.says<{ elapsedMs: number }>()).elapsedMs) * 1000);
    const drained = await drain(url, bytes, deliveries, waiting);
    ours.push(drained.perSecond);
    first.push(drained.firstPerSecond);
    if (round === 0) backlog = (await drain(url, bytes, deliveries, deliveries)).perSecond;
    sink.tell('report');
    ({ bodyBytes } = await sink.says<Reported>());
    await sink.stop();
  }
  return {
    name: `webhook deliveries, ${String(bytes)} B`,
    ...{ ours: median(ours), limit: median(raw), unit: '/s', against: 'undici POST loop with HMAC to the same sink' },
    wanted: { atLeast: 0.6 },
    parameters: `${String(deliveries)} to ${String(hooks)} endpoints, ${String(parallel)} at once, at most ${String(waiting)} waiting, bodies of ${String(bodyBytes)} B; events and attempts durable; the first 8,000 of a new process: ${median(first).toFixed(0)}/s; all of them emitted at once: ${backlog.toFixed(0)}/s`,
  };
}

interface Drained {
  readonly firstPerSecond: number;
  readonly perSecond: number;
}

/** Deliveries a second, of which so many wait at most. */
async function drain(url: string, bytes: number, deliveries: number, atMost: number): Promise<Drained> {
  return withPlace(async (dir) => {
    const args = ['drain', dir, url, ...[deliveries, hooks, bytes, atMost].map(String)];
    const program = new Program('bench/programs/deliveries.ts', args);
    const drained = await program.says<Drained>();
    await program.stop('SIGKILL');
    return drained;
  });
}

async function pace(events: number, kind: 'calm' | 'hanging'): Promise<Reported> {
  return withPlace(async (dir) => {
    const sink = new Program('bench/programs/sink.ts', []);
    const { url } = await sink.says<{ url: string }>();
    const program = new Program('bench/programs/deliveries.ts', [
      ...['pace', dir, url, ...[events, perSecond].map(String), kind],
    ]);
    await program.says();
    sink.tell('report');
    await sink.says();
    program.tell('go');
    await program.says();
    sink.tell('report');
    const reported = await sink.says<Reported>();
    await program.stop('SIGKILL');
    await sink.stop();
    return reported;
  });
}
