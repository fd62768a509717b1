import type { ExecutionStore } from '../commands/execution-store.ts';
import type { ExecutionRequests, Place } from '../commands/request-execution.ts';
import type { EventLog } from '../event-log/event-log.ts';
import type { Membership } from '../event-log/membership.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Config } from '../setting.ts';
import type { LoadedSkill } from '../skills/skill.ts';
import type { Queries } from '../store/query-client.ts';
import type { Vault } from '../vault/vault.ts';
import { Orchestrator } from './orchestrator.ts';
import { Workflows } from './workflows.ts';

interface WorkflowParts {
  readonly config: Config;
  readonly log: EventLog;
  readonly queries: Queries;
  readonly vault: Vault;
  readonly membership: Membership;
  readonly clock: Clock;
  readonly node: string;
  readonly requests: ExecutionRequests;
  readonly executions: ExecutionStore;
  readonly resultBytes: number;
  readonly skillOf: (name: string) => LoadedSkill | undefined;
  readonly skillNames: () => readonly string[];
  readonly onError: (error: unknown, about: string) => void;
}

/** Everything about workflows: what is asked of them, and the one who runs them. */
export interface WorkflowService {
  readonly workflows: Workflows;
  readonly orchestrator: Orchestrator;
}

export function createWorkflows(parts: WorkflowParts): WorkflowService {
  const { log, clock, queries, requests, skillOf, skillNames } = parts;
  const maxPerUser = parts.config.maxWorkflowsPerUser;
  const workflows = new Workflows({ log, clock, queries, requests, skillOf, skillNames, maxPerUser });
  return { workflows, orchestrator: new Orchestrator({ ...parts, workflows }) };
}

/**
 * A run takes no place in the runner: it begins with its request, as its first steps do where this node owns it. Whoever owns it
 * takes it up from the log.
 */
export function placeOfRun(node: string, firstSteps: Place['followUp']): Place {
  return {
    ...(firstSteps !== undefined && { followUp: firstSteps }),
    start: { kind: 'start', node, mode: 'workflow', limits: null, skillDigest: null },
    begin: () => undefined,
    giveBack: () => undefined,
  };
}
