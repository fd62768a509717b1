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

/** A glob with `*` only, in time linear in both lengths: the greedy way back to the last star is enough. */
function matches(pattern: string, name: string): boolean {
  let at = 0;
  let seen = 0;
  let star = -1;
  let restart = 0;
  while (seen < name.length) {
    if (pattern[at] === '*') {
      star = at++;
      restart = seen;
    } else if (pattern[at] === name[seen]) {
      at++;
      seen++;
    } else if (star >= 0) {
      at = star + 1;
      seen = ++restart;
    } else return false;
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}
