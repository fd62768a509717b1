import { describe, expect, it } from 'vitest';

import { printable } from '../../../src/cli/terminal.ts';
import { widthOf } from '../../../src/cli/text-width.ts';
import { testContext } from '../../support/cli-context.ts';

const head = ['NAME', 'WHAT', 'N'];
const rows = [
  ['a', 'short', '1'],
  ['long-name', '日本語の説明がここにあります、とても長い', '22'],
];

describe('a table', () => {
  it('is as wide as what is in it where nobody looks at a terminal', () => {
    const { terminal, written } = testContext();
    terminal.table({ head, rows, flexible: 'WHAT' });
    expect(written.stdout).toContain('日本語の説明がここにあります、とても長い');
  });

  it.each([30, 40, 60, 200])('fits %i columns, wide letters counted as two', (columns) => {
    const { terminal, written } = testContext({ columns, variables: { NO_COLOR: '1' } });
    terminal.table({ head, rows, flexible: 'WHAT' });
    const lines = written.stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(columns);
    const ends = lines.map((line) => widthOf(line.replace(/(N|1|22)$/, '')));
    expect(new Set(ends).size).toBe(1);
  });

  it('shows what would move the cursor as text', () => {
    const { terminal, written } = testContext();
    terminal.table({ head: ['A'], rows: [['a\u001b[2Jb\r\nc\u009bd']] });
    expect(written.stdout).not.toMatch(/[\u001b\u009b\r]/);
    expect(printable('x\u001b]0;title\u0007y\tz')).not.toMatch(/\p{Cc}/u);
  });
});

describe('colours', () => {
  it.each([
    ['at a terminal', 80, {}, true],
    ['nowhere else', undefined, {}, false],
    ['not against NO_COLOR', 80, { NO_COLOR: '1' }, false],
    ['despite an empty NO_COLOR', 80, { NO_COLOR: '' }, true],
    ['not on a dumb terminal', 80, { TERM: 'dumb' }, false],
    ['anywhere with FORCE_COLOR', undefined, { FORCE_COLOR: '1' }, true],
    ['with FORCE_COLOR even against NO_COLOR', 80, { FORCE_COLOR: '1', NO_COLOR: '1' }, true],
    ['not with FORCE_COLOR=0', 80, { FORCE_COLOR: '0' }, false],
  ])('are shown %s', (_, columns, variables, shown) => {
    const { terminal } = testContext({ ...(columns === undefined ? {} : { columns }), variables });
    expect(terminal.paint('red', 'x') !== 'x').toBe(shown);
    expect(terminal.paintNote('red', 'x') !== 'x').toBe(shown);
  });
});

describe('a progress bar', () => {
  it('is never shown where stderr is no terminal', () => {
    const { terminal, written } = testContext();
    const bar = terminal.progressBar();
    bar.update(50, 'half');
    terminal.note('a note');
    bar.clear();
    expect(written).toMatchObject({ stdout: '', stderr: 'a note\n' });
  });

  it('stays below what is written, and leaves nothing behind', () => {
    const { terminal, written } = testContext({ columns: 60 });
    const bar = terminal.progressBar();
    bar.update(50, 'half');
    expect(written.stderr).toContain('50 % half');
    written.stderr = '';
    terminal.note('a note');
    expect(written.stderr).toMatch(/^\r\u001b\[Ka note\n\r\u001b\[K█+░+ {2}50 % half$/);
    written.stderr = '';
    bar.clear();
    terminal.note('after');
    expect(written.stderr).toBe('\r\u001b[Kafter\n');
  });

  it.each([-5, 0, 33.3, 100, 400])('shows %d in one line that fits', (percent) => {
    const { terminal, written } = testContext({ columns: 40 });
    terminal.progressBar().update(percent, 'something that takes more than there is room for');
    expect(widthOf(written.stderr.replace('\r\u001b[K', ''))).toBeLessThanOrEqual(39);
  });
});

it('JSON is one line for programs, and indented for people', () => {
  const [program, person] = [testContext(), testContext({ columns: 80 })];
  for (const { terminal } of [program, person]) terminal.json({ a: [1] });
  expect(program.written.stdout).toBe('{"a":[1]}\n');
  expect(person.written.stdout).toBe('{\n  "a": [\n    1\n  ]\n}\n');
});
