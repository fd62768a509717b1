import { type Command, Option } from 'commander';

import type { Page, ScheduleOptions } from '../../../packages/sdk-js/src/index.ts';
import type { JsonObject } from '../../kernel/json.ts';
import type { CliContext } from '../context.ts';
import { CliError } from '../exit-codes.ts';
import { details, oneOf, timeText, valueText, wholeNumber } from '../format.ts';
import { type PageOptions, tellPage, withPage } from '../lists.ts';
import { online, onlineCommand, type OnlineOptions } from '../online.ts';
import { type ScheduleFlags, settingsFrom, withTimes } from './settings.ts';
import { zonedText } from './times.ts';

const one = '"$(ihuman schedules list -q --limit 1)"';

/** `list`. */
export function listSchedules(context: CliContext): Command {
  return withPage(onlineCommand('list', 'list schedules'))
    .option('--status <status>', 'active or paused', oneOf('active', 'paused'))
    .addHelpText('after', '\nExample:\n  ihuman schedules list --status paused')
    .action((options: PageOptions & { readonly status?: 'active' | 'paused' }) =>
      online(context, options, async (client) => {
        const { limit, offset, status } = options;
        const page = await client.schedules.list({ limit, offset, ...(status !== undefined && { status }) });
        tellPage(context.terminal, page as unknown as Page<JsonObject>, options, {
          name: 'schedules',
          head: ['SCHEDULE', 'STATUS', 'CRON', 'ZONE', 'NEXT', 'RUNS', 'DESCRIPTION'],
          spare: ['DESCRIPTION', 'ZONE', 'STATUS'],
          rowOf: (each) => [
            ...[valueText(each.id), valueText(each.status), valueText(each.cronExpression), valueText(each.timeZone)],
            ...[timeText(each.nextRunAt), valueText(each.workflowId ?? each.skillId), valueText(each.description)],
          ],
        });
      }),
    );
}

/** `show`. */
export function showSchedule(context: CliContext): Command {
  return onlineCommand('show', 'show one schedule')
    .argument('<schedule>', 'its id')
    .addHelpText('after', `\nExample:\n  ihuman schedules show ${one}`)
    .action((id: string, options: OnlineOptions) =>
      online(context, options, async (client) => {
        const schedule: JsonObject = (await client.schedules.get(id)) as JsonObject;
        if (options.json === true) context.terminal.json(schedule);
        else {
          const { scheduleId: _, warnings, ...shown } = schedule;
          details(context.terminal, shown);
          for (const each of Array.isArray(warnings) ? warnings : [])
            context.terminal.note(`${context.terminal.paintNote('yellow', '!')} ${valueText(each)}`);
        }
      }),
    );
}

interface NextOptions extends OnlineOptions, ScheduleFlags {
  readonly count: number;
}

/** `next`: of a schedule that there is, or of an expression. */
export function nextTimes(context: CliContext): Command {
  const { terminal } = context;
  return withTimes(onlineCommand('next', 'preview the next firings of a schedule, or of a cron expression'))
    .argument('[schedule]', 'its id; without it: --cron')
    .addOption(new Option('--count <count>', 'how many times').argParser(wholeNumber(1)).default(5))
    .addHelpText(
      'after',
      `\nExamples:\n  ihuman schedules next --cron "0 9 * * MON-FRI" --zone Europe/Berlin\n  ihuman schedules next ${one} --count 10`,
    )
    .action((id: string | undefined, options: NextOptions) =>
      online(context, options, async (client) => {
        if ((id === undefined) === (options.cron === undefined))
          throw new CliError('usage', 'Name a schedule, or give an expression with --cron; not both.');
        const { count } = options;
        const settings = { ...(await settingsFrom(context, client, options)), count } as ScheduleOptions;
        const upcoming = await (id === undefined
          ? client.schedules.preview(settings)
          : client.schedules.upcoming(id, count));
        const zone = id === undefined ? (options.zone ?? 'UTC') : await zoneOf(id);
        if (options.json === true) terminal.json({ timeZone: zone, upcoming });
        else if (upcoming.length === 0) terminal.note('Never.');
        else
          terminal.table({
            head: [`IN ${zone}`, 'UTC', 'DUE'],
            rows: upcoming.map(({ scheduledFor, dueAt }) => [
              ...[zonedText(scheduledFor, zone), scheduledFor, dueAt === scheduledFor ? '' : dueAt],
            ]),
          });

        async function zoneOf(schedule: string): Promise<string> {
          const { timeZone } = (await client.schedules.get(schedule)) as { readonly timeZone?: unknown };
          return typeof timeZone === 'string' ? timeZone : 'UTC';
        }
      }),
    );
}

interface HistoryOptions extends PageOptions {
  readonly outcome?: 'fired' | 'skipped';
}

/** `history`. */
export function scheduleHistory(context: CliContext): Command {
  return withPage(onlineCommand('history', 'what became of the times of a schedule, newest first'))
    .argument('<schedule>', 'its id')
    .option('--outcome <outcome>', 'fired or skipped', oneOf('fired', 'skipped'))
    .addHelpText('after', `\nExample:\n  ihuman schedules history ${one} --outcome skipped`)
    .action((id: string, options: HistoryOptions) =>
      online(context, options, async (client) => {
        const { limit, offset, outcome } = options;
        const page = await client.schedules.executions(id, {
          limit,
          offset,
          ...(outcome !== undefined && { outcome }),
        });
        tellPage(context.terminal, page as unknown as Page<JsonObject>, options, {
          name: 'executions',
          head: ['FOR', 'OUTCOME', 'BY', 'EXECUTION', 'REASON'],
          rowOf: (firing) => [
            ...[timeText(firing.scheduledFor), valueText(firing.outcome), valueText(firing.trigger)],
            ...[valueText(firing.executionId), [firing.reason, firing.note].filter(Boolean).map(valueText).join(': ')],
          ],
        });
      }),
    );
}

/** `stats`. */
export function scheduleStats(context: CliContext): Command {
  return onlineCommand('stats', 'schedules, and how often they fired')
    .addHelpText('after', '\nExample:\n  ihuman schedules stats')
    .action((options: OnlineOptions) =>
      online(context, options, async (client) => {
        const { terminal } = context;
        const stats = await client.schedules.stats();
        if (options.json === true) {
          terminal.json(stats);
          return;
        }
        details(terminal, { schedules: stats.totalSchedules, firings: stats.totalExecutions });
        const rows = (stats.schedules as readonly JsonObject[]).map((each) => Object.values(each).map(valueText));
        const head = Object.keys(stats.schedules[0] ?? {});
        if (rows.length > 0) terminal.table({ head, rows });
      }),
    );
}
