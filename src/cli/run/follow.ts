import type {
  CompleteEvent,
  ErrorEvent,
  ExecutionEvent,
  IhumanClient,
  Since,
} from '../../../packages/sdk-js/src/index.ts';
import type { CliContext } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { durationText } from '../format.ts';
import type { ProgressBar } from '../progress-bar.ts';
import { printable, type Terminal } from '../terminal.ts';
import { StepWatch } from './step-watch.ts';

/** How an execution ended. */
export type Ending = CompleteEvent | ErrorEvent;

/** How an execution is followed. */
interface FollowSettings {
  /** Where its progress is shown. */
  readonly bar: ProgressBar;
  readonly since?: Since;
  /** Every event as a line of JSON on stdout, and no bar. */
  readonly ndjson?: boolean;
  /** Tells how the steps of a workflow's run get on. */
  readonly steps?: boolean;
}

/** Shows what an execution does until it ends, over lost connections. Null when its end is not among what was asked for. */
export async function follow(
  { terminal }: CliContext,
  client: IhumanClient,
  executionId: string,
  { bar, since, ndjson = false, steps = false }: FollowSettings,
): Promise<Ending | null> {
  const show = ndjson ? (event: ExecutionEvent) => terminal.result(JSON.stringify(event)) : showOn(terminal, bar);
  const stopTelling = tellOfConnection(client, terminal);
  const stepWatch = steps ? new StepWatch(client, terminal, executionId) : null;
  let ending: Ending | null = null;
  try {
    stepWatch?.look();
    for await (const event of client.events(executionId, since === undefined ? {} : { since })) {
      show(event);
      if (event.type === 'complete' || event.type === 'error') ending = event;
      stepWatch?.look();
    }
    await stepWatch?.end();
    return ending;
  } finally {
    bar.clear();
    stopTelling();
  }
}

function showOn(terminal: Terminal, bar: ProgressBar): (event: ExecutionEvent) => void {
  return (event) => {
    if (event.type === 'progress') bar.update(event.progress, statusOf(event.status));
    else if (event.type === 'log' || event.type === 'gap') terminal.note(lineOf(event, terminal));
  };
}

/** What the bar says of a status: the usual one says nothing. */
function statusOf(status: string): string {
  return status === 'in-progress' ? '' : printable(status);
}

function lineOf(event: Extract<ExecutionEvent, { type: 'log' | 'gap' }>, terminal: Terminal): string {
  if (event.type === 'gap') {
    const lost = `Events ${String(event.fromSeq)} to ${String(event.toSeq)} are not delivered (${event.reason}).`;
    return terminal.paintNote('yellow', lost);
  }
  const level = `[${event.level}]`;
  return `${terminal.paintNote(colours[event.level] ?? 'dim', level)} ${printable(event.message)}`;
}

const colours: Readonly<Record<string, 'yellow' | 'red' | 'cyan'>> = { info: 'cyan', warn: 'yellow', error: 'red' };

/** One note when the connection is lost, and one when it is there again, however many attempts that takes. */
function tellOfConnection(client: IhumanClient, terminal: Terminal): () => void {
  let isLost = false;
  const onLost = ({ retryInMs }: { readonly retryInMs: number | null }): void => {
    if (isLost || retryInMs === null) return;
    isLost = true;
    terminal.note(terminal.paintNote('yellow', 'The connection is lost; connecting again …'));
  };
  const onConnected = (): void => {
    if (isLost) terminal.note(terminal.paintNote('green', 'Connected again.'));
    isLost = false;
  };
  client.on('disconnected', onLost).on('connected', onConnected);
  return () => {
    client.off('disconnected', onLost).off('connected', onConnected);
  };
}

/** Says how it ended: the result on stdout (with `json` all of the outcome), all else on stderr and in the exit code. */
export function tellEnding(context: CliContext, ending: Ending, json = false): void {
  const { terminal } = context;
  const { executionId, status, durationMs } = ending;
  const [result, error] =
    ending.type === 'complete' ? [ending.result, null] : [null, { code: ending.code, message: ending.error }];
  const [mark, colour] = error === null ? (['✓', 'green'] as const) : (['✗', 'red'] as const);
  const why = error === null || status === 'cancelled' ? '' : `: ${printable(error.message)} (${error.code})`;
  const time = `${error === null ? 'in' : 'after'} ${durationText(durationMs ?? 0)}`;
  terminal.note(`${terminal.paintNote(colour, mark)} ${status} ${time}${why}`);
  if (json) terminal.json({ executionId, status, result, error, durationMs });
  else if (error === null) terminal.json(result);
  if (error !== null) context.end('failed');
}

/** At Ctrl-C the server is asked to cancel; at a second one the program leaves at once. Returns how to stop that. */
export function cancelOnInterrupt(context: CliContext, client: IhumanClient, id: string, bar: ProgressBar): () => void {
  const { terminal } = context;
  let isAsked = false;
  return context.onInterrupt(() => {
    if (isAsked)
      leave(terminal, bar, `Left while ${id} was being cancelled. How it ends: ihuman executions show ${id}`);
    isAsked = true;
    terminal.note(`Asking the server to cancel ${id} …  Ctrl-C again leaves at once.`);
    client.cancelExecution(id, 'interrupted at the command line').catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      terminal.note(`${id} could not be cancelled: ${printable(why)}`);
    });
  });
}

/** Ends the program at once, saying what goes on without it. */
export function leave(terminal: Terminal, bar: ProgressBar, message: string): never {
  bar.clear();
  terminal.note(message);
  process.exit(exitCodes.interrupted);
}
