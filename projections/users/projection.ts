import { defineTable, type Projection, type ReadModelRow } from '../../src/projecting/projection.ts';

/** An account as the log knows it: nothing personal. */
export type UserRow = ReadModelRow & {
  readonly id: string;
  readonly role: string;
  readonly registeredAtMs: number;
  /** 1 after the account's data was erased. */
  readonly erased: number;
  readonly revision: number;
};

export const usersTable = defineTable<UserRow>({
  name: 'users',
  key: ['id'],
  columns: { id: 'text', role: 'text', registeredAtMs: 'integer', erased: 'integer', revision: 'integer' },
  indexes: [],
});

/** The accounts. */
export const usersProjection: Projection = {
  name: 'users',
  version: 1,
  tables: [usersTable],
  apply(event, write) {
    const { stream: id, revision } = event;
    if (event.type === 'UserRegistered') {
      write.put(usersTable, { id, role: event.data.role, registeredAtMs: event.atMs, erased: 0, revision });
      return;
    }
    if (!id.startsWith('user_')) return;
    const row = write.get(usersTable, id);
    if (row === undefined) return;
    write.put(usersTable, { ...row, erased: event.type === 'UserErased' ? 1 : row.erased, revision });
  },
};
