import type { AppendRequest, EventLog, NewEvent, RecordedEvent } from '../../src/event-log/event-log.ts';

/** A small event that says nothing but a number. */
export function tick(progress: number, status: string | null = null): NewEvent {
  return { type: 'ExecutionProgressed', data: { attempt: 1, progress, status } };
}

/** An append with the parts that a test does not care about filled in. */
export function appendOf(stream: string, part: Partial<AppendRequest> = {}): AppendRequest {
  return { stream, events: [tick(1)], expected: 'any', actor: 'test', atMs: 1_700_000_000_000, ...part };
}

/** The whole log, page by page. */
export async function wholeLog(log: EventLog, pageSize = 100): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  let after = 0;
  for (;;) {
    const page = await log.readAll({ after, limit: pageSize });
    events.push(...page.events);
    after = page.next;
    if (page.atHead) return events;
  }
}
