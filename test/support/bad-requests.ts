import fc from 'fast-check';

import type { WireRequest } from './http-client.ts';

/** What there is on the server that a bad request can name: an execution of the caller, and what belongs to somebody else. */
export type Known = Readonly<Record<'own' | 'foreign' | 'foreignKey', string>>;

type Fields = Readonly<Record<string, unknown>>;

/** Every route that takes a body, with a body that it would take. */
const bodies: readonly (readonly [method: string, path: string, body: Fields])[] = [
  ['POST', '/api/auth/register', { email: 'no@example.com', username: 'nobody', password: 'a long enough phrase' }],
  ['POST', '/api/auth/login', { email: 'no@example.com', password: 'a long enough phrase' }],
  ['PUT', '/api/auth/password', { currentPassword: 'one', newPassword: 'a long enough phrase' }],
  ['POST', '/api/auth/keys', { label: 'k', scopes: ['skills:read'], expiresInDays: 1 }],
  ['POST', '/api/skills/countdown/execute', { params: {}, priority: 0, delayMs: 1, timeoutMs: 1000, queueTtlMs: 1000 }],
  ['POST', '/api/executions', { name: 'external', params: {} }],
  ['POST', '/api/executions/batch', { executions: [{ skillId: 'noop' }] }],
  ['POST', '/api/executions/:own/cancel', { reason: 'none' }],
  ['POST', '/api/executions/:own/progress', { progress: 1, status: 'on' }],
  ['POST', '/api/executions/:own/logs', { level: 'info', message: 'a line' }],
  ['POST', '/api/executions/:own/complete', { result: 1, durationMs: 1 }],
  ['POST', '/api/executions/:own/error', { error: 'none', durationMs: 1 }],
  ['POST', '/api/executions/:own/cancelled', { reason: 'none', durationMs: 1 }],
];

const route = fc.constantFrom(...bodies);

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function fieldAt(body: Fields, at: number): readonly [name: string, value: unknown] {
  const fields = Object.entries(body);
  return fields[at % fields.length]!;
}

const kindOf = (value: unknown): string => (Array.isArray(value) ? 'list' : value === null ? 'null' : typeof value);

/** As a part of an address that Node's client agrees to send. */
const safePart = (text: string): string => encodeURIComponent(text.toWellFormed());

/** Written by hand, so that names such as __proto__ stay what they are. */
const withField = (body: Fields, name: string, value: unknown): string =>
  `${JSON.stringify(body).slice(0, -1)},${JSON.stringify(name)}:${JSON.stringify(value)}}`;

const post = (method: string, path: string, body: string): WireRequest => ({ method, path, body });

const malformedJson = fc
  .tuple(
    route,
    fc.nat({ max: 200 }),
    fc.constantFrom('', '}', ',', '"', '\u0000', 'undefined', '\\', '\ud800', '//', "'"),
  )
  .map(([[method, path, body], at, junk]) => {
    const text = JSON.stringify(body);
    const cut = at % text.length;
    return post(method, path, `${text.slice(0, cut)}${junk}${junk === '' ? '' : text.slice(cut)}`);
  })
  // Without a byte it is no body at all, which some routes can do with.
  .filter(({ body = '' }) => body !== '' && !isJson(body));

const wrongTypes = fc
  .tuple(route, fc.nat(), fc.constantFrom(0, '', true, null, [], {}, [[]], 'a', -1))
  .filter(([[, , body], at, value]) => {
    const [name, right] = fieldAt(body, at);
    return name !== 'result' && kindOf(right) !== kindOf(value);
  })
  .map(([[method, path, body], at, value]) => {
    return post(method, path, JSON.stringify({ ...body, [fieldAt(body, at)[0]]: value }));
  });

const unknownFields = fc
  .tuple(route, fc.string({ minLength: 1, maxLength: 30 }), fc.jsonValue({ maxDepth: 2 }))
  .filter(([[, , body], name]) => !Object.hasOwn(body, name) && name !== 'runAt' && name !== 'retry')
  .map(([[method, path, body], name, value]) => post(method, path, withField(body, name, value)));

const hugeBodies = fc
  .tuple(route, fc.integer({ min: 70_000, max: 120_000 }))
  .map(([[method, path, body], size]) => post(method, path, JSON.stringify({ ...body, padding: 'x'.repeat(size) })));

const hugeNumber = fc.oneof(
  fc.constantFrom('1e999', '-1e999', '1e308', '9007199254740993', '-0.5e20', '1e16', '99999999999999999999999999'),
  fc.bigInt({ min: 10n ** 17n, max: 10n ** 300n }).map(String),
);
const hugeNumbers = fc
  .tuple(
    fc.constantFrom<readonly [path: string, before: string, after?: string]>(
      ['/api/skills/countdown/execute', '{"params":{"from":', '}}'],
      ['/api/skills/countdown/execute', '{"priority":'],
      ['/api/skills/countdown/execute', '{"delayMs":'],
      ['/api/skills/countdown/execute', '{"timeoutMs":'],
      ['/api/skills/countdown/execute', '{"retry":{"maxAttempts":', '}}'],
      ['/api/executions/:own/progress', '{"progress":'],
      ['/api/executions/:own/complete', '{"durationMs":'],
      ['/api/auth/keys', '{"label":"k","scopes":["skills:read"],"expiresInDays":'],
    ),
    hugeNumber,
  )
  .map(([[path, before, after = '}'], number]) => post('POST', path, `${before}${number}${after}`));

/** Deep values in every place that does not take just any JSON. */
const deepNesting = fc
  .tuple(route, fc.nat(), fc.integer({ min: 10, max: 5000 }), fc.boolean())
  .filter(([[, path, body], at]) => fieldAt(body, at)[0] !== 'result' && path !== '/api/executions')
  .map(([[method, path, body], at, depth, lists]) => {
    const deep = lists ? `${'['.repeat(depth)}${']'.repeat(depth)}` : `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
    // Of two fields with one name the last one counts.
    return post(method, path, `${JSON.stringify(body).slice(0, -1)},"${fieldAt(body, at)[0]}":${deep}}`);
  });

const badCursor = fc
  .oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
    fc.constantFrom(
      '-1',
      '1e3',
      '0x10',
      ' 1',
      '9999999999999999',
      'NaN',
      'true',
      ' ',
      '١٢',
      '1,1',
      '00000000000000001',
      'null',
    ),
  )
  .filter((text) => !/^\d{1,15}$/.test(text));
const badCursors = fc
  .tuple(
    fc.constantFrom(
      '/api/events?after=',
      '/api/executions?cursor=',
      '/api/executions/:own?revision=',
      '/api/executions/:own/events?fromRevision=',
      '/api/executions?limit=',
      '/api/executions?offset=',
    ),
    badCursor,
  )
  .filter(([path, text]) => path.endsWith('after=') || path.endsWith('cursor=') || !/^\d+$/.test(text))
  .map(([path, text]) => ({ method: 'GET', path: path + encodeURIComponent(text) }));

const strangers = (path: string): readonly WireRequest[] => [
  { method: 'GET', path },
  { method: 'GET', path: `${path}?revision=0` },
  { method: 'GET', path: `${path}/events` },
  { method: 'GET', path: `${path}/artifacts` },
  { method: 'GET', path: `${path}/artifacts/a` },
  { method: 'GET', path: `${path}/stream` },
  { method: 'POST', path: `${path}/cancel` },
  { method: 'POST', path: `${path}/retry` },
  ...bodies
    .filter(([, target]) => target.includes(':own'))
    .map(([method, target, body]) => post(method, target.replace('/api/executions/:own', path), JSON.stringify(body))),
];
const foreignIds = fc
  .tuple(fc.oneof(fc.constant(':foreign'), fc.string({ maxLength: 60 }).map(safePart)), fc.nat(), fc.boolean())
  .map(([id, at, key]): WireRequest => {
    if (key) return { method: 'DELETE', path: `/api/auth/keys/${id === ':foreign' ? ':foreignKey' : id}` };
    const requests = strangers(`/api/executions/${id}`);
    return requests[at % requests.length]!;
  });

const trick = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }).map((text) => safePart(text)),
  fc
    .array(
      fc.constantFrom(
        '..',
        '.',
        '%2e%2e',
        '%2f',
        '%5c',
        '%00',
        '/',
        '//',
        'etc/passwd',
        '__proto__',
        'noop',
        '%',
        '%c0%ae',
        ';',
        '~',
      ),
      {
        minLength: 2,
        maxLength: 8,
      },
    )
    .map((parts) => parts.join('')),
  fc.constantFrom(
    'constructor',
    'toString',
    'NOOP',
    'noop%20',
    'noop%00',
    'noop%2f',
    '../skills/noop',
    './noop',
    'x'.repeat(400),
  ),
);
const pathTricks = fc
  .tuple(trick, fc.constantFrom('skill', 'run', 'artifact'))
  .filter(([id]) => id !== 'noop')
  .map(([id, where]): WireRequest => {
    if (where === 'skill') return { method: 'GET', path: `/api/skills/${id}` };
    if (where === 'run') return post('POST', `/api/skills/${id}/execute`, '{}');
    return { method: 'GET', path: `/api/executions/:own/artifacts/${id}` };
  });

const badHeaders = fc
  .tuple(
    fc.constantFrom<readonly [string, string]>(
      ['content-type', 'text/plain'],
      ['content-type', 'application/xml'],
      ['content-type', 'application/json/x'],
      ['idempotency-key', 'with space'],
      ['authorization', 'Bearer nobody'],
      ['authorization', 'Basic bm9ib2R5'],
      ['authorization', ''],
      ['last-event-id', 'x'],
    ),
    fc.string({ maxLength: 20 }).map((text) => text.replace(/[^\x20-\x7e]/g, '')),
  )
  .map(([[name, value], junk]): WireRequest => {
    const headers = { 'content-type': 'application/json', [name]: name === 'content-type' ? value : `${value}${junk}` };
    if (name === 'last-event-id') return { method: 'GET', path: '/api/events', headers };
    return { method: 'POST', path: '/api/skills/noop/execute', headers, body: '{}' };
  });

const wrongMethods = fc
  .tuple(
    fc.constantFrom('DELETE', 'PUT', 'PATCH', 'TRACE', 'PROPFIND', 'OPTIONS'),
    fc.constantFrom(
      '/api/skills',
      '/api/events',
      '/api/executions',
      '/api/executions/:own',
      '/api/system/status',
      '/metrics',
      '/ws',
      '/',
    ),
  )
  .map(([method, path]): WireRequest => ({ method, path }));

const generators: Readonly<Record<string, fc.Arbitrary<WireRequest>>> = {
  'malformed JSON': malformedJson,
  'wrong types': wrongTypes,
  'unknown fields': unknownFields,
  'huge bodies': hugeBodies,
  'huge numbers': hugeNumbers,
  'deep nesting': deepNesting,
  'bad cursors': badCursors,
  "other users' ids": foreignIds,
  'path tricks': pathTricks,
  'bad headers': badHeaders,
  'wrong methods': wrongMethods,
};

/** The kinds of bad input that there are requests for. */
export const kindsOfBadRequests = Object.keys(generators);

/** A generator of requests of one kind, each of which has to be refused. */
export function badRequests(kind: string, known: Known): fc.Arbitrary<WireRequest> {
  return generators[kind]!.map((sent) => {
    const path = sent.path.replace(/:(own|foreignKey|foreign)/g, (_, name: keyof Known) => known[name]);
    return { ...sent, path };
  });
}
