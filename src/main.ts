import { isAppError } from './kernel/errors.ts';
import { helpText, readConfig } from './config.ts';
import { Platform, type StartReport } from './platform.ts';
import { createServerLog } from './server-log.ts';

const flags = process.argv.slice(2);
if (flags.includes('--help') || flags.includes('-h')) process.stdout.write(helpText());
else await serve();

async function serve(): Promise<void> {
  try {
    const config = readConfig(flags, process.env);
    const platform = await Platform.open(
      config,
      createServerLog(config.logLevel, (line) => process.stderr.write(line)),
      (error) => {
        process.stderr.write(`ihuman stops: ${explain(error)}\n`);
        process.exit(1);
      },
    );
    stopOnSignals(platform);
    announce(await platform.start());
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
    platform.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${explain(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

function announce(report: StartReport): void {
  const { url, dataDir, adminKeyFile, newAdminKey, skills } = report;
  if (!process.stdout.isTTY) {
    process.stdout.write(
      `${JSON.stringify({ event: 'server.ready', url, dataDir, adminKeyFile, skills, ...(newAdminKey !== null && { newAdminKey }) })}\n`,
    );
    return;
  }
  const lines = [
    `ihuman is ready at ${url} with ${String(skills)} skills`,
    `  data directory       ${dataDir}`,
    `  administrator's key  ${adminKeyFile}`,
    ...(newAdminKey === null ? [] : [`  shown this once      ${newAdminKey}`]),
    `  documentation        ${url}/docs`,
    '  Ctrl-C stops it; nothing is lost.',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function explain(error: unknown): string {
  if (isAppError(error)) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
