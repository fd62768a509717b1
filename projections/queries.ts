import { countsByType } from './event-counts/queries.ts';
import { countsByStatus, executionById, listExecutions, todoAfter } from './executions/queries.ts';
import { allSkills } from './skills/queries.ts';
import { countUsers, erasedUserIds, firstUserWithRole, userById } from './users/queries.ts';

/** Every question that can be asked of the read models, by the name that crosses to the store thread. */
export const queries = {
  executionById,
  listExecutions,
  countsByStatus,
  todoAfter,
  allSkills,
  userById,
  firstUserWithRole,
  countUsers,
  erasedUserIds,
  countsByType,
} as const;
