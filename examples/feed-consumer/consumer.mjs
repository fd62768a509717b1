// Prints the events of the feed, each once. Needs the packages kafkajs and avsc.
import avro from 'avsc';
import kafkajs from 'kafkajs';

const { BROKERS = '127.0.0.1:9092', TOPIC = 'ihuman.events', GROUP = 'feed-example-js', COUNT } = process.env;
const { API = 'http://127.0.0.1:5173', TOKEN = '' } = process.env;

const answer = await fetch(`${API}/api/events/schemas`, { headers: { authorization: `Bearer ${TOKEN}` } });
if (!answer.ok) throw new Error(`The server answers ${answer.status}: is TOKEN a token of it?`);
const { schemas } = await answer.json();
const types = new Map(schemas.map(({ fingerprint, schema }) => [fingerprint, avro.Type.forSchema(schema)]));

/** The event in single-object encoding: C3 01, the schema's fingerprint (little-endian), the body. */
function decode(value) {
  const type = types.get(Buffer.from(value.subarray(2, 10)).reverse().toString('hex'));
  return type === undefined ? null : type.fromBuffer(value.subarray(10));
}

/** The newest revision of each stream: what is not above it has been seen. */
const seen = new Map();
let left = COUNT === undefined ? Infinity : Number(COUNT);

const kafka = new kafkajs.Kafka({ brokers: BROKERS.split(','), clientId: GROUP, logLevel: kafkajs.logLevel.NOTHING });
const consumer = kafka.consumer({ groupId: GROUP });
await consumer.connect();
await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
await consumer.run({
  eachMessage: async ({ message }) => {
    const attributes = Object.fromEntries(
      Object.entries(message.headers).map(([name, value]) => [name, value.toString()]),
    );
    const stream = attributes.ce_subject;
    const revision = Number(attributes.ce_streamrevision);
    if (revision <= (seen.get(stream) ?? -1) || left <= 0) return;
    seen.set(stream, revision);
    const { ce_type: type, ce_sequence: position } = attributes;
    process.stdout.write(`${JSON.stringify({ type, stream, revision, position, data: decode(message.value) })}\n`);
    if (--left === 0) setImmediate(() => consumer.disconnect());
  },
});
