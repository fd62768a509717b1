import { type Command, Option } from 'commander';

import type { IhumanClient, ScheduleChanges } from '../../../packages/sdk-js/src/index.ts';
import type { ParameterSpec } from '../../skills/skill.ts';
import type { CliContext } from '../context.ts';
import { objectIn } from '../files.ts';
import { durationMs, oneOf, timeOf, wholeNumber } from '../format.ts';
import { type GivenParameters, parametersFrom, withParameters } from '../run/parameters.ts';

const overlaps = ['skip', 'bufferOne', 'bufferAll', 'cancelOther', 'terminateOther', 'allowAll'] as const;
const misfires = ['skip', 'one', 'all'] as const;
const skippedTimes = ['shift', 'skip'] as const;
const repeatedTimes = ['auto', 'first', 'last', 'both'] as const;

/** What can be said of a schedule on the command line. */
export interface ScheduleFlags extends GivenParameters {
  readonly cron?: string;
  readonly zone?: string;
  readonly skill?: string;
  readonly workflow?: string;
  readonly description?: string;
  readonly overlap?: (typeof overlaps)[number];
  readonly misfire?: (typeof misfires)[number];
  readonly catchUp?: number;
  readonly jitter?: number;
  readonly from?: string;
  readonly until?: string;
  readonly maxRuns?: number;
  readonly pauseAfterFailures?: number;
  readonly skippedTimes?: (typeof skippedTimes)[number];
  readonly repeatedTimes?: (typeof repeatedTimes)[number];
  readonly settings?: string;
}

/** The options that say when. */
export function withTimes(command: Command): Command {
  return command
    .option('--cron <expression>', 'five fields, or six with seconds first, or @daily and its like')
    .option('--zone <name>', 'time zone, such as Europe/Berlin; default UTC')
    .option('--jitter <duration>', 'firings are spread over so long', durationMs)
    .option('--from <time>', 'no firings before', timeOf)
    .option('--until <time>', 'no firings after', timeOf)
    .option(
      '--skipped-times <what>',
      `local times that clocks leave out: ${skippedTimes.join(', ')}`,
      oneOf(...skippedTimes),
    )
    .option(
      '--repeated-times <what>',
      `local times that come twice: ${repeatedTimes.join(', ')}`,
      oneOf(...repeatedTimes),
    );
}

/** All options for the settings of a schedule. */
export function withSettings(command: Command): Command {
  return withTimes(withParameters(command))
    .addOption(new Option('--skill <name>', 'what is run').conflicts('workflow'))
    .option('--workflow <name>', 'what is run, instead')
    .option('--description <text>', 'what it is for')
    .option('--overlap <what>', `when the run before is open: ${overlaps.join(', ')}`, oneOf(...overlaps))
    .option('--misfire <what>', `firings that were missed: ${misfires.join(', ')}`, oneOf(...misfires))
    .option('--catch-up <duration>', 'firings later than this are skipped', durationMs)
    .option('--max-runs <count>', 'no firings after so many', wholeNumber(1))
    .option('--pause-after-failures <count>', 'pauses itself when so many runs in a row have failed', wholeNumber(1))
    .option('--settings <file>', 'a JSON file with settings as the API has them; options win over it');
}

/** The settings that were given, as the API has them. Parameters are read as those of the skill that is named. */
export async function settingsFrom(
  context: CliContext,
  client: IhumanClient,
  flags: ScheduleFlags,
): Promise<ScheduleChanges> {
  const base = flags.settings === undefined ? {} : await objectIn(context, flags.settings);
  const { param, paramFile, params, skill, workflow } = flags;
  const hasParams = [param, paramFile, params].some((given) => given !== undefined);
  const given = {
    cronExpression: flags.cron,
    timeZone: flags.zone,
    skillId: skill ?? (workflow === undefined ? undefined : null),
    workflowId: workflow ?? (skill === undefined ? undefined : null),
    description: flags.description,
    params: hasParams ? await parametersFrom(context, await specsOf(client, skill), flags) : undefined,
    overlap: flags.overlap,
    misfire: flags.misfire,
    catchUpWindowMs: flags.catchUp,
    jitterMs: flags.jitter,
    startAt: flags.from,
    endAt: flags.until,
    maxRuns: flags.maxRuns,
    pauseAfterFailures: flags.pauseAfterFailures,
    skippedTimes: flags.skippedTimes,
    repeatedTimes: flags.repeatedTimes,
  };
  return { ...base, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) };
}

/** Null where it is not known what the parameters are: the server has the last word anyway. */
async function specsOf(
  client: IhumanClient,
  skill: string | undefined,
): Promise<Readonly<Record<string, ParameterSpec>> | null> {
  if (skill === undefined) return null;
  const { parameters } = await client.getSkill(skill);
  return parameters as Readonly<Record<string, ParameterSpec>>;
}
