/** Who may come in at a broker, and what the broker shows of itself. */
export interface KafkaSecurity {
  /** PEM with the broker's key, its certificate and those that vouch for it. */
  readonly keyStoreFile: string;
  readonly username: string;
  readonly password: string;
}

/** Where a broker stands in its cluster. */
interface BrokerPlace {
  readonly host: string;
  readonly index: number;
  /** The ports of all brokers: for clients; for controllers; for brokers among themselves, where clients need TLS. */
  readonly ports: {
    readonly client: readonly number[];
    readonly controller: readonly number[];
    readonly internal: readonly number[];
  };
  readonly dataDir: string;
  /** The port that clients are told; default: the broker's own. */
  readonly advertisedPort?: number | undefined;
  readonly security?: KafkaSecurity | undefined;
}

/** A broker's `server.properties`: broker and controller in one process. */
export function brokerConfig(place: BrokerPlace): string {
  const { host, index, ports, dataDir } = place;
  const count = ports.client.length;
  const voters = ports.controller.map((port, i) => `${String(i + 1)}@${host}:${String(port)}`);
  const replicas = String(count);
  const quorum = count === 1 ? '1' : '2';
  return `${[
    'process.roles=broker,controller',
    `node.id=${String(index + 1)}`,
    `controller.quorum.voters=${voters.join(',')}`,
    ...listeners(place),
    'controller.listener.names=CONTROLLER',
    `log.dirs=${dataDir}`,
    `offsets.topic.replication.factor=${replicas}`,
    'offsets.topic.num.partitions=4',
    `transaction.state.log.replication.factor=${replicas}`,
    `transaction.state.log.min.isr=${quorum}`,
    `share.coordinator.state.topic.replication.factor=${replicas}`,
    `share.coordinator.state.topic.min.isr=${quorum}`,
    'group.initial.rebalance.delay.ms=0',
    'auto.create.topics.enable=false',
    // A broker that was killed is missed after this long.
    'broker.session.timeout.ms=3000',
    'broker.heartbeat.interval.ms=300',
  ].join('\n')}\n`;
}

/** What `kafka-storage format` has to be told, so that users can sign in at the first start. */
export function scramFlags({ username, password }: KafkaSecurity): readonly string[] {
  return ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
    '--add-scram',
    `${mechanism}=[name=${username},password=${password}]`,
  ]);
}

function listeners({ host, index, ports, advertisedPort, security }: BrokerPlace): readonly string[] {
  const at = (name: string, port: number | undefined): string => `${name}://${host}:${String(port ?? 0)}`;
  const controller = at('CONTROLLER', ports.controller[index]);
  const told = advertisedPort ?? ports.client[index];
  if (security === undefined) {
    return [
      `listeners=${at('PLAINTEXT', ports.client[index])},${controller}`,
      `advertised.listeners=${at('PLAINTEXT', told)}`,
      'inter.broker.listener.name=PLAINTEXT',
      'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    ];
  }
  const internal = at('INTERNAL', ports.internal[index]);
  return [
    `listeners=${at('CLIENT', ports.client[index])},${internal},${controller}`,
    `advertised.listeners=${at('CLIENT', told)},${internal}`,
    'inter.broker.listener.name=INTERNAL',
    'listener.security.protocol.map=CLIENT:SASL_SSL,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT',
    ...clientSecurity(security),
  ];
}

function clientSecurity({ keyStoreFile, username, password }: KafkaSecurity): readonly string[] {
  const modules = 'org.apache.kafka.common.security';
  const scram = `${modules}.scram.ScramLoginModule required;`;
  const settings = {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': keyStoreFile,
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    'scram-sha-256.sasl.jaas.config': scram,
    'scram-sha-512.sasl.jaas.config': scram,
    'plain.sasl.jaas.config': `${modules}.plain.PlainLoginModule required user_${username}="${password}";`,
  };
  return Object.entries(settings).map(([name, value]) => `listener.name.client.${name}=${value}`);
}
