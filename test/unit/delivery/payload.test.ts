import fc from 'fast-check';
import { expect, it } from 'vitest';

import { payloadOf } from '../../../src/delivery/payload.ts';
import type { RecordedEvent } from '../../../src/event-log/event-log.ts';
import type { JsonValue } from '../../../src/kernel/json.ts';
import { recorded } from '../../support/recorded.ts';

const name = fc.oneof(fc.string({ unit: 'binary', maxLength: 6 }), fc.nat(20).map(String), fc.constant('__proto__'));
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.jsonValue({ maxDepth: 1 }),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(fc.tuple(name, tie('value')), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
  ),
}));
const about = fc.record({
  eventType: fc.constantFrom('test.one', 'test.two'),
  owner: fc.constantFrom('user_a', 'user_b'),
  skill: fc.constantFrom(null, 'noop', 'other'),
  webhook: fc.constantFrom('hook_a', 'hook_b'),
});
const completed = (result: JsonValue): RecordedEvent =>
  recorded(['exec_a', { type: 'ExecutionCompleted', data: { attempt: 1, result, durationMs: 1, artifacts: [] } }])[0]!;

it('a payload says of an event what each webhook is to be told, whatever others were told of it before', () => {
  fc.assert(
    fc.property(value, fc.array(about, { minLength: 1, maxLength: 8 }), (result, webhooks) => {
      const event = completed(result as JsonValue);
      for (const each of webhooks) {
        const text = payloadOf(event, each).toString();
        const body = JSON.parse(text) as Record<string, unknown>;
        expect(JSON.stringify(body)).toBe(text);
        expect(Object.keys(body)).toEqual(['event', 'timestamp', 'data', 'userId', 'webhookId']);
        const { eventType, owner, skill, webhook } = each;
        expect(body).toMatchObject({ event: eventType, userId: owner, webhookId: webhook, data: { skillId: skill } });
        expect(text).toBe(payloadOf(completed(result as JsonValue), each).toString());
      }
    }),
  );
});
