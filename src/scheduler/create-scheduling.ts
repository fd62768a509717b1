import type { ExecutionStore } from '../commands/execution-store.ts';
import type { ExecutionRequests } from '../commands/request-execution.ts';
import type { EventLog } from '../event-log/event-log.ts';
import type { Membership } from '../event-log/membership.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Config } from '../setting.ts';
import type { LoadedSkill } from '../skills/skill.ts';
import type { Queries } from '../store/query-client.ts';
import type { Vault } from '../vault/vault.ts';
import { Launcher, type WorkflowStarter } from './launcher.ts';
import { type ScheduleStats, scheduleStats } from './schedule-stats.ts';
import { Scheduler } from './scheduler.ts';
import { Schedules } from './schedules.ts';

interface SchedulingParts {
  readonly config: Config;
  readonly log: EventLog;
  readonly queries: Queries;
  readonly vault: Vault;
  readonly membership: Membership;
  readonly clock: Clock;
  readonly node: string;
  readonly requests: ExecutionRequests;
  readonly executions: ExecutionStore;
  readonly workflows: WorkflowStarter;
  readonly skillOf: (name: string) => LoadedSkill | undefined;
  readonly onError: (error: unknown, about: string) => void;
}

/** Everything about schedules: what is asked of them, and the one who fires them. */
export interface Scheduling {
  readonly schedules: Schedules;
  readonly scheduler: Scheduler;
  /** How the schedules of an owner stand; null: everybody's. */
  readonly stats: (owner: string | null) => ScheduleStats;
}

export function createScheduling(parts: SchedulingParts): Scheduling {
  const { config, log, queries, vault, membership, clock, node, requests, executions, workflows } = parts;
  const { skillOf, onError } = parts;
  const launcher = new Launcher({ requests, executions, workflows, vault, clock, skillOf });
  const scheduler = new Scheduler({ log, queries, launcher, membership, clock, node, onError });
  const maxPerUser = config.maxSchedulesPerUser;
  return {
    schedules: new Schedules({ log, clock, vault, queries, launcher, maxPerUser }),
    scheduler,
    stats: (owner) => scheduleStats(scheduler.schedules, owner),
  };
}
