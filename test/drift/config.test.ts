import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { settings } from '../../src/settings.ts';

it('the page of settings lists exactly the settings of the program, with flag, variable and default', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/reference/configuration.md'), 'utf8');
  const rows = [...page.matchAll(/^\| *`(--[a-z-]+)` *\| *`(IHUMAN_[A-Z_]+)` *\| *([^|]*?) *\|/gm)];
  const listed = rows.map(([, flag, variable, value]) => [flag, variable, value?.replaceAll('`', '')]);
  const known = settings.map(({ name, default: value }) => [
    `--${name.toLowerCase().replaceAll('_', '-')}`,
    `IHUMAN_${name}`,
    value,
  ]);
  expect(listed.map(([flag, variable]) => [flag, variable])).toEqual(known.map(([flag, variable]) => [flag, variable]));
  for (const [i, [, variable, value]] of known.entries()) {
    if (value !== '') expect(listed[i]?.[2], variable).toBe(value);
  }
});
