import type { AnySetting } from './setting.ts';
import { anyText, flag, oneOf, texts, whole } from './setting-values.ts';

/** Settings of a cell on Kafka, and of the topic that the log is published to. */
export const kafkaSettings: readonly AnySetting[] = [
  {
    key: 'kafkaBrokers',
    name: 'KAFKA_BROKERS',
    default: '127.0.0.1:9092',
    expects: 'host:port of some brokers, separated by commas',
    doc: 'Where the Kafka cluster is.',
    parse: (text) => {
      const brokers = texts(text);
      return brokers.length > 0 && brokers.every((broker) => /^[^\s:]+:\d{1,5}$/.test(broker)) ? brokers : null;
    },
  },
  {
    key: 'kafkaCell',
    name: 'KAFKA_CELL',
    default: 'main',
    expects: '1 to 60 lower-case letters, digits and dashes',
    doc: 'Which log of the cluster: its topic is ihuman.<cell>.log. One cell is one log.',
    parse: (text) => (/^[a-z0-9-]{1,60}$/.test(text) ? text : null),
  },
  {
    key: 'kafkaTls',
    name: 'KAFKA_TLS',
    default: 'false',
    expects: 'true or false',
    doc: 'Speak TLS with the brokers; authorities beside the well-known ones come from NODE_EXTRA_CA_CERTS.',
    parse: flag,
  },
  {
    key: 'kafkaSasl',
    name: 'KAFKA_SASL',
    default: 'none',
    expects: 'none, plain, scram-sha-256 or scram-sha-512',
    doc: 'How to sign in at the brokers.',
    parse: oneOf('none', 'plain', 'scram-sha-256', 'scram-sha-512'),
  },
  {
    key: 'kafkaUsername',
    name: 'KAFKA_USERNAME',
    default: '',
    expects: 'a name',
    doc: 'Who signs in at the brokers.',
    parse: anyText,
  },
  {
    key: 'kafkaPassword',
    name: 'KAFKA_PASSWORD',
    default: '',
    expects: 'a password',
    doc: 'The password for that. Set it in the environment: a flag can be read by everybody on the machine.',
    secret: true,
    parse: anyText,
  },
  {
    key: 'feedTopic',
    name: 'FEED_TOPIC',
    default: '',
    expects: 'the name of a topic: letters, digits, dots, dashes and underscores',
    doc: 'A Kafka topic that everything in the log is published to, as CloudEvents for outside consumers; empty: none.',
    parse: (text) => (/^[\w.-]{0,200}$/.test(text) ? text : null),
  },
  {
    key: 'schemaRegistry',
    name: 'SCHEMA_REGISTRY',
    default: '',
    expects: 'an http or https address',
    doc: "A registry with the API of Confluent's, whose frame the published events then have; empty: single-object encoding.",
    parse: (text) => (text === '' || /^https?:$/.test(URL.parse(text)?.protocol ?? '') ? text : null),
  },
  {
    key: 'schemaRegistryUsername',
    name: 'SCHEMA_REGISTRY_USERNAME',
    default: '',
    expects: 'a name',
    doc: 'Who signs in at the registry.',
    parse: anyText,
  },
  {
    key: 'schemaRegistryPassword',
    name: 'SCHEMA_REGISTRY_PASSWORD',
    default: '',
    expects: 'a password',
    doc: 'The password for that. Set it in the environment.',
    secret: true,
    parse: anyText,
  },
  {
    key: 'kafkaOutcomeMs',
    name: 'KAFKA_OUTCOME_MS',
    default: '30000',
    expects: 'milliseconds from 1000 to 600000',
    doc: 'What the cluster has not confirmed for this long is answered with OUTCOME_UNKNOWN.',
    parse: whole(1000, 600_000),
  },
];
