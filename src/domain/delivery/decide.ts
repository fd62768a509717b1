import type { DeliveryTrigger, EventOf, WebhookSettings } from '../../../schemas/generated/events.ts';
import type { JsonValue } from '../../kernel/json.ts';

/** How an attempt ended. */
export interface AttemptOutcome {
  /** HTTP status; null when there was no answer. */
  readonly statusCode: number | null;
  /** What went wrong when there was no answer. */
  readonly failure: { readonly code: string; readonly message: string } | null;
  /** Where a redirect leads. */
  readonly location: string | null;
  /** What the receiver asked for by `Retry-After`. */
  readonly retryAfterMs: number | null;
  readonly durationMs: number;
  readonly requestHeaders: JsonValue;
  readonly responseExcerpt: string;
  readonly responseTruncated: boolean;
}

/** A delivery as it stands before the outcome of an attempt is recorded. */
export interface DeliveryState {
  readonly webhook: string;
  readonly event: string;
  readonly trigger: DeliveryTrigger;
  /** Attempts before this one, ever, and since it was last asked for. */
  readonly attempts: number;
  readonly tries: number;
}

type DeliveryEvent = EventOf<'DeliverySucceeded' | 'DeliveryAttemptFailed'>;

/** The longest wait that a receiver can ask for. */
const maxRetryAfterMs = 3_600_000;
const maxLocationChars = 500;

/**
 * The event that the outcome of an attempt is. Success is any 2xx; a redirect is a failure. A failed attempt is repeated as the
 * webhook's list of waits says: none is cut short, `Retry-After` on 429 and 503 can make one longer (up to an hour), and jitter
 * only adds. What was asked for by hand, and a test, is tried once. After 410 nothing is tried again.
 *
 * `random` is from 0 up to 1; the time of the next attempt is computed here, once, and recorded.
 */
export function decideOutcome(
  state: DeliveryState,
  settings: Pick<WebhookSettings, 'retryDelaysMs' | 'jitter'>,
  outcome: AttemptOutcome,
  { nowMs, random }: { readonly nowMs: number; readonly random: number },
): DeliveryEvent {
  const { webhook, event, trigger } = state;
  const { statusCode, durationMs, requestHeaders, responseExcerpt, responseTruncated } = outcome;
  const attempt = state.attempts + 1;
  const about = { webhook, event, attempt, trigger, durationMs, requestHeaders, responseExcerpt, responseTruncated };
  if (statusCode !== null && statusCode >= 200 && statusCode < 300)
    return { type: 'DeliverySucceeded', data: { ...about, statusCode } };
  const { code, message } = outcome.failure ?? httpFailure(statusCode ?? 0, outcome.location);
  const delayMs = statusCode === 410 ? null : delayBefore(state, settings, outcome, random);
  const nextAttemptAtMs = delayMs === null ? null : nowMs + delayMs;
  return {
    type: 'DeliveryAttemptFailed',
    data: { ...about, statusCode, errorCode: code, message, nextAttemptAtMs },
  };
}

function httpFailure(statusCode: number, location: string | null): { readonly code: string; readonly message: string } {
  if (statusCode >= 300 && statusCode < 400) {
    const to = location === null ? '' : ` to ${location.slice(0, maxLocationChars)}`;
    return { code: 'redirect', message: `Answered ${String(statusCode)}${to}; redirects are not followed.` };
  }
  return { code: 'http_error', message: `Answered ${String(statusCode)}.` };
}

function delayBefore(
  { trigger, tries }: DeliveryState,
  { retryDelaysMs, jitter }: Pick<WebhookSettings, 'retryDelaysMs' | 'jitter'>,
  { statusCode, retryAfterMs }: AttemptOutcome,
  random: number,
): number | null {
  const wait = trigger === 'manual' || trigger === 'test' ? undefined : retryDelaysMs[tries];
  if (wait === undefined) return null;
  const asked = statusCode === 429 || statusCode === 503 ? Math.min(retryAfterMs ?? 0, maxRetryAfterMs) : 0;
  const delayMs = Math.max(wait, asked);
  return Math.ceil(delayMs + delayMs * jitter * random);
}
