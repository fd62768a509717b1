import { parseArgs } from 'node:util';

import { missingForLocalKafka, startLocalKafka } from './local-kafka.ts';

const help = `A Kafka cluster on this machine, without Docker, until Ctrl-C. Needs Java 17 and Maven.

  npm run kafka                     one broker on 127.0.0.1:9092
  npm run kafka -- --brokers=3      three brokers, on the ports from 9092 on
  npm run kafka -- --port=19092     other ports
  npm run kafka -- --dir=DIR        where its files lie; default: a temporary directory. Removed at the end.
`;

const options = {
  help: { type: 'boolean' },
  brokers: { type: 'string', default: '1' },
  port: { type: 'string', default: '9092' },
  dir: { type: 'string' },
} as const;

const { values } = parseArgs({ options });
const missing = await missingForLocalKafka();
if (values.help === true) {
  process.stdout.write(help);
} else if (missing !== null) {
  process.stderr.write(`A local Kafka cannot be started: ${missing}.\n`);
  process.exitCode = 1;
} else {
  const kafka = await startLocalKafka({
    brokers: Number(values.brokers),
    port: Number(values.port),
    ...(values.dir !== undefined && { dir: values.dir }),
    onProgress: (line) => process.stderr.write(`${line}\n`),
  });
  process.stdout.write(`Kafka is ready: ${kafka.brokers.join(',')}\nCtrl-C ends it.\n`);
  const end = (): void => {
    void kafka.stop().then(() => process.exit(0));
  };
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
}
