import { Type } from 'typebox';

import { JsonObjectShape } from './shapes.ts';

// What webhooks and schedules can be set to, for HTTP and for the program that ihuman is embedded in.

const weekMs = 7 * 86_400_000;
const yearMs = 366 * 86_400_000;

/** Names and patterns of events. */
export const EventTypes = Type.Array(Type.String({ maxLength: 200 }), { minItems: 1, maxItems: 100 });
/** Names of skills; null: all. */
export const Skills = Type.Union([
  Type.Array(Type.String({ maxLength: 100 }), { minItems: 1, maxItems: 100 }),
  Type.Null(),
]);
const DelayMs = Type.Integer({ minimum: 0, maximum: weekMs });
/** A secret of somebody's own. */
export const Secret = Type.String({ minLength: 1, maxLength: 256 });

const webhookFields = {
  eventType: Type.Optional(
    Type.String({ maxLength: 200, description: 'Which event; a star stands for any run of characters.' }),
  ),
  eventTypes: Type.Optional(EventTypes),
  skills: Type.Optional(Skills),
  description: Type.Optional(Type.String({ maxLength: 500 })),
  customHeaders: Type.Optional(
    Type.Record(Type.String(), Type.String(), {
      description: 'Added to each delivery. The values are not shown again.',
    }),
  ),
  retryDelaysMs: Type.Optional(
    Type.Array(DelayMs, { maxItems: 20, description: 'Waits before further attempts; default 1 s, 5 s, 15 s.' }),
  ),
  retry: Type.Optional(
    Type.Object(
      {
        attempts: Type.Integer({ minimum: 0, maximum: 20, description: 'Further attempts.' }),
        initialDelayMs: DelayMs,
        factor: Type.Number({ minimum: 1, maximum: 10 }),
        maxDelayMs: DelayMs,
      },
      { additionalProperties: false, description: 'Instead of retryDelaysMs: exponential waits.' },
    ),
  ),
  jitter: Type.Optional(Type.Number({ minimum: 0, maximum: 1, description: 'Share of a wait that may be added.' })),
  timeoutMs: Type.Optional(Type.Integer({ minimum: 100, maximum: 60_000, description: 'Deadline of one attempt.' })),
  concurrency: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, description: 'Attempts at once.' })),
  ratePerSecond: Type.Optional(Type.Union([Type.Number({ minimum: 0.01, maximum: 10_000 }), Type.Null()])),
  ordering: Type.Optional(
    Type.Union([Type.Literal('none'), Type.Literal('endpoint'), Type.Literal('key')], {
      description: 'Whether a delivery waits for the ones before it: of the endpoint, or of the same execution or key.',
    }),
  ),
  disableAfterMs: Type.Optional(
    Type.Union([Type.Integer({ minimum: 60_000, maximum: 366 * 86_400_000 }), Type.Null()], {
      description: 'Disabled when nothing has been taken for so long; null: never.',
    }),
  ),
};
const Url = Type.String({ maxLength: 2048 });
/** What a webhook is made of. */
export const WebhookCreation = Type.Object(
  { url: Url, secret: Type.Optional(Secret), ...webhookFields },
  { additionalProperties: false },
);
/** What of it can be changed. */
export const WebhookRevision = Type.Object(
  { url: Type.Optional(Url), ...webhookFields },
  { additionalProperties: false },
);

/** A time as HTTP has it. */
export const Time = Type.String({ format: 'date-time', maxLength: 40 });
const oneOf = <T extends string>(values: readonly T[], description: string) =>
  Type.Optional(Type.Unsafe<T>(Type.String({ enum: [...values], description })));

/** What a schedule can be set to, beside its expression. */
export const scheduleFields = {
  timeZone: Type.Optional(Type.String({ maxLength: 100, description: 'IANA name; default UTC.' })),
  description: Type.Optional(Type.String({ maxLength: 500 })),
  workflowId: Type.Optional(Type.Union([Type.String({ minLength: 1, maxLength: 100 }), Type.Null()])),
  skillId: Type.Optional(Type.Union([Type.String({ minLength: 1, maxLength: 100 }), Type.Null()])),
  params: Type.Optional(JsonObjectShape),
  overlap: oneOf(
    ['skip', 'bufferOne', 'bufferAll', 'cancelOther', 'terminateOther', 'allowAll'],
    'What happens when the run before is still open; default skip.',
  ),
  misfire: oneOf(['skip', 'one', 'all'], 'What happens to firings that were missed; default one.'),
  catchUpWindowMs: Type.Optional(
    Type.Integer({ minimum: 0, maximum: yearMs, description: 'Firings later than this are skipped; default a day.' }),
  ),
  jitterMs: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 86_400_000, description: 'Firings are spread over so long; default 0.' }),
  ),
  startAt: Type.Optional(Type.Union([Time, Type.Null()])),
  endAt: Type.Optional(Type.Union([Time, Type.Null()])),
  maxRuns: Type.Optional(Type.Union([Type.Integer({ minimum: 1, maximum: 1_000_000_000 }), Type.Null()])),
  pauseAfterFailures: Type.Optional(Type.Union([Type.Integer({ minimum: 1, maximum: 1000 }), Type.Null()])),
  skippedTimes: oneOf(['shift', 'skip'], 'Local times that a change of the clocks leaves out; default shift.'),
  repeatedTimes: oneOf(['auto', 'first', 'last', 'both'], 'Local times that come twice; default auto.'),
};
/** What a cron expression can look like at first sight. */
export const CronExpression = Type.String({ maxLength: 200, description: 'Five fields, or six with seconds first.' });
/** What a schedule is made of. */
export const ScheduleCreation = Type.Object(
  { cronExpression: CronExpression, ...scheduleFields },
  { additionalProperties: false },
);
/** What of it can be changed. */
export const ScheduleRevision = Type.Object(
  { cronExpression: Type.Optional(CronExpression), ...scheduleFields },
  { additionalProperties: false },
);

const millis = Type.Optional(Type.Union([Type.Integer({ minimum: 0, maximum: 253_402_300_799_999 }), Type.Null()]));
const { startAt: _startAt, endAt: _endAt, ...sameFields } = scheduleFields;

/** The same for a program, which has times in milliseconds. */
export const ProgramSchedule = Type.Object(
  { cronExpression: CronExpression, ...sameFields, startAtMs: millis, endAtMs: millis },
  { additionalProperties: false },
);
