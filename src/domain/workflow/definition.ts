import type { JsonObject, JsonValue } from '../../kernel/json.ts';

/** A workflow as it was checked: defaults filled in, every dependency named, steps in an order in which each comes after its needs. */
export interface WorkflowDefinition {
  readonly name: string;
  readonly description: string;
  /** The parameters of a run, as a skill names its own. */
  readonly input: JsonObject;
  readonly steps: readonly StepDefinition[];
  /** What a run answers with; null: the results of the steps that nothing else needs, by their ids. */
  readonly output: JsonValue;
  /** Limit of a run; null: only the platform's. */
  readonly timeoutMs: number | null;
}

export interface StepDefinition {
  readonly id: string;
  readonly skill: string;
  /** Values, and references (`{ "$from": pointer }`) in the place of values. */
  readonly params: JsonObject;
  /** Steps that must have ended before: the named ones, and those that are referred to. */
  readonly needs: readonly string[];
  /** Runs when all of these hold; empty: when all that it needs has ended well. */
  readonly when: readonly Condition[];
  readonly forEach: FanOut | null;
  readonly retry: StepRetry | null;
  /** Limit of one attempt; null: the skill's. */
  readonly timeoutMs: number | null;
  /** A failure of this step is no failure of the run. */
  readonly continueOnError: boolean;
  /** Its share of the run's progress. */
  readonly weight: number;
}

/** Which statuses of a step are waited for. */
export interface Condition {
  readonly step: string;
  readonly status: readonly SettledStatus[];
}

/** Runs the skill once for each item of an array. */
export interface FanOut {
  /** Pointer to the array. */
  readonly from: string;
  readonly concurrency: number;
}

export interface StepRetry {
  readonly maxAttempts: number;
  readonly initialDelayMs?: number;
  readonly factor?: number;
  readonly maxDelayMs?: number;
}

/** How a step can end. */
export const settledStatuses = ['completed', 'failed', 'cancelled', 'skipped'] as const;
export type SettledStatus = (typeof settledStatuses)[number];

/** Items that one step may be run for. */
export const maxItems = 10_000;

const prefix = 'workflow:';

/** What the runs of a workflow have in the place of a skill's name. */
export function runNameOf(workflow: string): string {
  return prefix + workflow;
}

/** The workflow that an execution runs; null when it runs a skill. */
export function workflowOfRun(skill: string): string | null {
  return skill.startsWith(prefix) ? skill.slice(prefix.length) : null;
}

/** What a step's execution has as the id of its cause, and (for a run) the beginning of all of them. */
export function causeIdOf(run: string, step: string, index: number | null): string {
  return index === null ? `${run}/${step}` : `${run}/${step}/${String(index)}`;
}

/** Which run, step and item an execution belongs to; null when its cause is none of a workflow. */
export function partOf(
  causeId: string | null,
): { readonly run: string; readonly step: string; readonly index: number | null } | null {
  const [run, step, index] = causeId?.split('/') ?? [];
  if (run === undefined || step === undefined) return null;
  return { run, step, index: index === undefined ? null : Number(index) };
}
