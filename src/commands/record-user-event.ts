import type { IhumanEvent } from '../../schemas/generated/events.ts';
import type { EventLog } from '../event-log/event-log.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';

/** Appends one event to a user's stream; a registration only where there is no user yet. */
export async function recordUserEvent(
  log: EventLog,
  clock: Clock,
  userId: string,
  event: IhumanEvent,
  actor: string,
): Promise<void> {
  const expected = event.type === 'UserRegistered' ? 'none' : 'exists';
  const result = await log.append({ stream: userId, events: [event], expected, actor, atMs: clock.now() });
  if (result.outcome === 'conflict') throw new AppError('REVISION_CONFLICT');
}
