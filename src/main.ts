import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { counted } from './kernel/counted.ts';
import { isAppError } from './kernel/errors.ts';
import { keepObjectsYoung } from './kernel/young-objects.ts';
import { FrontDoor } from './http/front-door.ts';
import { helpText, readConfig } from './config.ts';
import { Platform, type StartReport } from './platform.ts';
import { createServerLog } from './server-log.ts';

const flags = process.argv.slice(2);
// What this process makes belongs to its user alone, in whatever directory it lies.
process.umask(0o077);
if (flags.includes('--help') || flags.includes('-h')) process.stdout.write(helpText());
else {
  keepObjectsYoung();
  await serve();
}

async function serve(): Promise<void> {
  try {
    const config = readConfig(flags, process.env);
    const door = await FrontDoor.open(config);
    const platform = await Platform.open(
      config,
      createServerLog(config.logLevel, (line) => process.stderr.write(line)),
      (error) => {
        process.stderr.write(`ihuman stops: ${explain(error)}\n`);
        process.exit(1);
      },
      (progress) => {
        door.progress = progress;
      },
    );
    stopOnSignals(platform);
    const report = await platform.start(door);
    writeFileSync(pidFile(platform), `${String(process.pid)}\n`);
    announce(report);
  } catch (error) {
    process.stderr.write(`ihuman cannot start. ${explain(error)}\n`);
    process.exit(1);
  }
}

function stopOnSignals(platform: Platform): void {
  let stopping = false;
  const stop = (): void => {
    // A second signal means that nobody wants to wait.
    if (stopping) process.exit(1);
    stopping = true;
    announceStop(platform);
    platform.stop().then(
      () => {
        rmSync(pidFile(platform), { force: true });
        tell({ event: 'server.stopped' }, ['Stopped.']);
        process.exit(0);
      },
      (error: unknown) => {
        process.stderr.write(`${explain(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

function pidFile({ config }: Platform): string {
  return join(config.dataDir, 'server.pid');
}

function announce({ url, dataDir, adminKeyFile, skills }: StartReport): void {
  const { pid } = process;
  tell({ event: 'server.ready', url, pid, dataDir, adminKeyFile, skills }, [
    `ihuman is ready at ${url} with ${counted(skills, 'skill')}`,
    `  process              ${String(pid)}`,
    `  data directory       ${dataDir}`,
    `  administrator's key  ${adminKeyFile ?? 'in the data directory of the node that started first'}`,
    `  documentation        ${url}/docs`,
    '  Ctrl-C stops it; nothing is lost.',
  ]);
}

function announceStop({ services, config }: Platform): void {
  const { running } = services.runner();
  const { shutdownGraceMs } = config;
  const wait = `up to ${String(shutdownGraceMs / 1000)} s for ${counted(running, 'running execution')}`;
  tell({ event: 'server.stopping', running, shutdownGraceMs }, [
    running === 0 ? 'Stopping.' : `Stopping; waiting ${wait}. Ctrl-C again ends it at once.`,
  ]);
}

/** Says it in lines for people, or as one line of JSON for programs. */
function tell(event: object, lines: readonly string[]): void {
  process.stdout.write(process.stdout.isTTY ? `${lines.join('\n')}\n` : `${JSON.stringify(event)}\n`);
}

function explain(error: unknown): string {
  if (!isAppError(error)) return error instanceof Error ? (error.stack ?? error.message) : String(error);
  return error.code === 'INTERNAL' && error.cause !== undefined ? explain(error.cause) : error.message;
}
