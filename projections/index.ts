import type { Projection } from '../src/projecting/projection.ts';
import { eventCountsProjection } from './event-counts/projection.ts';
import { executionsProjection } from './executions/projection.ts';
import { schedulesProjection } from './schedules/projection.ts';
import { skillsProjection } from './skills/projection.ts';
import { usersProjection } from './users/projection.ts';
import { webhooksProjection } from './webhooks/projection.ts';
import { workflowsProjection } from './workflows/projection.ts';

/** Every read model, in the order in which an event passes through them. */
export const projections: readonly Projection[] = [
  executionsProjection,
  skillsProjection,
  usersProjection,
  eventCountsProjection,
  schedulesProjection,
  workflowsProjection,
  webhooksProjection,
];
