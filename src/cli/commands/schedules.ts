import type { Command } from 'commander';

import type { CliContext } from '../context.ts';
import { groupCommand } from '../online.ts';
import {
  backfillSchedule,
  createSchedule,
  deleteSchedule,
  pauseSchedule,
  resumeSchedule,
  triggerSchedule,
  updateSchedule,
} from '../schedules/change.ts';
import { listSchedules, nextTimes, scheduleHistory, scheduleStats, showSchedule } from '../schedules/read.ts';

const parts = [
  ...[listSchedules, createSchedule, showSchedule, updateSchedule, deleteSchedule, pauseSchedule, resumeSchedule],
  ...[triggerSchedule, nextTimes, backfillSchedule, scheduleHistory, scheduleStats],
];

/** `ihuman schedules`: what runs by the clock. */
export function command(context: CliContext): Command {
  return groupCommand(
    'schedules',
    'run skills and workflows by the clock',
    parts.map((part) => part(context)),
  );
}
