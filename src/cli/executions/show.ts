import type { Command } from 'commander';

import type { Execution, IhumanClient, LogEventRecord } from '../../../packages/sdk-js/src/index.ts';
import { counted } from '../../kernel/counted.ts';
import { isJsonObject } from '../../kernel/json.ts';
import type { CliContext } from '../context.ts';
import { details, durationText, eventName, timeText, valueText } from '../format.ts';
import { online, onlineCommand, type OnlineOptions } from '../online.ts';
import { printable, type Terminal } from '../terminal.ts';

interface ShowOptions extends OnlineOptions {
  readonly events?: true;
  readonly tree?: true;
}

/** `ihuman executions show`: one execution, its audit trail, what led to it and what came of it. */
export function showExecution(context: CliContext): Command {
  const { terminal } = context;
  return onlineCommand('show', 'show one execution')
    .argument('<execution>', 'its id')
    .option('--events', 'everything that happened to it')
    .option('--tree', 'what led to it, and what came of it')
    .addHelpText('after', '\nExample:\n  ihuman executions show "$(ihuman run countdown --detach)" --tree')
    .action((id: string, options: ShowOptions) =>
      online(context, options, async (client) => {
        const execution = await client.getExecution(id);
        const events = options.events === true ? await auditTrail(client, execution) : undefined;
        const { tree } = options.tree === true ? await client.getTree(id) : { tree: undefined };
        if (options.json === true)
          terminal.json({ ...execution, ...(events !== undefined && { events }), ...(tree !== undefined && { tree }) });
        else {
          details(terminal, rowsOf(execution));
          for (const file of execution.artifacts)
            terminal.result(`  ${valueText(file.path)}  ${counted(file.sizeBytes, 'byte')}`);
          if (events !== undefined) terminal.result('');
          if (events !== undefined) terminal.table({ head: ['AT', 'EVENT', 'DATA'], rows: events.map(eventRow) });
          if (tree !== undefined) terminal.result(`\n${treeLines(tree, terminal).join('\n')}`);
        }
      }),
    );
}

/** Everything that happened to an execution, in order. */
async function auditTrail(
  client: IhumanClient,
  { executionId, revision }: Execution,
): Promise<readonly LogEventRecord[]> {
  const events: LogEventRecord[] = [];
  for await (const event of client.feed({ follow: false })) {
    if (event.subject !== executionId) continue;
    events.push(event);
    if (event.streamrevision === revision) break;
  }
  return events;
}

function eventRow({ time, type, data }: LogEventRecord): readonly string[] {
  return [timeText(time), eventName(type), valueText(data)];
}

function rowsOf(execution: Execution): Readonly<Record<string, unknown>> {
  const { executionId, skillId, skillVersion, status, progress, progressStatus, cause, attempt, artifacts } = execution;
  const { error, result, durationMs } = execution;
  return {
    execution: executionId,
    skill: `${skillId} ${skillVersion}`,
    status,
    progress: `${String(Math.round(progress))} %${progressStatus === null ? '' : `, ${progressStatus}`}`,
    'asked for by': `${cause.kind}${cause.id === null ? '' : ` ${cause.id}`} (${cause.actor})`,
    requested: timeText(execution.createdAt),
    'not before': execution.runAt === null ? undefined : timeText(execution.runAt),
    started: timeText(execution.startedAt),
    ended: timeText(execution.endedAt),
    took: durationMs === null ? undefined : durationText(durationMs),
    attempt,
    parameters: execution.params,
    result: status === 'completed' ? valueText(result) : undefined,
    error: error === null ? undefined : `${error.message} (${error.code})`,
    files: artifacts.length === 0 ? undefined : String(artifacts.length),
  };
}

/** A node and all below it, drawn as a tree. */
function treeLines(node: unknown, terminal: Pick<Terminal, 'paint'>, above = '', here = ''): readonly string[] {
  if (!isJsonObject(node)) return [];
  const { kind, id, status, at, about } = node;
  const { skillId, workflow, step, index, event } = isJsonObject(about) ? about : {};
  const item = typeof index === 'number' ? `item ${String(index)}` : undefined;
  const what = printable([skillId ?? workflow, step, item, event].filter((text) => typeof text === 'string').join(' '));
  const texts = [valueText(kind), what, valueText(id), valueText(status), timeText(at)].filter(
    (text) => text !== '' && text !== '-',
  );
  const [first = '', ...rest] = texts;
  const children = Array.isArray(node.children) ? (node.children as readonly unknown[]) : [];
  const below = children.flatMap((child, i) => {
    const isLast = i === children.length - 1;
    return treeLines(child, terminal, `${above}${isLast ? '   ' : '│  '}`, `${above}${isLast ? '└─ ' : '├─ '}`);
  });
  return [`${here}${[terminal.paint('bold', first), ...rest].join('  ')}`, ...below];
}
