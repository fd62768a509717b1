import { DatabaseSync } from 'node:sqlite';

import fc from 'fast-check';
import { expect, it } from 'vitest';

import type { TableDefinition } from '../../../src/projecting/projection.ts';
import { createTableSql, TableBuffer } from '../../../src/projecting/table-buffer.ts';

type Row = Readonly<{ part: string; number: number; origin: string; value: number; note: string | null }>;

const table: TableDefinition<Row> = {
  name: 'things',
  key: ['part', 'number'],
  columns: { part: 'text', number: 'integer', origin: 'text', value: 'integer', note: 'text?' },
  fixed: ['origin'],
  indexes: [],
};

const place = fc.record({ part: fc.constantFrom('a', 'b', ''), number: fc.nat(2) });
const value = fc.nat(100);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('write' as const), place, value }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('put' as const, 'look' as const), place, value }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), place, value }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('flush' as const, 'fail' as const), place, value }) },
);

/** The table, beside what it should hold. */
class Pair {
  readonly #db = new DatabaseSync(':memory:');
  readonly #buffer: TableBuffer;
  #rows = new Map<string, Row>();
  #flushed = new Map<string, Row>();

  constructor() {
    this.#db.exec(createTableSql(table));
    this.#buffer = new TableBuffer(this.#db, table);
  }

  do({
    kind,
    place: { part, number },
    value,
  }: {
    kind: string;
    place: { part: string; number: number };
    value: number;
  }): void {
    const name = JSON.stringify([part, number]);
    const known = this.#buffer.get([part, number]);
    expect(known).toEqual(this.#rows.get(name));
    const row = { part, number, origin: `of ${String(value)}`, value, note: value % 2 === 0 ? null : 'odd' };
    if (kind === 'flush') this.#flush();
    else if (kind === 'fail') this.#fail();
    else if (kind === 'remove') {
      this.#buffer.remove([part, number]);
      this.#rows.delete(name);
    } else if (kind === 'put' || (kind === 'write' && known === undefined)) {
      if (kind === 'put') this.#buffer.put({ ...row });
      else this.#buffer.insert({ ...row });
      this.#rows.set(name, row);
    } else if (kind === 'write' && known !== undefined) {
      this.#buffer.update(known, { value, note: row.note });
      this.#rows.set(name, { ...(known as Row), value, note: row.note });
    }
  }

  #flush(): void {
    this.#db.exec('BEGIN');
    this.#buffer.flush();
    this.#db.exec('COMMIT');
    this.#flushed = new Map(this.#rows);
    this.#expectStored();
  }

  /** The transaction of a flush that was written comes to nothing. */
  #fail(): void {
    this.#db.exec('BEGIN');
    this.#buffer.flush();
    this.#db.exec('ROLLBACK');
    this.#buffer.discard();
    this.#rows = new Map(this.#flushed);
    this.#expectStored();
  }

  #expectStored(): void {
    const stored = this.#db.prepare('SELECT * FROM things').all() as unknown as Row[];
    const byName = new Map(stored.map((row) => [JSON.stringify([row.part, row.number]), { ...row }]));
    expect(byName).toEqual(this.#flushed);
  }
}

it('a buffered table is what was written to it, over any number of flushes, also when one of them fails', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const pair = new Pair();
      for (const each of steps) pair.do(each);
      pair.do({ kind: 'flush', place: { part: 'a', number: 0 }, value: 0 });
    }),
    { numRuns: 500 },
  );
});
