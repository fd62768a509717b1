import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { errorTable } from '../../src/kernel/errors.ts';

it('the page of error codes lists exactly the codes of the program, with their status and advice', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/reference/errors.md'), 'utf8');
  const rows = [...page.matchAll(/^\|[^|]*\b([A-Z][A-Z_]+) *\| *(\d{3}) *\| *(never|later) *\|/gm)];
  const listed = rows.map(([, code, status, retry]) => `${code ?? ''} ${status ?? ''} ${retry ?? ''}`);
  const known = Object.entries(errorTable).map(([code, { http, retry }]) => `${code} ${String(http)} ${retry}`);
  expect(listed.sort()).toEqual(known.sort());
});
