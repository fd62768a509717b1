import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { openPlatform, say } from '../embedded.ts';

/** A server with one execution that has so many log lines and has ended. Says its address, its key and the execution's id. */
const [dataDir = '', lines = '0'] = process.argv.slice(2);
const perAppend = 100;
const { platform, url } = await openPlatform(dataDir);
const manager = platform.webSocketManager;
const executionId = await manager.openExecution({ name: 'told' });
const { log } = platform.services;
const wanted = Number(lines);
for (let told = 0; told < wanted; told += perAppend) {
  const atMs = Date.now();
  const events = Array.from({ length: Math.min(perAppend, wanted - told) }, (_, i) => ({
    type: 'ExecutionLogged' as const,
    data: { attempt: 1, level: 'info' as const, message: `line ${String(told + i)} of many`, loggedAtMs: atMs },
  }));
  await log.append({ stream: executionId, events, expected: 'exists', actor: 'bench', atMs });
}
await manager.broadcastExecutionComplete(executionId, null, 1);
const key = readFileSync(join(dataDir, 'admin-key'), 'utf8').trim();
say({ url, key, executionId });
