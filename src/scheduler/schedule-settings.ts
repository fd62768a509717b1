import type {
  MisfirePolicy,
  OverlapPolicy,
  RepeatedTimesPolicy,
  ScheduleSettings,
  SkippedTimesPolicy,
} from '../../schemas/generated/events.ts';
import { AppError, isAppError, type Problem } from '../kernel/errors.ts';
import { isJsonObject, type JsonObject } from '../kernel/json.ts';
import { checkParameters } from '../skills/parameters.ts';
import type { ParameterSpec } from '../skills/skill.ts';
import { timesOf } from './schedule-times.ts';

/** The parameters of what a schedule runs. */
export type ParameterSpecs = Readonly<Record<string, ParameterSpec>>;

/** What a schedule can be set to; what is left out keeps its value, or is the default. */
export interface ScheduleOptions {
  readonly cronExpression?: string;
  /** IANA name; default UTC. */
  readonly timeZone?: string;
  readonly description?: string;
  /** What it runs: a workflow, a skill, or (neither) nothing: then the firing itself is the event. */
  readonly workflowId?: string | null | undefined;
  readonly skillId?: string | null | undefined;
  readonly params?: JsonObject;
  /** Default `skip`. */
  readonly overlap?: OverlapPolicy;
  /** Default `one`. */
  readonly misfire?: MisfirePolicy;
  /** Default a day. */
  readonly catchUpWindowMs?: number;
  /** Default 0. */
  readonly jitterMs?: number;
  readonly startAtMs?: number | null;
  readonly endAtMs?: number | null;
  readonly maxRuns?: number | null;
  readonly pauseAfterFailures?: number | null;
  /** Default `shift`. */
  readonly skippedTimes?: SkippedTimesPolicy;
  /** Default `auto`. */
  readonly repeatedTimes?: RepeatedTimesPolicy;
}

export const defaultSettings: ScheduleSettings = {
  cronExpression: '',
  timeZone: 'UTC',
  description: '',
  targetKind: 'none',
  target: '',
  params: {},
  sealed: null,
  overlap: 'skip',
  misfire: 'one',
  catchUpWindowMs: 86_400_000,
  jitterMs: 0,
  startAtMs: null,
  endAtMs: null,
  maxRuns: null,
  pauseAfterFailures: null,
  skippedTimes: 'shift',
  repeatedTimes: 'auto',
};

/**
 * What a schedule is set to when some of its settings are given anew, the secret parameters apart from the rest. `specs`: the
 * parameters of what it runs, null where that is not known. Throws VALIDATION_FAILED with everything that is wrong.
 */
export function settingsWith(
  id: string,
  { workflowId, skillId, params, ...rest }: ScheduleOptions,
  before: ScheduleSettings,
  specs: ParameterSpecs | null,
): { readonly settings: ScheduleSettings; readonly secret: JsonObject } {
  const problems: Problem[] = [];
  const target = targetOf({ workflowId, skillId }, before);
  if (target === null) problems.push({ path: '/skillId', message: 'cannot stand beside workflowId' });
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  const open = params ?? (isJsonObject(before.params) ? before.params : {});
  const settings: ScheduleSettings = { ...before, ...given, ...target, params: open };
  try {
    timesOf(id, settings);
  } catch (error) {
    if (!isAppError(error)) throw error;
    problems.push(...error.problems);
  }
  const { startAtMs, endAtMs } = settings;
  if (startAtMs !== null && endAtMs !== null && endAtMs <= startAtMs)
    problems.push({ path: '/endAt', message: 'must lie after startAt' });
  if (specs !== null && (params !== undefined || before.sealed === null)) problems.push(...paramProblems(specs, open));
  if (problems.length > 0) throw invalidSettings(problems);
  const isSecret = (name: string): boolean => specs?.[name]?.secret === true;
  const entries = Object.entries(open);
  const shown = Object.fromEntries(entries.filter(([name]) => !isSecret(name)));
  return {
    settings: { ...settings, params: shown },
    secret: Object.fromEntries(entries.filter(([name]) => isSecret(name))),
  };
}

function paramProblems(specs: ParameterSpecs, params: JsonObject): readonly Problem[] {
  const checked = checkParameters(specs, params);
  return checked.ok ? [] : checked.problems;
}

/** What a schedule runs when it is set anew; null when two things are named. */
export function targetOf(
  { workflowId, skillId }: Pick<ScheduleOptions, 'workflowId' | 'skillId'>,
  before: ScheduleSettings,
): Pick<ScheduleSettings, 'targetKind' | 'target'> | null {
  const isGiven = (value: string | null | undefined): value is string => value !== undefined && value !== null;
  if (isGiven(workflowId) && isGiven(skillId)) return null;
  if (isGiven(workflowId)) return { targetKind: 'workflow', target: workflowId };
  if (isGiven(skillId)) return { targetKind: 'skill', target: skillId };
  if (workflowId === null || skillId === null) return { targetKind: 'none', target: '' };
  return { targetKind: before.targetKind, target: before.target };
}

export function invalidSettings(problems: readonly Problem[]): AppError {
  const message = problems.map(({ path, message: what }) => `${path.slice(1)}: ${what}`).join('; ');
  return new AppError('VALIDATION_FAILED', { problems, message });
}
