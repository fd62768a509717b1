import { parseArgs } from 'node:util';

import { readConfig } from './config.ts';
import { checkExport } from './feed/log-export.ts';
import { counted } from './kernel/counted.ts';
import { AppError, isAppError } from './kernel/errors.ts';
import { verifyDataDir } from './verify.ts';

const help = `Checks that nothing of a log was lost or changed. Exit code 0: all is well; 1: it is not; 2: it could not be checked.

  npm run verify                            the data directory ./.ihuman, or the one of IHUMAN_DATA_DIR
  npm run verify -- --data-dir=DIR          a data directory, or a copy of one: hash chain, and read models against the log
  npm run verify -- --export=FILE           a file of GET /api/events/export: needs nothing but the file
  npm run verify -- --export=FILE --known-hash=HEX
                                            ... and the log has to pass through this hash, noted from an earlier check
`;

interface Found {
  readonly lines: readonly string[];
  readonly clean: boolean;
}

async function checkFile(path: string, knownHash: string | null): Promise<Found> {
  const found = await checkExport(path, knownHash);
  if (!found.intact) return { lines: [`export: DAMAGED at line ${String(found.line)}: ${found.reason}`], clean: false };
  const { appends, events, headHash } = found;
  return { lines: [`export: ${intact(appends, events, headHash)}`], clean: true };
}

function checkDirectory(args: readonly string[]): Found {
  const { dataDir } = readConfig(args, process.env);
  const { isTTY } = process.stderr;
  const { chain, readModels, clean } = verifyDataDir(dataDir, (what, position, head) => {
    if (isTTY) process.stderr.write(`\r${what}: ${String(Math.round((position / Math.max(1, head)) * 100))} % `);
  });
  if (isTTY) process.stderr.write('\r\x1b[K');
  const lines = chain.intact
    ? [`log: ${intact(chain.records, chain.events, chain.headHash)}`]
    : [`log: DAMAGED at position ${String(chain.position)}: ${chain.reason}`];
  if (readModels !== null) {
    const { differences, position } = readModels;
    lines.push(`read models: ${counted(differences.length, 'difference')} at position ${String(position)}`);
    lines.push(...differences.map(({ table, key, what }) => `  ${table} ${key}: ${what}`));
  }
  return { lines, clean };
}

function intact(appends: number, events: number, headHash: string): string {
  return `intact, ${counted(appends, 'append')}, ${counted(events, 'event')}, head hash ${headHash}`;
}

function check(args: readonly string[]): Promise<Found> | Found {
  if (!args.some((arg) => arg.startsWith('--export'))) return checkDirectory(args);
  const options = { export: { type: 'string' }, 'known-hash': { type: 'string' } } as const;
  const { values } = parseArgs({ args: [...args], options });
  const knownHash = values['known-hash'] ?? null;
  if (knownHash !== null && !/^[0-9a-f]{64}$/i.test(knownHash))
    throw new AppError('CONFIG_INVALID', {
      message: '--known-hash must be 64 hexadecimal digits, as an earlier check printed them.',
    });
  return checkFile(values.export ?? '', knownHash?.toLowerCase() ?? null);
}

const args = process.argv.slice(2);
if (args.includes('--help')) {
  process.stdout.write(help);
} else {
  try {
    const { lines, clean } = await check(args);
    process.stdout.write(`${lines.join('\n')}\n`);
    process.exitCode = clean ? 0 : 1;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = isAppError(error) && error.code === 'LOG_CORRUPT' ? 1 : 2;
  }
}
