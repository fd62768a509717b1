import { type Command, Option } from 'commander';

import type { LogEventRecord } from '../../../packages/sdk-js/src/index.ts';
import type { CliContext } from '../context.ts';
import { collectList, eventName, timeText, valueText } from '../format.ts';
import { online, onlineCommand, type OnlineOptions } from '../online.ts';
import { printable, type Terminal } from '../terminal.ts';

interface TailOptions extends OnlineOptions {
  readonly types?: readonly string[];
  readonly after?: string;
  readonly fromStart?: boolean;
  readonly follow: boolean;
}

/** `ihuman events tail`: what comes into the log, as it comes. */
export function tailEvents(context: CliContext): Command {
  return onlineCommand('tail', 'follow the event log: your own events, or all of them for administrators')
    .option('--types <names>', 'only these, such as ExecutionCompleted,WebhookDisabled', collectList)
    .option('--after <cursor>', 'begin behind that place instead of at the end')
    .addOption(new Option('--from-start', 'begin with the first event').conflicts('after'))
    .option('--no-follow', 'stop at the present end')
    .addHelpText(
      'after',
      `
With --json each event is a CloudEvent on a line of its own; its "sequence" is the cursor behind it. Ctrl-C ends it.

Examples:
  ihuman events tail
  ihuman events tail --from-start --no-follow --types ExecutionFailed --json`,
    )
    .action((options: TailOptions) =>
      online(context, options, async (client) => {
        const { types, after, fromStart = false, follow } = options;
        const start = fromStart ? undefined : (after ?? (await client.getSystemStatus()).head);
        const abort = new AbortController();
        const stop = context.onInterrupt(() => {
          abort.abort();
        });
        try {
          for await (const event of client.feed({ after: start, types, follow, signal: abort.signal })) {
            context.terminal.result(options.json === true ? JSON.stringify(event) : lineOf(event, context.terminal));
          }
        } finally {
          stop();
        }
      }),
    );
}

function lineOf({ time, type, subject, sequence, data }: LogEventRecord, terminal: Terminal): string {
  const about = `${timeText(time)}  ${sequence}  ${terminal.paint('bold', printable(eventName(type)))}  ${printable(subject ?? '')}`;
  const text = valueText(data);
  const room = Math.max(20, terminal.width - 2);
  return `${about}\n  ${text.length > room ? `${text.slice(0, room - 1)}…` : text}`;
}
