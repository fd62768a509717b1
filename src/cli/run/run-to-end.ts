import type { IhumanClient } from '../../../packages/sdk-js/src/index.ts';
import type { CliContext } from '../context.ts';
import { CliError } from '../exit-codes.ts';
import { cancelOnInterrupt, follow, tellEnding } from './follow.ts';

interface RunSettings {
  readonly detach?: boolean;
  readonly json?: boolean;
  readonly steps?: boolean;
}

/** Follows what was just requested to its end, or says only what it is called. */
export async function runToEnd(
  context: CliContext,
  client: IhumanClient,
  executionId: string,
  { detach, json = false, steps = false }: RunSettings,
): Promise<void> {
  const { terminal } = context;
  if (detach === true) {
    if (json) terminal.json({ executionId });
    else terminal.result(executionId);
    return;
  }
  terminal.note(terminal.paintNote('dim', executionId));
  const bar = terminal.progressBar();
  const stop = cancelOnInterrupt(context, client, executionId, bar);
  try {
    const ending = await follow(context, client, executionId, { bar, steps });
    if (ending === null) throw new CliError('failed', `${executionId} has ended, but its end was not delivered.`);
    tellEnding(context, ending, json);
  } finally {
    stop();
  }
}
