import fc from 'fast-check';

type Known = Readonly<Record<'own' | 'foreign', string>>;

const message = (fields: object): string => JSON.stringify(fields);
const wrong = fc.constantFrom<unknown>(0, -1, 1.5, true, '', {}, [], [[]], [null], 'x'.repeat(200));
const place = fc.constantFrom('seq', 'pos', 'tail');

const malformedJson = fc
  .tuple(fc.nat({ max: 60 }), fc.constantFrom('', '{', ',', '"', '\u0000', 'undefined', '\\', '//', "'"))
  .map(([at, junk]) => {
    const text = '{"type":"subscribe","executionId":"exec_none","since":{"seq":1}}';
    return text.slice(0, at) + junk + (junk === '' ? '' : text.slice(at));
  });

const wrongTypes = ({ own }: Known): fc.Arbitrary<string> =>
  fc.oneof(
    fc
      .jsonValue({ maxDepth: 2 })
      .filter((value) => typeof value !== 'object')
      .map((value) => JSON.stringify(value)),
    wrong.map((type) => message({ type })),
    wrong.map((executionId) =>
      message({ type: 'request-update', executionId: typeof executionId === 'string' ? '' : executionId }),
    ),
    wrong.map((executionId) =>
      message({ type: 'unsubscribe', executionId: typeof executionId === 'string' ? null : executionId }),
    ),
    wrong.map((since) => message({ type: 'subscribe', executionId: own, since })),
    wrong.map((executions) => message({ type: 'subscribe', executions })),
    wrong.map((item) => message({ type: 'subscribe', executions: [{ id: own }, item] })),
    wrong.map((type) => message({ type: 'subscribe', executionId: own, types: [type] })),
    wrong.map((token) => message({ type: 'auth', token: typeof token === 'string' ? null : token })),
  );

const unknownTypes = fc
  .tuple(
    fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'Subscribe', 'welcome')),
    fc.jsonValue({ maxDepth: 2 }),
  )
  .filter(([type]) => !['subscribe', 'unsubscribe', 'request-update', 'ping', 'auth'].includes(type))
  .map(([type, extra]) => message({ type, extra }));

const hugeNumbers = ({ own }: Known): fc.Arbitrary<string> =>
  fc
    .tuple(
      place,
      fc.oneof(fc.constantFrom('1e999', '-1e999', '1e308', '-1', '0.1'), fc.bigInt({ min: 10n ** 16n }).map(String)),
    )
    .map(([name, number]) => `{"type":"subscribe","executionId":"${own}","since":{"${name}":${number}}}`);

const deepNesting = fc
  .tuple(fc.constantFrom('executionId', 'executions', 'type', 'since'), fc.integer({ min: 2, max: 5000 }), fc.boolean())
  .map(([name, depth, lists]) => {
    const deep = lists ? `${'['.repeat(depth)}${']'.repeat(depth)}` : `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
    const id = name === 'since' ? '"executionId":"exec_none",' : '';
    return `{${name === 'type' ? '' : '"type":"subscribe",'}${id}"${name}":${deep}}`;
  });

const badPlaces = ({ own }: Known): fc.Arbitrary<string> =>
  fc.oneof(
    fc
      .tuple(fc.constantFrom('seq', 'pos'), fc.integer({ min: 10_000_000 }))
      .map(([name, number]) =>
        message({ type: 'subscribe', executionId: own, onGap: 'reject', since: { [name]: number } }),
      ),
    fc
      .string()
      .filter((text) => text !== 'start' && text !== 'now')
      .map((since) => message({ type: 'subscribe', executionId: own, since })),
    fc
      .string()
      .filter((time) => Number.isNaN(Date.parse(time)))
      .map((time) => message({ type: 'subscribe', executionId: own, since: { time } })),
  );

const foreignIds = ({ foreign }: Known): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.oneof(
        fc.constant(foreign),
        fc.string({ minLength: 1, maxLength: 80 }).filter((id) => id.length <= 80),
      ),
      fc.constantFrom('subscribe', 'request-update'),
    )
    .map(([executionId, type]) => message({ type, executionId }));

const pathTricks = fc
  .tuple(
    fc.array(fc.constantFrom('../', '..\\', '%2e%2e', '%00', '\u0000', 'exec_', '*', 'user_', '__proto__'), {
      minLength: 1,
      maxLength: 6,
    }),
    fc.constantFrom('subscribe', 'request-update'),
  )
  .map(([parts, type]) => message({ type, executionId: parts.join('') }));

const binary = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));

const generators: Readonly<Record<string, (known: Known) => fc.Arbitrary<string | Buffer>>> = {
  'malformed JSON': () => malformedJson,
  'wrong types': wrongTypes,
  'unknown types': () => unknownTypes,
  'huge numbers': hugeNumbers,
  'deep nesting': () => deepNesting,
  'bad places in the log': badPlaces,
  "other users' ids": foreignIds,
  'path tricks in ids': () => pathTricks,
  'binary content': () => binary,
};

/** The kinds of bad input that there are frames for. */
export const kindsOfBadFrames = Object.keys(generators);

/** A generator of frames of one kind, each of which has to be answered with one error. */
export function badFrames(kind: string, known: Known): fc.Arbitrary<string | Buffer> {
  return generators[kind]!(known);
}
