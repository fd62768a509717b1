import type { Command } from 'commander';

import { isJsonObject } from '../../kernel/json.ts';
import { placeOf } from '../../skills/skill-problem.ts';
import type { CliContext } from '../context.ts';
import { details, durationText, timeText, valueText } from '../format.ts';
import { online, onlineCommand, type OnlineOptions } from '../online.ts';
import { printable } from '../terminal.ts';

/** `ihuman status`: how the server is doing. */
export function command(context: CliContext): Command {
  const { terminal } = context;
  return onlineCommand('status', 'show how the server is doing')
    .addHelpText('after', '\nExample:\n  ihuman status --json')
    .action((options: OnlineOptions) =>
      online(context, options, async (client, { url }) => {
        const status = await client.getSystemStatus();
        if (options.json === true) {
          terminal.json(status);
          return;
        }
        const { executions, runner, log, readModels, users, memory, websocket, skillProblems } = status;
        details(terminal, {
          server: url,
          status: status.status,
          version: status.version,
          node: status.node,
          started: `${timeText(status.startedAt)}, ${durationText(status.uptimeMs)} ago`,
          'head of the log': status.head,
          skills: status.skills,
          executions: `${String(executions.total)}${countsText(executions.byStatus)}`,
          ...(runner !== undefined && { runner: countsText(runner, '') }),
          ...(readModels !== undefined && { 'read models': countsText(readModels, '') }),
          ...(isJsonObject(websocket) && { connections: websocket.totalConnections }),
          ...(users !== undefined && { accounts: users }),
          ...(isJsonObject(log) && { log: countsText(log, '') }),
          ...(isJsonObject(memory) && { memory: `${String(Math.round(Number(memory.rssBytes) / 1_048_576))} MiB` }),
        });
        tellSkillProblems(skillProblems);
      }),
    );

  function tellSkillProblems(problems: unknown): void {
    if (!isJsonObject(problems)) return;
    for (const [name, list] of Object.entries(problems)) {
      const reasons = Array.isArray(list) ? list.map(reasonOf) : [];
      terminal.note(`${terminal.paintNote('yellow', '!')} skill ${printable(name)}: ${printable(reasons.join('; '))}`);
    }
  }
}

/** Where a problem of a skill is, and what it is. */
function reasonOf(problem: unknown): string {
  if (!isJsonObject(problem)) return '';
  const { file, path, message } = problem;
  const place = typeof file === 'string' ? `${placeOf({ file, path: typeof path === 'string' ? path : '' })} ` : '';
  return place + valueText(message);
}

/** `a 1, b 2` of an object whose values are short; what is nested is left to --json. */
function countsText(values: unknown, before = ': '): string {
  if (!isJsonObject(values)) return '';
  const simple = Object.entries(values).filter(([, value]) => typeof value !== 'object' && value !== undefined);
  return simple.length === 0 ? '' : before + simple.map(([name, value]) => `${name} ${valueText(value)}`).join(', ');
}
