import type { PendingRow } from '../../projections/webhooks/queries.ts';
import type { WebhookSettings } from '../../schemas/generated/events.ts';
import type { AttemptOutcome } from '../domain/delivery/decide.ts';
import type { EventLog, RecordedEvent } from '../event-log/event-log.ts';
import type { Clock } from '../kernel/clock.ts';
import { FleetingMap } from '../kernel/fleeting-map.ts';
import { isShorterThan } from '../kernel/json.ts';
import { maskHeaders } from './custom-headers.ts';
import { type CheckedUrl, checkUrl } from './egress/check-url.ts';
import type { EgressClient } from './egress/egress-client.ts';
import type { EgressAnswer } from './egress/exchange.ts';
import type { EgressPolicy } from './egress/policy.ts';
import { payloadOf } from './payload.ts';
import { signaturesOf } from './signatures.ts';
import { secretsAt, type WebhookVault } from './webhook-vault.ts';

interface AttemptDependencies {
  readonly log: Pick<EventLog, 'readStream'>;
  readonly vault: WebhookVault;
  readonly egress: EgressClient;
  readonly policy: EgressPolicy;
  readonly clock: Clock;
  readonly userAgent: string;
}

const maxRemembered = 2000;
/** Larger ones are read again: so all of them together stay below some 32 MB. */
const maxRememberedChars = 8192;
const maxResponseBytes = 64 * 1024;
/** As much of an answer is kept. */
const excerptChars = 1024;

/** Makes attempts: reads the event, signs its payload, posts it. */
export class Attempts {
  readonly #deps: AttemptDependencies;
  /** Events that were heard of just now: reading them again would cost a message to another thread each. */
  readonly #recent = new FleetingMap<string, RecordedEvent>();
  readonly #reading = new Map<string, Promise<RecordedEvent | null>>();
  readonly #urls = new WeakMap<WebhookSettings, CheckedUrl>();

  constructor(deps: AttemptDependencies) {
    this.#deps = deps;
  }

  /** An event that is about to be delivered. */
  remember(event: RecordedEvent): void {
    if (!isShorterThan(event.data, maxRememberedChars)) return;
    this.#recent.set(event.id, event);
    if (this.#recent.size <= maxRemembered) return;
    for (const id of this.#recent.keys()) {
      this.#recent.delete(id);
      return;
    }
  }

  /** Ends what is under way, and makes no more. */
  async close(): Promise<void> {
    await this.#deps.egress.close();
  }

  /**
   * One attempt. `postponed`: it was not made, for a reason of this node's own; `event-gone`: there is nothing to be delivered.
   */
  async make(row: PendingRow, settings: WebhookSettings): Promise<AttemptOutcome | 'postponed' | 'event-gone'> {
    const { vault, egress, clock } = this.#deps;
    const event = this.#recent.get(row.event) ?? (await this.#read(row.event));
    if (event === null) return 'event-gone';
    const sealed = vault.known(settings.sealed) ?? (await vault.get(settings.sealed));
    // The log knows of it before this node's vault does.
    if (sealed === null) return 'postponed';
    const nowMs = clock.now();
    const secrets = secretsAt(sealed, nowMs);
    const body = payloadOf(event, row);
    const own = this.#headers(row, body, secrets, nowMs);
    const isPlain = Object.keys(sealed.headers).length === 0;
    const requestHeaders = isPlain ? own : { ...own, ...maskHeaders(sealed.headers) };
    const checked = this.#checked(settings);
    if (!checked.ok) return refused(checked.problem, requestHeaders);
    const answer = await egress.post({
      target: checked.target,
      headers: isPlain ? own : { ...own, ...sealed.headers },
      body,
      deadlineMs: settings.timeoutMs,
      maxResponseBytes,
    });
    // What is this node's own fault is no attempt.
    if (answer.kind === 'failed' && ['aborted', 'unavailable'].includes(answer.code)) return 'postponed';
    return outcomeOf(answer, requestHeaders, isPlain ? secrets : [...secrets, ...Object.values(sealed.headers)]);
  }

  /** The deliveries of one event to several webhooks are attempted at about the same time: it is read once for all. */
  #read(id: string): Promise<RecordedEvent | null> {
    const reading = this.#reading.get(id) ?? this.#readNow(id).finally(() => this.#reading.delete(id));
    this.#reading.set(id, reading);
    return reading;
  }

  async #readNow(id: string): Promise<RecordedEvent | null> {
    const at = id.lastIndexOf('@');
    const fromRevision = Number(id.slice(at + 1));
    const events = await this.#deps.log.readStream(id.slice(0, at), { fromRevision, limit: 1 });
    const event = events.find(({ revision }) => revision === fromRevision) ?? null;
    if (event !== null) this.remember(event);
    return event;
  }

  /** What is decided by the text alone is decided once for all deliveries to it. */
  #checked(settings: WebhookSettings): CheckedUrl {
    const known = this.#urls.get(settings);
    if (known !== undefined) return known;
    const checked = checkUrl(settings.url, this.#deps.policy);
    this.#urls.set(settings, checked);
    return checked;
  }

  #headers(row: PendingRow, body: Buffer, secrets: readonly string[], nowMs: number): Record<string, string> {
    const timestampS = Math.floor(nowMs / 1000);
    const signatures = signaturesOf({ id: row.id, timestampS, body, secrets });
    return {
      'content-type': 'application/json',
      'user-agent': this.#deps.userAgent,
      'webhook-id': row.id,
      'webhook-timestamp': String(timestampS),
      'webhook-signature': signatures['webhook-signature'],
      'x-webhook-signature': signatures['x-webhook-signature'],
      'x-ihuman-event': row.eventType,
      'x-ihuman-attempt': String(row.attempts + 1),
    };
  }
}

/** A receiver that answers with what it was sent must not bring secrets into the log. */
function masked(text: string, secrets: readonly string[]): string {
  return secrets.reduce(
    (shown, secret) => (secret !== '' && shown.includes(secret) ? shown.replaceAll(secret, '***') : shown),
    text,
  );
}

function refused(problem: string, requestHeaders: Record<string, string>): AttemptOutcome {
  return {
    ...{
      statusCode: null,
      failure: { code: 'blocked', message: problem },
      location: null,
      retryAfterMs: null,
      durationMs: 0,
    },
    ...{ requestHeaders, responseExcerpt: '', responseTruncated: false },
  };
}

function outcomeOf(
  answer: EgressAnswer,
  requestHeaders: Record<string, string>,
  secrets: readonly string[],
): AttemptOutcome {
  const durationMs = Math.round(answer.durationMs);
  if (answer.kind === 'failed') {
    const { code, message } = answer;
    return {
      ...{ statusCode: null, failure: { code, message }, location: null, retryAfterMs: null, durationMs },
      ...{ requestHeaders, responseExcerpt: '', responseTruncated: false },
    };
  }
  const { status, location, retryAfterMs, bodyExcerpt, bodyTruncated } = answer;
  return {
    statusCode: status,
    failure: null,
    location: location === null ? null : masked(location, secrets),
    retryAfterMs,
    durationMs,
    requestHeaders,
    responseExcerpt: masked(bodyExcerpt, secrets).slice(0, excerptChars).toWellFormed(),
    responseTruncated: bodyTruncated || bodyExcerpt.length > excerptChars,
  };
}
