import { type Subject, subjectOfEmitted } from '../../projections/webhooks/deliveries.ts';
import type { RecordedEvent } from '../event-log/event-log.ts';

const maxExecutions = 10_000;

/** What events tell of, as far as they say it themselves or the requests of executions that were heard of lately do. */
export class Subjects {
  readonly #executions = new Map<string, Subject>();

  /** Takes the request of an execution whose later events may be delivered. */
  remember({ stream, data: { owner, skill } }: RecordedEvent<'ExecutionRequested'>): void {
    this.#executions.set(stream, { owner, skill, key: stream });
    if (this.#executions.size <= maxExecutions) return;
    for (const oldest of this.#executions.keys()) {
      this.#executions.delete(oldest);
      return;
    }
  }

  /** Null when the read models have to say. */
  of(event: RecordedEvent): Subject | null {
    return event.type === 'EventEmitted' ? subjectOfEmitted(event) : (this.#executions.get(event.stream) ?? null);
  }
}
