import { openPlatform, say, untilTrue } from '../embedded.ts';

/**
 * Deliveries of a platform to a sink. `drain`: events to some webhooks each, so many deliveries waiting at most, from the first event
 * to the last outcome in the log: of the first few thousand of a new process, and of as many as are asked for once it has compiled
 * what it runs, which takes all its threads some seconds.
 * `pace`: so many events, some a second, to a thousand webhooks of which one may hang.
 */
const [kind = '', dataDir = '', url = '', total = '1', ...rest] = process.argv.slice(2);
const count = Number(total);
const { platform, owner } = await openPlatform(dataDir);
const { webhookManager } = platform;
let settled = 0;
platform.services.log.subscribe((events) => {
  for (const { type } of events) if (type === 'DeliverySucceeded') settled++;
});

if (kind === 'drain') await drain(Number(rest[0]), Number(rest[1]), Number(rest[2]));
else await pace(Number(rest[0]), rest[1] === 'hanging');
process.exit(0);

async function drain(hooks: number, bytes: number, waiting: number): Promise<void> {
  for (let i = 0; i < hooks; i++) await webhookManager.createWebhook(owner, 'bench.event', `${url}/${String(i)}`);
  // The rest of a body takes 150 bytes.
  const text = 'x'.repeat(Math.max(1, bytes - 150));
  const atOnce = 25;
  const deliver = async (deliveries: number): Promise<number> => {
    const begunMs = performance.now();
    settled = 0;
    for (let sent = 0; sent < deliveries / hooks; sent += atOnce) {
      await untilTrue(() => (sent + atOnce) * hooks - settled <= waiting);
      const batch = Math.min(atOnce, deliveries / hooks - sent);
      await Promise.all(Array.from({ length: batch }, () => webhookManager.emit('bench.event', { text })));
    }
    await untilTrue(() => settled >= deliveries);
    return (deliveries / (performance.now() - begunMs)) * 1000;
  };
  const firstPerSecond = await deliver(8000);
  await deliver(52_000);
  say({ firstPerSecond, perSecond: await deliver(count) });
}

async function pace(perSecond: number, isHanging: boolean): Promise<void> {
  const hooks = 1000;
  for (let i = 0; i < hooks; i++) {
    const path = isHanging && i === 0 ? '/hang' : `/${String(i)}`;
    await webhookManager.createWebhook(owner, `bench.${String(i)}`, url + path, null, { timeoutMs: 30_000 });
  }
  const emitAt = async (from: number, events: number): Promise<void> => {
    const begunMs = performance.now();
    for (let i = 0; i < events; i++) {
      const waitMs = begunMs + (i * 1000) / perSecond - performance.now();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      const data = { sentAtMs: performance.timeOrigin + performance.now() };
      void webhookManager.emit(`bench.${String((from + i) % hooks)}`, data);
      // What hangs is given as much again as all the others.
      if (isHanging && i % 2 === 0) void webhookManager.emit('bench.0', {});
    }
  };
  await emitAt(1, hooks);
  await new Promise((resolve) => setTimeout(resolve, 500));
  say({ warm: true });
  await new Promise<void>((resolve) => process.stdin.once('data', () => resolve()));
  await emitAt(1, count);
  await new Promise((resolve) => setTimeout(resolve, 500));
  say({ settled });
}
