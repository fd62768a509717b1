import type { Accounts } from '../auth/accounts.ts';
import type { ApiKeys } from '../auth/api-keys.ts';
import type { Credentials } from '../auth/credentials.ts';
import type { Endings } from '../commands/endings.ts';
import type { ExecutionStore } from '../commands/execution-store.ts';
import type { ExternalExecutions } from '../commands/report-execution.ts';
import type { ExecutionRequests } from '../commands/request-execution.ts';
import type { Webhooks } from '../delivery/webhooks.ts';
import type { Scheduling } from '../scheduler/create-scheduling.ts';
import type { WorkflowService } from '../workflows/create-workflows.ts';
import type { Config } from '../setting.ts';
import type { EventLog } from '../event-log/event-log.ts';
import type { Membership } from '../event-log/membership.ts';
import type { Clock } from '../kernel/clock.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { ReadModelStatus } from '../store/read-model-keeper.ts';
import type { OpenStreams } from './open-streams.ts';
import type { Queries } from '../store/query-client.ts';
import type { SkillCatalog } from '../skills/skill-catalog.ts';

/** All that the HTTP edge needs of the platform. */
export interface Services {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: EventLog;
  readonly queries: Queries;
  readonly accounts: Accounts;
  readonly apiKeys: ApiKeys;
  readonly credentials: Credentials;
  readonly catalog: SkillCatalog;
  readonly requests: ExecutionRequests;
  readonly executions: ExecutionStore;
  readonly external: ExternalExecutions;
  readonly webhooks: Webhooks;
  readonly schedules: Scheduling['schedules'];
  readonly scheduleStats: Scheduling['stats'];
  readonly workflows: WorkflowService['workflows'];
  readonly endings: Endings;
  readonly streams: OpenStreams;
  readonly artifactsDir: string;
  readonly startedAtMs: number;
  readonly node: string;
  /** The nodes of the cell. */
  readonly share: Membership['share'];
  /** False while the server starts or stops. */
  readonly isReady: () => boolean;
  readonly readModels: () => Promise<ReadModelStatus>;
  readonly rebuild: (reason: string) => Promise<void>;
  readonly runner: () => {
    readonly running: number;
    readonly waiting: number;
    readonly slots: number;
    readonly mode: string;
  };
  readonly socketStats: () => JsonObject;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
}
