import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { isAppError } from './kernel/errors.ts';
import { createSnapshot, restoreSnapshot } from './store/snapshot.ts';

const help = `A node's copy of the log and its read models, to start another node from. Vault, keys and artifacts are not in it.

  npm run snapshot -- create --data-dir=DIR --to=SNAPSHOT     of a data directory, whether or not a server is using it
  npm run snapshot -- restore --from=SNAPSHOT --data-dir=DIR  into a data directory without a log, after it was checked

Exit code 0: done; 1: the snapshot is damaged; 2: it could not be done.
`;

function say(what: string): void {
  process.stderr.write(`${what} …\n`);
}

async function run(args: readonly string[]): Promise<number> {
  const [verb, ...rest] = args;
  const options = { 'data-dir': { type: 'string' }, to: { type: 'string' }, from: { type: 'string' } } as const;
  const { values } = parseArgs({ args: rest, options });
  const place = verb === 'create' ? values.to : values.from;
  const dataDir = values['data-dir'];
  if ((verb !== 'create' && verb !== 'restore') || place === undefined || dataDir === undefined) {
    process.stderr.write(help);
    return 2;
  }
  const work =
    verb === 'create'
      ? createSnapshot(resolve(dataDir), resolve(place), say)
      : restoreSnapshot(resolve(place), resolve(dataDir), say);
  const { epoch, head, headHash, files } = await work;
  const megabytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) / 1024 / 1024;
  process.stdout.write(
    `${verb === 'create' ? 'created' : 'restored'}: log ${epoch} up to position ${String(head)}, head hash ${headHash}, ${megabytes.toFixed(1)} MiB\n`,
  );
  return 0;
}

const args = process.argv.slice(2);
if (args.includes('--help') || args.includes('-h')) process.stdout.write(help);
else {
  try {
    process.exitCode = await run(args);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = isAppError(error) && error.code === 'LOG_CORRUPT' ? 1 : 2;
  }
}
