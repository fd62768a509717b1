import { readConfig } from './config.ts';
import { isAppError } from './kernel/errors.ts';
import { verifyDataDir } from './verify.ts';

/** `npm run verify -- --data-dir …`: exit code 0 when the log is whole and the read models agree with it, 1 when not. */
try {
  const { dataDir } = readConfig(process.argv.slice(2), process.env);
  const { chain, readModels, clean } = verifyDataDir(dataDir, (what, position, head) => {
    if (process.stderr.isTTY)
      process.stderr.write(`\r${what}: ${String(Math.round((position / Math.max(1, head)) * 100))} % `);
  });
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  if (chain.intact)
    process.stdout.write(
      `log: intact, ${String(chain.records)} appends, ${String(chain.events)} events, head hash ${chain.headHash}\n`,
    );
  else process.stdout.write(`log: DAMAGED at position ${String(chain.position)}: ${chain.reason}\n`);
  if (readModels !== null) {
    process.stdout.write(
      `read models: ${String(readModels.differences.length)} differences at position ${String(readModels.position)}\n`,
    );
    for (const { table, key, what } of readModels.differences) process.stdout.write(`  ${table} ${key}: ${what}\n`);
  }
  process.exit(clean ? 0 : 1);
} catch (error) {
  process.stderr.write(`${isAppError(error) || error instanceof Error ? error.message : String(error)}\n`);
  process.exit(2);
}
