import { subjectOfEmitted } from '../../projections/webhooks/deliveries.ts';
import { isWanted, publicNameOf, type WebhookFilter } from '../../projections/webhooks/public-event.ts';
import type { EventLog, Position, RecordedEvent } from '../event-log/event-log.ts';
import type { Queries } from '../store/query-client.ts';

/** A past event that a filter wants. */
export interface MatchedEvent {
  readonly event: RecordedEvent;
  readonly eventType: string;
  readonly skill: string | null;
}

/** A page of the log, and what of it is wanted. */
export interface MatchedPage {
  readonly matches: readonly MatchedEvent[];
  readonly next: Position;
  readonly atHead: boolean;
}

interface MatchDependencies {
  readonly log: Pick<EventLog, 'readAll'>;
  readonly queries: Pick<Queries, 'subjectsOf'>;
}

/** What a webhook of `owner` with this filter would hear of the events after a position, `limit` of which are looked at. */
export async function matchPage(
  { log, queries }: MatchDependencies,
  owner: string,
  filter: WebhookFilter,
  { after, limit }: { readonly after: Position; readonly limit: number },
): Promise<MatchedPage> {
  const { events, next, atHead } = await log.readAll({ after, limit });
  const named = events.flatMap((event) => {
    const eventType = publicNameOf(event);
    const mayMatch =
      eventType !== null && event.type !== 'WebhookTested' && isWanted({ ...filter, skills: null }, eventType, null);
    return mayMatch ? [{ event, eventType }] : [];
  });
  const streams = [...new Set(named.map(({ event }) => event.stream))];
  const subjects = await queries.subjectsOf(JSON.stringify(streams));
  const known = new Map(subjects.map((subject) => [subject.id, subject]));
  const matches = named.flatMap(({ event, eventType }) => {
    const subject = event.type === 'EventEmitted' ? subjectOfEmitted(event) : known.get(event.stream);
    if (subject?.owner !== owner || !isWanted(filter, eventType, subject.skill)) return [];
    return [{ event, eventType, skill: subject.skill }];
  });
  return { matches, next, atHead };
}
