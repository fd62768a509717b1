import { AppError } from '../../kernel/errors.ts';

/** What a topic has to be like to hold a log: settings as `kafka-configs.sh` names them. */
export interface TopicDescription {
  readonly partitions: number;
  readonly replicas: number;
  readonly settings: ReadonlyMap<string, string>;
}

/** An append may take 4 MiB; a request holds one or several, with what Kafka adds. */
const maxMessageBytes = 5 * 1024 * 1024;

/** The settings of a new topic on a cluster with this many replicas of it. */
export function settingsFor(replicas: number): ReadonlyMap<string, string> {
  return new Map([
    ['cleanup.policy', 'delete'],
    ['retention.ms', '-1'],
    ['retention.bytes', '-1'],
    ['max.message.bytes', String(maxMessageBytes)],
    ['min.insync.replicas', replicas >= 3 ? '2' : '1'],
    ['unclean.leader.election.enable', 'false'],
  ]);
}

/**
 * Throws CONFIG_INVALID when a topic cannot hold a log: it would lose or reorder what was acknowledged. The message says the
 * command that mends it, where one does.
 */
export function checkTopic(topic: string, brokers: readonly string[], found: TopicDescription): void {
  if (found.partitions !== 1) {
    throw refused(
      topic,
      `has ${String(found.partitions)} partitions; one log is one partition, for ever`,
      'Choose another cell (IHUMAN_KAFKA_CELL), whose topic is made anew.',
    );
  }
  const wrong = [...settingsFor(found.replicas)].filter(
    ([name, wanted]) => !isGood(name, wanted, found.settings.get(name)),
  );
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
    message: `The Kafka topic ${topic} cannot hold the log: it ${why}. This mends it:\n  ${cure}`,
  });
}
