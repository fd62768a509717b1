import type { ReadModelReader } from '../../src/projecting/projection.ts';
import type { UserRow } from './projection.ts';

/** One account by id. */
export function userById(reader: ReadModelReader, id: string): UserRow | null {
  return (reader.get('SELECT * FROM users WHERE id = ?', id) as UserRow | undefined) ?? null;
}

/** The first account with a role, by age; null when there is none. */
export function firstUserWithRole(reader: ReadModelReader, role: string): UserRow | null {
  const row = reader.get('SELECT * FROM users WHERE role = ? AND erased = 0 ORDER BY registeredAtMs, id LIMIT 1', role);
  return (row as UserRow | undefined) ?? null;
}

/** The accounts whose data is to be gone. */
export function erasedUserIds(reader: ReadModelReader): readonly string[] {
  return reader.all('SELECT id FROM users WHERE erased = 1').map(({ id }) => String(id));
}

/** How many accounts there are. */
export function countUsers(reader: ReadModelReader): number {
  return Number(reader.get('SELECT count(*) AS total FROM users WHERE erased = 0')?.total ?? 0);
}
