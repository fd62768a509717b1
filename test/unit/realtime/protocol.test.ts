import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parseClientMessage, wireErrors } from '../../../src/realtime/protocol.ts';

const parse = (message: unknown) => parseClientMessage(JSON.stringify(message));
const subscribe = (part: object) => parse({ type: 'subscribe', executionId: 'exec_1', ...part });

describe('a client message', () => {
  it('of the base protocol subscribes from the start and is told nothing new', () => {
    expect(subscribe({})).toEqual({
      type: 'subscribe',
      id: null,
      wanted: [{ executionId: 'exec_1', since: { kind: 'start' } }],
      types: null,
      epoch: null,
      onGap: 'snapshot',
      conflate: 'auto',
      extended: false,
      steps: false,
    });
  });

  it.each([
    ['start', { kind: 'start' }],
    ['now', { kind: 'now' }],
    [{ seq: 3 }, { kind: 'seq', seq: 3 }],
    [{ pos: '09' }, { kind: 'pos', pos: '09' }],
    [{ tail: 2 }, { kind: 'tail', count: 2 }],
    [{ time: '2026-01-01T00:00:00Z' }, { kind: 'time', atMs: Date.UTC(2026, 0, 1) }],
  ])('may start at %j', (since, wanted) => {
    expect(subscribe({ since })).toMatchObject({ extended: true, wanted: [{ since: wanted }] });
  });

  it.each([
    { since: { seq: -1 } },
    { since: { seq: 1.5 } },
    { since: { pos: 9 } },
    { since: { pos: '' } },
    { conflate: 'sometimes' },
    { onGap: 7 },
    { since: { time: 'yesterday' } },
    { since: 'end' },
    { since: [] },
    { types: ['progress', 'toString'] },
    { types: 'progress' },
    { executionId: '' },
    { executionId: 'x'.repeat(81) },
    { executions: [] },
    { executions: Array.from({ length: 129 }, () => ({ id: 'exec_1' })) },
    { executions: [null] },
  ])('is refused when it holds %j', (part) => {
    expect(subscribe({ id: 7, ...part })).toMatchObject({ error: 'bad-request', id: 7 });
  });

  it('may name several executions and the kinds of messages it wants', () => {
    expect(
      parse({ type: 'subscribe', executions: [{ id: 'a' }, { id: 'b', since: 'now' }], types: ['log', 'error'] }),
    ).toMatchObject({
      wanted: [
        { executionId: 'a', since: { kind: 'start' } },
        { executionId: 'b', since: { kind: 'now' } },
      ],
      types: new Set(['execution-log', 'execution-error']),
    });
  });

  it('has a type that exists', () => {
    expect(parse({ type: 'dance', id: 'a' })).toMatchObject({ error: 'unknown-type', id: 'a' });
    expect(parse({ type: 'ping', ts: 5 })).toEqual({ type: 'ping', ts: 5 });
    expect(parse({ type: 'unsubscribe', executionId: 'e' })).toMatchObject({ type: 'unsubscribe', executionId: 'e' });
    expect(parse({ type: 'request-update' })).toMatchObject({ error: 'bad-request' });
    expect(parse({ type: 'auth', token: 1 })).toMatchObject({ error: 'bad-request' });
    for (const text of ['', '{', 'null', '[]', '"ping"', '{}']) {
      expect(parseClientMessage(text)).toMatchObject({ error: 'bad-request' });
    }
  });

  it('is echoed in short scalars only', () => {
    expect(parse({ type: 'ping', ts: { deep: 'x' } })).toEqual({ type: 'ping', ts: null });
    expect(parse({ type: 'ping', ts: 'x'.repeat(65) })).toEqual({ type: 'ping', ts: null });
  });

  it('is taken or refused with a known error, whatever it holds', () => {
    const field = fc.constantFrom('id', 'executionId', 'since', 'executions', 'types', 'token', 'ts', 'conflate');
    const type = fc.constantFrom('subscribe', 'unsubscribe', 'request-update', 'ping', 'auth', '__proto__');
    const message = fc
      .tuple(type, fc.dictionary(field, fc.jsonValue()))
      .map(([name, rest]) => JSON.stringify({ type: name, ...rest }));
    fc.assert(
      fc.property(fc.oneof(message, fc.json(), fc.string()), (text) => {
        const parsed = parseClientMessage(text);
        if ('error' in parsed) expect(Object.keys(wireErrors)).toContain(parsed.error);
        else expect(parsed.type).toBeTypeOf('string');
      }),
      { numRuns: 3000 },
    );
  });
});
