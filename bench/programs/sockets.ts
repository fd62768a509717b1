import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';

/**
 * Sockets that do nothing but count: opens WebSockets by hand, says when all are open, then counts the frames that each gets
 * until all have got as many as expected. With `idle` it never reads at all.
 */
const [address = '', count = '0', frames = '0', mode = 'count'] = process.argv.slice(2);
const url = new URL(address);
const wanted = Number(frames);
const reached = Promise.withResolvers<undefined>();
let finished = 0;
let firstAtMs = 0;
const say = (value: object): void => {
  process.stdout.write(`${JSON.stringify(value)}\n`);
};

async function open(): Promise<void> {
  const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
  const upgraded = Promise.withResolvers<undefined>();
  let head = '';
  let rest: Buffer = Buffer.alloc(0);
  let seen = 0;
  let counting = false;
  socket.on('data', (chunk: Buffer) => {
    if (!counting) {
      head += chunk.toString('latin1');
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      counting = true;
      upgraded.resolve(undefined);
      if (mode === 'idle') {
        socket.pause();
        return;
      }
      chunk = Buffer.from(head.slice(end + 4), 'latin1');
    }
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    for (;;) {
      if (rest.length < at + 4) break;
      const short = rest.readUInt8(at + 1);
      const size = short < 126 ? 2 + short : 4 + rest.readUInt16BE(at + 2);
      if (rest.length < at + size) break;
      // Only what is sent to all is counted: the history at the beginning is not.
      if (rest.includes('"execution-log"', at) && rest.indexOf('"execution-log"', at) < at + size) {
        if (firstAtMs === 0) firstAtMs = performance.now();
        seen++;
      }
      at += size;
    }
    rest = rest.subarray(at);
    if (seen === wanted && ++finished === Number(count)) reached.resolve(undefined);
  });
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.write(
    `GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
  );
  await upgraded.promise;
}

for (let opened = 0; opened < Number(count); opened += 50) {
  await Promise.all(Array.from({ length: Math.min(50, Number(count) - opened) }, open));
}
say({ open: Number(count) });
if (mode === 'idle') await new Promise(() => undefined);
await reached.promise;
say({ elapsedMs: performance.now() - firstAtMs });
process.exit(0);
