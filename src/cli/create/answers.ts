import { spawnSync } from 'node:child_process';

import { difficulties } from '../../skills/metadata-fields.ts';
import type { CliContext } from '../context.ts';
import { CliError } from '../exit-codes.ts';
import { askText } from '../questions.ts';

/** What `ihuman create` has to know of the new skill. */
export interface Answers {
  readonly name: string;
  readonly description: string;
  readonly category: string;
  readonly difficulty: string;
  readonly author: string;
}

/** A question, its flag, what is wrong with an answer, and what is taken when nobody says anything else. */
interface Question {
  readonly key: keyof Answers;
  readonly message: string;
  readonly hint?: string;
  readonly check: (answer: string) => string | null;
  readonly suggestion?: (context: CliContext) => string;
}

const maxNameLength = 64;

/** Any other is as good; these are what others use. */
const usualCategories = ['general', 'frontend', 'backend', 'data', 'diagnostics'];

/** What is wrong with a skill's name; null when it is good. */
export function checkName(name: string): string | null {
  if (name.length > maxNameLength) return `use at most ${String(maxNameLength)} characters`;
  return /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)
    ? null
    : 'use kebab-case: lower-case letters, digits and single dashes, such as react-setup';
}

function checkLine(answer: string): string | null {
  if (answer.trim() === '') return 'write something';
  return /\p{Cc}/u.test(answer) ? 'write it in one line' : null;
}

function checkDifficulty(answer: string): string | null {
  const known: readonly string[] = difficulties;
  return known.includes(answer) ? null : `choose one of ${difficulties.join(', ')}`;
}

/** The questions, in the order in which they are asked. */
const questions: readonly Question[] = [
  { key: 'name', message: 'Skill name (kebab-case):', check: checkName },
  { key: 'description', message: 'Skill description:', check: checkLine },
  {
    key: 'category',
    message: 'Category:',
    hint: `such as ${usualCategories.join(', ')}`,
    check: checkLine,
    suggestion: () => 'general',
  },
  {
    key: 'difficulty',
    message: 'Difficulty:',
    hint: difficulties.join(', '),
    check: checkDifficulty,
    suggestion: () => 'beginner',
  },
  { key: 'author', message: 'Author name:', check: checkLine, suggestion: authorHere },
];

/** Says of a category that nobody else uses which ones others do; null for those. */
export function adviceOnCategory(category: string): string | null {
  if (usualCategories.includes(category)) return null;
  return `The category ${category} is one of your own; usual are ${usualCategories.join(', ')}.`;
}

/** Who git says works here. */
function authorHere({ cwd }: CliContext): string {
  const { stdout } = spawnSync('git', ['config', 'user.name'], { cwd, encoding: 'utf8' });
  const name = stdout?.trim() ?? '';
  return name === '' ? 'unknown' : name;
}

/**
 * All five answers: from flags, and the rest from questions, or with `yes` from what would have been suggested.
 * `refuse` may say more against a name that is typed. Throws what is `usage` for flags that are wrong, all of them at once.
 */
export async function gatherAnswers(
  context: CliContext,
  given: Partial<Answers>,
  yes: boolean,
  refuse: (name: string) => string | null,
): Promise<Answers> {
  refuseWrong(given);
  const answers: Partial<Record<keyof Answers, string>> = { ...given };
  if (yes) suggestRest(context, answers);
  const missing = questions.filter(({ key }) => answers[key] === undefined);
  const flag = missing.map(({ key }) => `--${key}`).join(' ');
  for (const { key, message, hint, check: checkAlone, suggestion } of missing) {
    const suggested = suggestion?.(context);
    const check = (answer: string): string | null => checkAlone(answer) ?? (key === 'name' ? refuse(answer) : null);
    const answer = await askText(context, {
      message,
      check,
      flag,
      ...(hint === undefined ? {} : { hint }),
      ...(suggested === undefined ? {} : { suggestion: suggested }),
    });
    answers[key] = answer.trim();
  }
  return answers as Answers;
}

function refuseWrong(given: Partial<Answers>): void {
  const problems = questions.flatMap(({ key, check }) => {
    const answer = given[key];
    const message = answer === undefined ? null : check(answer);
    return message === null ? [] : [{ path: `--${key}`, message }];
  });
  if (problems.length > 0) throw new CliError('usage', 'these answers are not possible:', problems);
}

function suggestRest(context: CliContext, answers: Partial<Record<keyof Answers, string>>): void {
  if (answers.name === undefined) throw new CliError('usage', '--yes needs at least --name');
  answers.description ??= `The skill ${answers.name}`;
  for (const { key, suggestion } of questions) answers[key] ??= suggestion?.(context) ?? '';
}
