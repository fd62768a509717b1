import type { ExecutionSummary } from '../../../packages/sdk-js/src/index.ts';
import { durationText, timeText } from '../format.ts';

/** How executions stand in a table. */
export const executionTable = {
  head: ['EXECUTION', 'STATUS', 'SKILL', 'DONE', 'REQUESTED', 'TOOK', 'ERROR'],
  spare: ['TOOK', 'DONE', 'REQUESTED'],
  rowOf: ({ executionId, status, skillId, progress, createdAt, durationMs, error }: ExecutionSummary) => [
    ...[executionId, status, skillId, `${String(Math.round(progress))} %`, timeText(createdAt)],
    ...[durationMs === null ? '-' : durationText(durationMs), error === null ? '' : error.message],
  ],
};
