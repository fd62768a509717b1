import { createServer, type Socket } from 'node:net';

/**
 * A receiver of webhooks, as light as it can be: requests are cut by Content-Length and answered with 200. Paths that begin with
 * /hang are never answered. `report` on stdin makes it say how many came, and how long after the time in `sentAtMs` of their
 * bodies, where one stands; then it begins anew.
 */
const answer = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
let received = 0;
let bodyBytes = 0;
let latenciesMs: number[] = [];

function take(socket: Socket): void {
  let pending: Buffer = Buffer.alloc(0);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (;;) {
      const end = pending.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = pending.toString('latin1', 0, end);
      const [, length = '0'] = /content-length: (\d+)/i.exec(head) ?? [];
      const next = end + 4 + Number(length);
      if (pending.length < next) return;
      const body = pending.toString('latin1', end + 4, next);
      pending = pending.subarray(next);
      if (head.startsWith('POST /hang')) continue;
      received++;
      bodyBytes = body.length;
      const [, sentAt] = /"sentAtMs":([\d.]+)/.exec(body) ?? [];
      if (sentAt !== undefined) latenciesMs.push(performance.timeOrigin + performance.now() - Number(sentAt));
      socket.write(answer);
    }
  });
}

const server = createServer({ noDelay: true }, take);
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as { port: number };
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${String(port)}` })}\n`);
});
process.stdin.on('data', () => {
  latenciesMs.sort((a, b) => a - b);
  const at = (share: number): number => latenciesMs[Math.floor(latenciesMs.length * share)] ?? NaN;
  process.stdout.write(`${JSON.stringify({ received, bodyBytes, p50Ms: at(0.5), p99Ms: at(0.99) })}\n`);
  received = 0;
  latenciesMs = [];
});
