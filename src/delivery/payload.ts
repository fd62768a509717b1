import type { RecordedEvent } from '../event-log/event-log.ts';
import type { JsonObject } from '../kernel/json.ts';

/** Whose and of which skill the execution is that an event tells of. */
interface About {
  readonly eventType: string;
  readonly owner: string;
  readonly skill: string | null;
  readonly webhook: string;
}

/**
 * The bytes of a delivery: the same for every attempt, as they follow from the event alone. The JSON is written as
 * `JSON.stringify` writes what `JSON.parse` makes of it, so that a receiver may check the signature over the parsed body too.
 */
export function payloadOf(event: RecordedEvent, { eventType, owner, skill, webhook }: About): Buffer {
  const known = shared.get(event);
  const isSame = known?.eventType === eventType && known.owner === owner && known.skill === skill;
  const text = isSame ? known.text : sharedText(event, { eventType, owner, skill });
  if (!isSame) shared.set(event, { eventType, owner, skill, text });
  return Buffer.from(`${text.slice(0, -1)},"webhookId":${JSON.stringify(webhook)}}`);
}

/** What of the payload all webhooks are told alike: an event that goes to many is written once. */
const shared = new WeakMap<RecordedEvent, Omit<About, 'webhook'> & { readonly text: string }>();

function sharedText(event: RecordedEvent, { eventType, owner, skill }: Omit<About, 'webhook'>): string {
  const text = JSON.stringify({
    event: eventType,
    timestamp: new Date(event.atMs).toISOString(),
    data: dataOf(event, skill),
    userId: owner,
  });
  return isPlain(text) ? text : JSON.stringify(JSON.parse(text));
}

/** Keys that look like array indexes move to the front when they are parsed, and only then. */
function isPlain(text: string): boolean {
  return !/"\d+":/.test(text);
}

function dataOf(event: RecordedEvent, skill: string | null): JsonObject {
  if (event.type === 'EventEmitted') {
    const { data } = event.data;
    return typeof data === 'object' && data !== null && !Array.isArray(data) ? (data as JsonObject) : { value: data };
  }
  if (event.stream.startsWith('exec_')) return { executionId: event.stream, skillId: skill, ...executionData(event) };
  if (event.stream.startsWith('sched_')) return { scheduleId: event.stream, ...scheduleData(event) };
  return { webhookId: event.stream, ...webhookData(event) };
}

function executionData(event: RecordedEvent): JsonObject {
  switch (event.type) {
    case 'ExecutionRequested': {
      const { skillVersion, params, cause, causeId } = event.data;
      return { status: 'queued', skillVersion, params, cause, causeId };
    }
    case 'ExecutionStarted':
      return { status: 'running', attempt: event.data.attempt };
    case 'ExecutionAttemptFailed': {
      const { attempt, error, durationMs, retryAtMs } = event.data;
      return { status: 'retrying', attempt, ...errorOf(error), durationMs, retryAt: new Date(retryAtMs).toISOString() };
    }
    case 'ExecutionAttemptLost':
      return { status: 'retrying', attempt: event.data.attempt, ...errorOf(lost) };
    case 'ExecutionCompleted': {
      const { attempt, result, durationMs } = event.data;
      return { status: 'completed', result, durationMs, attempt };
    }
    case 'ExecutionFailed': {
      const { attempt, error, durationMs } = event.data;
      return { status: 'failed', ...errorOf(error), durationMs, attempt };
    }
    case 'ExecutionTimedOut': {
      const { attempt, timeoutMs, durationMs } = event.data;
      const message = `The attempt ran longer than ${String(timeoutMs)} ms.`;
      return { status: 'timed-out', ...errorOf({ code: 'SKILL_TIMED_OUT', message }), durationMs, attempt };
    }
    case 'ExecutionCancelled': {
      const { attempt, reason, durationMs } = event.data;
      return { status: 'cancelled', reason, durationMs, attempt };
    }
    case 'ExecutionExpired':
      return { status: 'expired', waitedMs: event.data.waitedMs };
    default:
      return {};
  }
}

const lost = { code: 'ATTEMPT_LOST', message: 'The node stopped while it ran the skill.' };

function errorOf({ code, message }: { readonly code: string; readonly message: string }): JsonObject {
  return { error: message, errorCode: code };
}

function scheduleData(event: RecordedEvent): JsonObject {
  const isoOf = (atMs: number): string => new Date(atMs).toISOString();
  switch (event.type) {
    case 'ScheduleFired': {
      const { instantMs, effectiveAtMs, trigger, execution } = event.data;
      return { scheduledFor: isoOf(instantMs), dueAt: isoOf(effectiveAtMs), trigger, executionId: execution };
    }
    case 'ScheduleFiringSkipped': {
      const { fromMs, untilMs, count, reason, execution } = event.data;
      return { from: isoOf(fromMs), until: isoOf(untilMs), count, reason, executionId: execution };
    }
    case 'SchedulePaused': {
      const { reason, note, untilMs } = event.data;
      return { reason, note, until: untilMs === null ? null : isoOf(untilMs) };
    }
    default:
      return {};
  }
}

function webhookData(event: RecordedEvent): JsonObject {
  if (event.type === 'WebhookDisabled') return { reason: event.data.reason, note: event.data.note };
  return { message: 'This delivery was asked for to see whether it arrives.' };
}
