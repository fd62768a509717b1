import { publicEventNames } from '../../projections/webhooks/public-event.ts';
import type { DeliveryOrdering, WebhookSettings } from '../../schemas/generated/events.ts';
import { closest } from '../kernel/closest.ts';
import { AppError, type Problem } from '../kernel/errors.ts';
import { checkCustomHeaders } from './custom-headers.ts';
import { checkUrl } from './egress/check-url.ts';
import type { EgressPolicy } from './egress/policy.ts';

/** Exponential waits: `attempts` of them, each `factor` times the one before, none above `maxDelayMs`. */
export interface ExponentialRetry {
  readonly attempts: number;
  readonly initialDelayMs: number;
  readonly factor: number;
  readonly maxDelayMs: number;
}

/** What a webhook can be set to; what is left out keeps its value, or is the default. */
export interface WebhookOptions {
  readonly url?: string;
  readonly eventTypes?: readonly string[];
  /** Default null: of all skills. */
  readonly skills?: readonly string[] | null;
  readonly description?: string;
  readonly customHeaders?: Readonly<Record<string, string>>;
  /** Waits before further attempts: default 1 s, 5 s and 15 s. */
  readonly retryDelaysMs?: readonly number[];
  readonly retry?: ExponentialRetry;
  /** Share of a wait that may be added to it at random, 0 to 1; default 0. */
  readonly jitter?: number;
  /** Deadline of one attempt; default 15 s. */
  readonly timeoutMs?: number;
  /** Attempts at once; default 8. */
  readonly concurrency?: number;
  /** Attempts in a second; default null: no limit. */
  readonly ratePerSecond?: number | null;
  /** Default `none`. */
  readonly ordering?: DeliveryOrdering;
  /** Default five days; null: never. */
  readonly disableAfterMs?: number | null;
}

export const defaultSettings = {
  skills: null,
  description: '',
  retryDelaysMs: [1000, 5000, 15_000],
  jitter: 0,
  timeoutMs: 15_000,
  concurrency: 8,
  ratePerSecond: null,
  ordering: 'none',
  disableAfterMs: 5 * 86_400_000,
  url: '',
  eventTypes: [],
  headerNames: [],
  sealed: '',
} as const satisfies WebhookSettings;

const maxRetries = 20;
/**
 * What a webhook is set to when some of its settings are given anew. Throws VALIDATION_FAILED with everything that is wrong, and what was
 * found wrong before.
 */
export function settingsWith(
  options: WebhookOptions,
  before: WebhookSettings,
  policy: EgressPolicy,
  found: readonly Problem[] = [],
): WebhookSettings {
  const { customHeaders, retry, retryDelaysMs, url, eventTypes, ...rest } = options;
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  const delays = retry === undefined ? retryDelaysMs : delaysOf(retry);
  const settings: WebhookSettings = {
    ...before,
    ...given,
    ...(url !== undefined && { url }),
    ...(eventTypes !== undefined && { eventTypes }),
    ...(delays !== undefined && { retryDelaysMs: delays }),
    ...(customHeaders !== undefined && { headerNames: Object.keys(customHeaders) }),
  };
  const checked = checkUrl(settings.url, policy);
  const problems = [
    ...found,
    ...(checked.ok ? [] : [{ path: '/url', message: checked.problem }]),
    ...eventTypeProblems(settings.eventTypes),
    ...(customHeaders === undefined ? [] : checkCustomHeaders(customHeaders)),
    ...(retry !== undefined && retryDelaysMs !== undefined
      ? [{ path: '/retry', message: 'cannot stand beside retryDelaysMs' }]
      : []),
  ];
  if (problems.length > 0) throw invalidSettings(problems);
  return settings;
}

export function invalidSettings(problems: readonly Problem[]): AppError {
  const message = problems.map(({ path, message: what }) => `${path.slice(1)}: ${what}`).join('; ');
  return new AppError('VALIDATION_FAILED', { problems, message });
}

function delaysOf({ attempts, initialDelayMs, factor, maxDelayMs }: ExponentialRetry): readonly number[] {
  return Array.from({ length: Math.min(attempts, maxRetries) }, (_, i) =>
    Math.round(Math.min(maxDelayMs, initialDelayMs * factor ** i)),
  );
}

const knownNames: readonly string[] = Object.values(publicEventNames);
const ownPrefixes = ['execution.', 'schedule.', 'webhook.'];

/** True for names that only ihuman itself gives to events. */
export function isOwnName(name: string): boolean {
  return ownPrefixes.some((prefix) => name.startsWith(prefix));
}

function eventTypeProblems(names: readonly string[]): readonly Problem[] {
  if (names.length === 0)
    return [{ path: '/eventType', message: 'must name at least one event, or a pattern such as execution.*' }];
  return names.flatMap((name, i) => {
    const path = `/eventTypes/${String(i)}`;
    if (!/^[A-Za-z0-9_.*-]{1,200}$/.test(name))
      return [{ path, message: 'must be 1 to 200 letters, digits, dots, dashes, underscores and stars' }];
    if (name.includes('*') || !isOwnName(name) || knownNames.includes(name)) return [];
    const close = closest(name, knownNames);
    const hint = close === undefined ? `There are: ${knownNames.join(', ')}.` : `Did you mean ${close}?`;
    return [{ path, message: `there is no event ${name}. ${hint}` }];
  });
}
