import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { readConfig } from './config.ts';
import { type CopiedLog, copyFromKafka, copyToKafka, newDirectory } from './event-log/kafka/copy-log.ts';
import { KafkajsTransport } from './event-log/kafka/kafkajs-transport.ts';
import { logRules, type TopicRules, vaultRules } from './event-log/kafka/topic.ts';
import { connectionOf } from './kafka/connection.ts';
import { counted } from './kernel/counted.ts';
import { AppError, isAppError } from './kernel/errors.ts';
import type { Config } from './setting.ts';
import { dataFiles, lockDataDir, prepareDataDir } from './store/data-dir.ts';

const help = `Moves a log between a data directory and Kafka, with its vault. Nothing is changed where it comes from. All servers have to be stopped.

  npm run log -- copy --to=kafka    --data-dir=DIR --new-data-dir=NEW [--kafka-brokers=… --kafka-cell=…]
  npm run log -- copy --to=embedded --data-dir=DIR --new-data-dir=NEW [--kafka-brokers=… --kafka-cell=…]

To Kafka, DIR has the log and its vault; NEW becomes the data directory of the first node. From Kafka, DIR is one of a node, which has the key
of the vault; NEW becomes the data directory of an embedded log. All settings of Kafka are taken (see npm start -- --help).
Copy the folder artifacts yourself. Exit code 0: copied, and the same log by its chain hash; 1: it is not the same; 2: it could not be done.
`;

const keyFile = 'vault.key';

async function copy(to: string, newDataDir: string, config: Config): Promise<CopiedLog> {
  const { dataDir, vaultKey, kafkaCell: cell } = config;
  prepareDataDir(dataDir);
  const { release } = lockDataDir(dataDir);
  const draws = process.stderr.isTTY;
  const onProgress = (what: string, done: number, of: number): void => {
    if (draws) process.stderr.write(`\r${what}: ${String(Math.round((done / Math.max(1, of)) * 100))} % \x1b[K`);
  };
  const transport = transportFor(config, 'log', logRules);
  try {
    newDirectory(newDataDir, existsSync);
    if (existsSync(join(dataDir, keyFile))) copyFileSync(join(dataDir, keyFile), join(newDataDir, keyFile));
    if (to === 'embedded') {
      const vaultTransport = transportFor(config, 'vault', vaultRules);
      return await copyFromKafka(newDataDir, { transport, vaultTransport, cell, vaultKey, onProgress });
    }
    if (!existsSync(join(dataDir, dataFiles.log)))
      throw new AppError('DATA_DIR_UNUSABLE', { message: `${dataDir} has no log.` });
    copyFileSync(join(dataDir, dataFiles.vault), join(newDataDir, dataFiles.vault));
    return await copyToKafka(dataDir, newDataDir, { transport, cell, vaultKey, onProgress });
  } catch (error) {
    // Half a copy must not be taken for a whole one.
    for (const file of [dataFiles.log, dataFiles.vault]) rmSync(join(newDataDir, file), { force: true });
    throw error;
  } finally {
    if (draws) process.stderr.write('\r\x1b[K');
    release();
  }
}

function transportFor(config: Config, what: string, rules: TopicRules): KafkajsTransport {
  const { kafkaBrokers, kafkaTls, kafkaSasl, kafkaUsername, kafkaPassword, kafkaCell } = config;
  const settings = {
    brokers: kafkaBrokers,
    tls: kafkaTls,
    sasl: kafkaSasl,
    username: kafkaUsername,
    password: kafkaPassword,
  };
  return new KafkajsTransport({
    ...connectionOf(settings, 'ihuman-copy'),
    topic: `ihuman.${kafkaCell}.${what}`,
    rules,
  });
}

/** Takes a flag of this program's own out of the arguments; the others are settings. */
function takeFlag(args: string[], name: string): string | null {
  const at = args.findIndex((arg) => arg === name || arg.startsWith(`${name}=`));
  if (at < 0) return null;
  const [flag = ''] = args.splice(at, 1);
  return flag.includes('=') ? flag.slice(name.length + 1) : (args.splice(at, 1)[0] ?? null);
}

async function run([verb, ...args]: readonly string[]): Promise<number> {
  const rest = [...args];
  const to = takeFlag(rest, '--to');
  const newDataDir = takeFlag(rest, '--new-data-dir');
  if (verb !== 'copy' || (to !== 'kafka' && to !== 'embedded') || newDataDir === null) {
    process.stderr.write(help);
    return 2;
  }
  const { appends, headHash } = await copy(to, resolve(newDataDir), readConfig(rest, process.env));
  process.stdout.write(
    `copied: ${counted(appends, 'append')}, the same on both sides up to the head hash ${headHash}\n`,
  );
  process.stdout.write(
    to === 'kafka'
      ? `Next: npm start -- --log=kafka --data-dir=${newDataDir}\n`
      : `Next: npm start -- --data-dir=${newDataDir}\n`,
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
