import type { CliContext } from './context.ts';
import { CliError } from './exit-codes.ts';

/** A question for a line of text. */
export interface TextQuestion {
  readonly message: string;
  /** Which answers there are; shown behind the question until it is answered. */
  readonly hint?: string;
  /** The answer to an empty line. */
  readonly suggestion?: string;
  /** What is wrong with an answer, as a sentence; null when it is good. It is asked again until it is. */
  readonly check?: (answer: string) => string | null;
  /** What to give instead of an answer where nobody can be asked, such as `--name`. */
  readonly flag: string;
}

/** One mark for asked and answered: what stays on the screen reads as the question did. */
const theme = { prefix: '?' };

/** Asks for a line. Throws what is `usage` where there is no terminal to ask at; Ctrl-C ends the program with 130. */
export async function askText(context: CliContext, question: TextQuestion): Promise<string> {
  const { message, hint, suggestion, check = () => null } = question;
  needTerminal(context, question.flag);
  const { input } = await import('@inquirer/prompts');
  const validate = (answer: string): string | true => check(answer) ?? true;
  // Checked while it is typed, too: what could not be taken yet is shown so.
  const transformer = (answer: string): string =>
    check(answer) === null ? answer : context.terminal.paintNote('yellow', answer);
  const more = suggestion === undefined ? {} : { default: suggestion };
  return input({ message, validate, transformer, theme: themeWith(context, hint), ...more }, streams(context));
}

/** The question with its hint, which goes once it is answered. */
function themeWith({ terminal }: CliContext, hint: string | undefined): typeof theme & QuestionStyle {
  const style = (text: string, status: string): string => {
    const bold = terminal.paintNote('bold', text);
    return hint === undefined || status === 'done' ? bold : `${bold} ${terminal.paintNote('dim', hint)}`;
  };
  return { ...theme, style: { message: style } };
}

interface QuestionStyle {
  readonly style: { readonly message: (text: string, status: string) => string };
}

/** Asks for something that is not shown while it is typed; again from an empty line while `check` says that it is wrong. */
export async function askSecret(
  context: CliContext,
  { message, flag, check = () => null }: Omit<TextQuestion, 'hint' | 'suggestion'>,
): Promise<string> {
  needTerminal(context, flag);
  const { password } = await import('@inquirer/prompts');
  for (;;) {
    const answer = await password({ message, theme }, streams(context));
    const wrong = check(answer);
    if (wrong === null) return answer;
    context.terminal.note(context.terminal.paintNote('red', `> ${wrong}`));
  }
}

/** Asks for yes or no; an empty line is no. */
export async function askConsent(context: CliContext, message: string, flag: string): Promise<boolean> {
  needTerminal(context, flag);
  const { confirm } = await import('@inquirer/prompts');
  return confirm({ message, theme, default: false }, streams(context));
}

function needTerminal({ stdin, terminal }: CliContext, flag: string): void {
  if (stdin.isTTY && terminal.isNoteTTY) return;
  throw new CliError('usage', `there is no terminal to ask at; give ${flag}`);
}

/** Questions are no results: they go to stderr. */
function streams({ stdin }: CliContext): { readonly input: NodeJS.ReadStream; readonly output: NodeJS.WriteStream } {
  return { input: stdin, output: process.stderr };
}
