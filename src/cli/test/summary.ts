import { printable, type Terminal } from '../terminal.ts';
import type { Check, OwnTest } from './check.ts';
import type { TestReport } from './test-skill.ts';

/** What people read after a run of tests. */
export function summaryOf(report: TestReport, terminal: Terminal): string {
  const { skill, version, passed, failed, skipped, tests, conformance } = report;
  const own = tests.length === 0 ? ['  there are none'] : tests.flatMap((test) => linesOf(test, terminal));
  const sum = `${String(passed)} passed, ${String(failed)} failed, ${String(skipped)} not checked`;
  return [
    terminal.paint('bold', `${skill} ${version}`),
    'Its own tests',
    ...own,
    'What every skill keeps to',
    ...conformance.flatMap((check) => linesOf(check, terminal)),
    terminal.paint(failed > 0 ? 'red' : 'green', sum),
  ].join('\n');
}

function linesOf(check: Check | OwnTest, terminal: Terminal): string[] {
  const { name, outcome, reason, durationMs } = check;
  const mark = { passed: terminal.paint('green', '✓'), failed: terminal.paint('red', '✗'), skipped: '-' }[outcome];
  const time = outcome === 'skipped' || durationMs < 1 ? '' : terminal.paint('dim', ` (${String(durationMs)} ms)`);
  const place = outcome === 'failed' && 'place' in check ? `${check.place} ` : '';
  const first = `  ${mark} ${printable(name)}${time}`;
  if (reason === null) return place === '' ? [first] : [first, `      ${place}`];
  const because = outcome === 'skipped' ? 'not checked: ' : '';
  const lines = `${place}${because}${reason}`.split('\n').filter((line) => line.trim() !== '');
  return [first, ...lines.map((line) => `      ${printable(line)}`)];
}
