import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { join } from 'node:path';

import { WebSocketServer } from 'ws';

import { readConfig } from '../../src/config.ts';
import { Platform } from '../../src/platform.ts';
import { textFrame } from '../../src/realtime/frame.ts';
import { createServerLog } from '../../src/server-log.ts';

/**
 * The server of the fan-out figure, ours or the raw loop: waits for the sockets, then sends so many messages to all of them.
 * Says its address, then the bytes of one message on the wire.
 */
const [kind = '', dataDir = '', messages = '0', expected = '0'] = process.argv.slice(2);
const line = `{"status":"${'x'.repeat(100)}"}`;
const say = (value: object): void => {
  process.stdout.write(`${JSON.stringify(value)}\n`);
};
const told = (): Promise<void> =>
  new Promise((resolve) =>
    process.stdin.once('data', () => {
      resolve();
    }),
  );

if (kind === 'raw') await raw();
else await ours();

async function raw(): Promise<void> {
  const sockets: Duplex[] = [];
  const server = createServer();
  const webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, clientTracking: false });
  server.on('upgrade', (request, socket, head) => {
    webSockets.handleUpgrade(request, socket, head, () => sockets.push(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  say({ url: `http://127.0.0.1:${String(port)}/`, key: '' });
  await told();
  const frame = textFrame(
    JSON.stringify({
      type: 'execution-log',
      executionId: 'exec_0VbmYspz5YFZM14I',
      level: 'info',
      message: line,
      timestamp: new Date().toISOString(),
      seq: 1000,
      pos: '0000000000100000',
    }),
  );
  for (let i = 0; i < Number(messages); i++) {
    for (const socket of sockets) socket.write(frame);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function ours(): Promise<void> {
  const skills = join(import.meta.dirname, '../../skills');
  const config = readConfig(
    ['--port=0', `--data-dir=${dataDir}`, `--skills=${skills}`, '--runner=inline', '--watch=false', '--rate-limit=0'],
    {},
  );
  const platform = await Platform.open(
    config,
    createServerLog('error', (text) => process.stderr.write(text)),
  );
  const { url, adminKeyFile } = await platform.start();
  const { external } = platform.services;
  const owner = await platform.administratorId();
  const { executionId: id } = await external.open({ owner, actor: 'system', name: 'fan-out', params: {} });
  say({ url: `${url}/ws?token=${readFileSync(adminKeyFile ?? '', 'utf8').trim()}&execution=${id}` });
  await told();
  while (Number(platform.hub.stats().totalConnections) < Number(expected))
    await new Promise((resolve) => setTimeout(resolve, 10));
  // Four reports on their way at once, so that the log is never what is waited for.
  const manager = platform.webSocketManager;
  let sent = 0;
  while (sent < Number(messages)) {
    const burst = Math.min(4, Number(messages) - sent);
    await Promise.all(Array.from({ length: burst }, () => manager.broadcastLog(id, 'info', line)));
    sent += burst;
  }
}
