import { join } from 'node:path';

import { readConfig } from '../src/config.ts';
import { keepObjectsYoung } from '../src/kernel/young-objects.ts';
import { Platform } from '../src/platform.ts';
import { createServerLog } from '../src/server-log.ts';

/** A platform inside this process, and the account that everything in it belongs to. */
export async function openPlatform(
  dataDir: string,
  flags: readonly string[] = [],
): Promise<{ readonly platform: Platform; readonly owner: string; readonly url: string }> {
  keepObjectsYoung();
  const skills = join(import.meta.dirname, '../skills');
  const config = readConfig(
    [
      ...['--port=0', `--data-dir=${dataDir}`, `--skills=${skills}`, '--runner=inline', '--watch=false'],
      ...['--rate-limit=0', '--egress-allow=127.0.0.0/8', ...flags],
    ],
    {},
  );
  const platform = await Platform.open(
    config,
    createServerLog('error', (text) => process.stderr.write(text)),
  );
  const { url } = await platform.start();
  return { platform, owner: await platform.administratorId(), url };
}

/** Says a line to the program that started this one. */
export function say(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Resolves when `done()` holds; asked every few milliseconds. */
export async function untilTrue(done: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await done())) await new Promise((resolve) => setTimeout(resolve, 5));
}
