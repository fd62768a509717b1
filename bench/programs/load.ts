import { connect, type Socket } from 'node:net';

/**
 * A load generator: POSTs the same request over some keep-alive connections, one at a time on each, and says the time and
 * the latencies. As light as it can be, so that the server is what is measured: answers are cut by Content-Length, not parsed.
 */
const [address = '', path = '', key = '', total = '1', connections = '1', prefer = ''] = process.argv.slice(2);
const url = new URL(address);
const body = '{"params":{}}';
const request = Buffer.from(
  [
    `POST ${path} HTTP/1.1`,
    `Host: ${url.host}`,
    `Authorization: Bearer ${key}`,
    'Content-Type: application/json',
    ...(prefer === '' ? [] : [`Prefer: ${prefer}`]),
    `Content-Length: ${String(body.length)}`,
    '',
    body,
  ].join('\r\n'),
);
const wanted = Number(total);
let sent = 0;
let answered = 0;
let failed = 0;
const latenciesMs: number[] = [];
const done = Promise.withResolvers<undefined>();

function drive(socket: Socket): void {
  let pending: Buffer = Buffer.alloc(0);
  let sentAtMs = 0;
  const send = (): void => {
    if (sent >= wanted) return;
    sent++;
    sentAtMs = performance.now();
    socket.write(request);
  };
  socket.on('data', (chunk: Buffer) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    const end = pending.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = pending.toString('latin1', 0, end).toLowerCase();
    const at = head.indexOf('content-length: ');
    const length = Number.parseInt(head.slice(at + 16), 10);
    if (pending.length < end + 4 + length) return;
    if (head[9] !== '2') failed++;
    pending = pending.subarray(end + 4 + length);
    latenciesMs.push(performance.now() - sentAtMs);
    if (++answered === wanted) done.resolve(undefined);
    else send();
  });
  send();
}

const sockets = await Promise.all(
  Array.from({ length: Number(connections) }, async () => {
    const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
    await new Promise((resolve) => socket.once('connect', resolve));
    return socket;
  }),
);
const startedAt = Date.now();
const startedMs = performance.now();
for (const socket of sockets) drive(socket);
await done.promise;
const elapsedMs = performance.now() - startedMs;
latenciesMs.sort((a, b) => a - b);
const at = (share: number): number => latenciesMs[Math.floor(latenciesMs.length * share)] ?? NaN;
process.stdout.write(`${JSON.stringify({ startedAt, elapsedMs, failed, p50Ms: at(0.5), p99Ms: at(0.99) })}\n`);
process.exit(0);
