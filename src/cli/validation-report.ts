import { placeOf, type SkillProblem } from '../skills/skill-problem.ts';
import { printable, type Terminal } from './terminal.ts';

/** What `ihuman validate --json` prints. */
export interface Report {
  readonly skill: string;
  /** Null when it has no good one. */
  readonly version: string | null;
  readonly folder: string;
  readonly valid: boolean;
  readonly problems: readonly SkillProblem[];
  /** What a server does not mind. */
  readonly advice: readonly SkillProblem[];
}

/** The verdict in a line, and below it every problem. */
export function reportLines(
  { skill, version, problems }: Pick<Report, 'skill' | 'version' | 'problems'>,
  terminal: Terminal,
): string[] {
  if (version !== null) return [`${terminal.paint('green', '✓')} ${skill} ${version} is a skill that a server takes`];
  const count = problems.length === 1 ? 'a problem' : `${String(problems.length)} problems`;
  return [`${terminal.paint('red', '✗')} ${skill} has ${count}`, ...problemLines(problems, terminal)];
}

/** Each problem in a line, what to do about it in the next. */
export function problemLines(problems: readonly SkillProblem[], terminal: Terminal): string[] {
  return problems.flatMap((problem) => [
    `  ${terminal.paint('bold', printable(placeOf(problem)))} ${printable(problem.message)}`,
    `      ${printable(problem.cure)}`,
  ]);
}
