import type { EventType, IhumanEvent } from '../../schemas/generated/events.ts';

/** The names by which webhooks know the events of the log, and what each tells of. Events without a name are not delivered. */
export const publicEventNames = {
  ExecutionRequested: 'execution.requested',
  ExecutionStarted: 'execution.started',
  ExecutionAttemptFailed: 'execution.attempt-failed',
  ExecutionAttemptLost: 'execution.attempt-lost',
  ExecutionCompleted: 'execution.completed',
  ExecutionFailed: 'execution.failed',
  ExecutionTimedOut: 'execution.timed-out',
  ExecutionCancelled: 'execution.cancelled',
  ExecutionExpired: 'execution.expired',
  ScheduleFired: 'schedule.fired',
  ScheduleFiringSkipped: 'schedule.skipped',
  SchedulePaused: 'schedule.paused',
  ScheduleResumed: 'schedule.resumed',
  WebhookDisabled: 'webhook.disabled',
  WebhookTested: 'webhook.test',
} as const satisfies Partial<Record<EventType, string>>;

const names: ReadonlyMap<string, string> = new Map(Object.entries(publicEventNames));

/** The name by which webhooks know an event: null when it is delivered to nobody. */
export function publicNameOf(event: IhumanEvent): string | null {
  return event.type === 'EventEmitted' ? event.data.name : (names.get(event.type) ?? null);
}

/** What a webhook wants to hear of. */
export interface WebhookFilter {
  /** Names; `*` stands for any run of characters, dots included. */
  readonly eventTypes: readonly string[];
  /** Only events of executions of these skills; null: of all, and events that tell of none. */
  readonly skills: readonly string[] | null;
}

/** True when a webhook with this filter hears of an event with this name, of an execution of this skill if of any. */
export function isWanted({ eventTypes, skills }: WebhookFilter, name: string, skill: string | null): boolean {
  if (skills !== null && (skill === null || !skills.includes(skill))) return false;
  return eventTypes.some((pattern) => matches(pattern, name));
}

/** A glob with `*` only: what stands before, between and after its stars has to come in this order, each as early as it can. */
function matches(pattern: string, name: string): boolean {
  if (!pattern.includes('*')) return pattern === name;
  const parts = pattern.split('*');
  const [first = ''] = parts;
  const last = parts.at(-1) ?? '';
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
