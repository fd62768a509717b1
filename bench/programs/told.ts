import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { openPlatform, say } from '../embedded.ts';

/** A server with one execution that has so many log lines and has ended. Says its address, its key and the execution's id. */
const [dataDir = '', lines = '0'] = process.argv.slice(2);
const { platform, url } = await openPlatform(dataDir);
const manager = platform.webSocketManager;
const executionId = await manager.openExecution({ name: 'told' });
const wanted = Number(lines);
for (let told = 0; told < wanted; told += 500) {
  const some = Math.min(500, wanted - told);
  await Promise.all(
    Array.from({ length: some }, (_, i) =>
      manager.broadcastLog(executionId, 'info', `line ${String(told + i)} of many`),
    ),
  );
}
await manager.broadcastExecutionComplete(executionId, null, 1);
const key = readFileSync(join(dataDir, 'admin-key'), 'utf8').trim();
say({ url, key, executionId });
