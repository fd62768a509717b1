import { AppError } from '../../kernel/errors.ts';

/** What a topic is like: settings as `kafka-configs.sh` names them. */
export interface TopicDescription {
  readonly partitions: number;
  readonly replicas: number;
  readonly settings: ReadonlyMap<string, string>;
}

/** An append may take 4 MiB; a request holds one or several, with what Kafka adds. */
const maxMessageBytes = 5 * 1024 * 1024;

/** The settings that a topic must have on a cluster with so many replicas of it. */
export type TopicRules = (replicas: number) => ReadonlyMap<string, string>;

const safe = (replicas: number): [string, string][] => [
  ['max.message.bytes', String(maxMessageBytes)],
  ['min.insync.replicas', replicas >= 3 ? '2' : '1'],
  ['unclean.leader.election.enable', 'false'],
  // What we write is not compressed, and what is fetched should not have to be unpacked.
  ['compression.type', 'producer'],
];

/** A log keeps everything for ever. */
export const logRules: TopicRules = (replicas) =>
  new Map([['cleanup.policy', 'delete'], ['retention.ms', '-1'], ['retention.bytes', '-1'], ...safe(replicas)]);

const dayMs = 86_400_000;

/**
 * A vault keeps the last record of each key. What was removed or replaced is gone from the disks of the cluster within a week; that
 * it was removed can be read for two days more.
 */
export const vaultRules: TopicRules = (replicas) =>
  new Map([
    ['cleanup.policy', 'compact'],
    ['delete.retention.ms', String(2 * dayMs)],
    ['max.compaction.lag.ms', String(7 * dayMs)],
    ['segment.ms', String(dayMs)],
    ...safe(replicas),
  ]);

/**
 * Throws CONFIG_INVALID when a topic cannot hold a log: it would lose or reorder what was acknowledged. The message says the
 * command that mends it, where one does.
 */
export function checkTopic(
  {
    topic,
    brokers,
    rules,
  }: { readonly topic: string; readonly brokers: readonly string[]; readonly rules: TopicRules },
  found: TopicDescription,
): void {
  if (found.partitions !== 1) {
    throw refused(
      topic,
      `has ${String(found.partitions)} partitions; it has to have one, for ever`,
      'Choose another cell (IHUMAN_KAFKA_CELL), whose topic is made anew.',
    );
  }
  const wrong = [...rules(found.replicas)].filter(([name, wanted]) => !isGood(name, wanted, found.settings.get(name)));
  if (wrong.length === 0) return;
  const names = wrong.map(([name]) => `${name} = ${found.settings.get(name) ?? 'unknown'}`);
  const wanted = wrong.map(([name, value]) => `${name}=${value}`).join(',');
  throw refused(
    topic,
    `has ${names.join(', ')}`,
    `kafka-configs.sh --bootstrap-server ${brokers[0] ?? 'HOST:PORT'} --alter --entity-type topics --entity-name ${topic} --add-config ${wanted}`,
  );
}

function isGood(name: string, wanted: string, found: string | undefined): boolean {
  if (name === 'max.message.bytes' || name === 'min.insync.replicas') return Number(found) >= Number(wanted);
  return found === wanted;
}

function refused(topic: string, why: string, cure: string): AppError {
  return new AppError('CONFIG_INVALID', {
    message: `The Kafka topic ${topic} cannot be used: it ${why}. This mends it:\n  ${cure}`,
  });
}
