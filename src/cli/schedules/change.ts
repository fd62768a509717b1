import type { Command } from 'commander';

import type { IhumanClient, ScheduleOptions } from '../../../packages/sdk-js/src/index.ts';
import type { JsonObject } from '../../kernel/json.ts';
import { actionCommand } from '../action.ts';
import { needConsent } from '../consent.ts';
import type { CliContext } from '../context.ts';
import { CliError } from '../exit-codes.ts';
import { timeOf, timeText, valueText } from '../format.ts';
import { online, onlineCommand, type OnlineOptions } from '../online.ts';
import { runToEnd } from '../run/run-to-end.ts';
import { nearSkill } from '../unknown-filters.ts';
import { type ScheduleFlags, settingsFrom, withSettings } from './settings.ts';

const one = '"$(ihuman schedules list -q --limit 1)"';

/** `create`. */
export function createSchedule(context: CliContext): Command {
  return withSettings(onlineCommand('create', 'run a skill or a workflow by the clock'))
    .addHelpText(
      'after',
      '\nExample:\n  ihuman schedules create --cron "*/15 9-17 * * MON-FRI" --zone Europe/Berlin --skill countdown --param from=3',
    )
    .action((options: ScheduleFlags & OnlineOptions) =>
      online(context, options, async (client) => {
        const settings = await settingsFrom(context, client, options);
        if (settings.cronExpression === undefined) throw new CliError('usage', 'Say when it fires: --cron "0 9 * * *"');
        const made = (await client.schedules.create(settings as ScheduleOptions)) as JsonObject;
        if (options.json === true) context.terminal.json(made);
        else context.terminal.result(valueText(made.id));
        await tellOf(context, client, made);
      }),
    );
}

/** `update`: what is not named stays as it is. */
export function updateSchedule(context: CliContext): Command {
  return withSettings(onlineCommand('update', 'change a schedule; what is not named stays as it is'))
    .argument('<schedule>', 'its id')
    .addHelpText('after', `\nExample:\n  ihuman schedules update ${one} --cron "0 6 * * *"`)
    .action((id: string, options: ScheduleFlags & OnlineOptions) =>
      online(context, options, async (client) => {
        const changes = await settingsFrom(context, client, options);
        if (Object.keys(changes).length === 0) throw new CliError('usage', 'Say what is to be changed; see --help.');
        const changed = (await client.schedules.update(id, changes)) as JsonObject;
        if (options.json === true) context.terminal.json(changed);
        else context.terminal.note(`${id} is changed.`);
        await tellOf(context, client, changed);
      }),
    );
}

/** What is to be known about a schedule that was made or changed. */
async function tellOf(context: CliContext, client: IhumanClient, schedule: JsonObject): Promise<void> {
  const { terminal } = context;
  const { nextRunAt, warnings, skillId } = schedule;
  if (typeof nextRunAt === 'string') terminal.note(`It fires next at ${timeText(nextRunAt)}.`);
  const told = Array.isArray(warnings) ? warnings : [];
  for (const each of told) terminal.note(`${terminal.paintNote('yellow', '!')} ${valueText(each)}`);
  if (told.length === 0 || typeof skillId !== 'string') return;
  const near = await nearSkill(client, skillId).catch(() => undefined);
  if (near !== undefined && near !== skillId) terminal.note(`Did you mean ${near}?`);
}

interface ActionOptions extends OnlineOptions {
  readonly yes?: boolean;
  readonly note?: string;
  readonly until?: string;
  readonly from: string;
}

/** `delete`, after a question. */
export function deleteSchedule(context: CliContext): Command {
  return action(context, 'delete', 'delete a schedule; its runs go on', async (client, id, { yes }) => {
    await needConsent(context, `Delete the schedule ${id}?`, yes);
    return [await client.schedules.delete(id), `${id} is deleted.`];
  }).option('-y, --yes', 'without being asked');
}

/** `pause`. */
export function pauseSchedule(context: CliContext): Command {
  return action(context, 'pause', 'fire nothing for a while', async (client, id, { note, until }) => {
    const options = { ...(note !== undefined && { note }), ...(until !== undefined && { until }) };
    const schedule = await client.schedules.pause(id, options);
    return [schedule, `${id} is paused${until === undefined ? '' : ` until ${timeText(until)}`}.`];
  })
    .option('--note <text>', 'why; kept in the log')
    .option('--until <time>', 'resumes by itself then', timeOf);
}

/** `resume`. */
export function resumeSchedule(context: CliContext): Command {
  return action(context, 'resume', 'fire again', async (client, id, { note }) => {
    const schedule = (await client.schedules.resume(id, note)) as JsonObject;
    return [schedule, `${id} is active; it fires next at ${timeText(schedule.nextRunAt)}.`];
  }).option('--note <text>', 'why; kept in the log');
}

/** `backfill`. */
export function backfillSchedule(context: CliContext): Command {
  return action(
    context,
    'backfill',
    'run the past times of a range that never led to a run',
    async (client, id, { from, until = new Date().toISOString() }) => {
      const started = await client.schedules.backfill(id, { from, until });
      return [started, `${started.backfillId} has begun. What became of it: ihuman schedules history ${id}`];
    },
    ' --from 2026-02-05T00:00:00Z',
  )
    .requiredOption('--from <time>', 'where the range begins', timeOf)
    .option('--until <time>', 'where it ends; default: now', timeOf);
}

/** `trigger`: once, now, and followed to its end. */
export function triggerSchedule(context: CliContext): Command {
  return onlineCommand('trigger', 'run what a schedule runs, once and now')
    .argument('<schedule>', 'its id')
    .option('-d, --detach', 'print the id of the execution instead of waiting for its end')
    .addHelpText('after', `\nExample:\n  ihuman schedules trigger ${one}`)
    .action((id: string, options: OnlineOptions & { readonly detach?: boolean }) =>
      online(context, options, async (client) => {
        const { executionId } = await client.schedules.trigger(id);
        if (executionId !== null) await runToEnd(context, client, executionId, options);
        else context.terminal.note('It has fired. There is nothing that it runs; webhooks hear of it.');
      }),
    );
}

function action(
  context: CliContext,
  name: string,
  summary: string,
  work: Parameters<typeof actionCommand<ActionOptions>>[2],
  more = '',
): Command {
  const example = `ihuman schedules ${name} ${one}${more}`;
  return actionCommand(context, { name, summary, subject: 'schedule', example }, work);
}
