import type { CliContext } from './context.ts';
import { CliError } from './exit-codes.ts';
import { askConsent } from './questions.ts';

/** Goes on when `--yes` was given, or a person says so; without a terminal `--yes` is needed. */
export async function needConsent(context: CliContext, question: string, yes = false): Promise<void> {
  if (yes || (await askConsent(context, question, '--yes'))) return;
  throw new CliError('failed', 'Nothing was done.');
}
