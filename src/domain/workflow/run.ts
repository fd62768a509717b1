import type { JsonObject, JsonValue } from '../../kernel/json.ts';
import { maxItems, type SettledStatus, type StepDefinition, type WorkflowDefinition } from './definition.ts';
import { resolved, tokensOf, valueAt } from './references.ts';

export interface StepError {
  readonly code: string;
  readonly message: string;
}

/** How the execution of a step, or of one item of it, ended. */
export interface PartOutcome {
  readonly status: 'completed' | 'failed' | 'cancelled';
  readonly result: JsonValue;
  readonly error: StepError | null;
}

/** An execution that is to be requested. */
export interface Launch {
  readonly step: StepDefinition;
  /** Which item; null where the step has none. */
  readonly index: number | null;
  readonly params: JsonObject;
}

export type StepStatus = 'waiting' | 'running' | SettledStatus;

/** A step as it stands. */
export interface StepView {
  readonly id: string;
  readonly skill: string;
  readonly status: StepStatus;
  /** In percent. */
  readonly progress: number;
  /** Items, and those that have ended; null where the step has none. */
  readonly items: { readonly total: number; readonly ended: number; readonly failed: number } | null;
  readonly result: JsonValue;
  readonly error: StepError | null;
}

/** How a run ends. */
export type RunEnding =
  | { readonly kind: 'completed'; readonly result: JsonValue }
  | { readonly kind: 'failed'; readonly error: StepError }
  | { readonly kind: 'cancelled' };

interface Step {
  readonly definition: StepDefinition;
  status: StepStatus;
  result: JsonValue;
  error: StepError | null;
  /** What it runs for: the items, or one that is none. */
  items: readonly JsonValue[];
  /** Items from the first on that were launched or are known. */
  launched: number;
  readonly parts: Map<number, PartOutcome | 'open'>;
  readonly results: JsonValue[];
  open: number;
  ended: number;
  failed: number;
  firstFailure: StepError | null;
  /** Of executions that are open, in percent. */
  progress: number;
}

/**
 * A run of a workflow: which steps may begin, how far it is, and how it ends. It does nothing by itself: it is told what became of
 * executions, in any order and also of those that it has not asked for yet (after a restart), and says which to request.
 *
 * A step begins when all that it needs has ended well: completed, or failed where that is to be continued on. What it needs and has
 * not ended so makes it skipped; with `when`, its conditions alone decide over the steps that they name. The run fails when a step failed
 * whose failure is not to be continued on; what does not depend on that step goes on until then.
 */
export class WorkflowRun {
  readonly #definition: WorkflowDefinition;
  readonly #input: JsonObject;
  readonly #steps: ReadonlyMap<string, Step>;
  #cancelled = false;

  constructor(definition: WorkflowDefinition, input: JsonObject) {
    this.#definition = definition;
    this.#input = input;
    this.#steps = new Map(definition.steps.map((step) => [step.id, newStep(step)]));
  }

  /** There is an execution of a part already, which has not ended. */
  isOpen(step: string, index: number | null): void {
    this.#known(step, index, 'open');
  }

  /** An execution has ended, or could not be requested. */
  hasEnded(step: string, index: number | null, outcome: PartOutcome): void {
    this.#known(step, index, outcome);
  }

  progressed(step: string, index: number | null, percent: number): void {
    const known = this.#steps.get(step);
    if (known !== undefined && index === null && known.status === 'running') known.progress = percent;
  }

  /** Nothing more begins. */
  cancel(): void {
    this.#cancelled = true;
  }

  /** What may begin now; it counts as open from then on. */
  launches(): readonly Launch[] {
    const launches: Launch[] = [];
    for (const step of this.#steps.values()) {
      if (step.status === 'waiting') this.#begin(step);
      if (step.status === 'running') this.#advance(step, launches);
    }
    return launches;
  }

  /** How the run ends; null while it goes on. Ask for launches before. */
  get ending(): RunEnding | null {
    const steps = [...this.#steps.values()];
    if (steps.some(({ status }) => status === 'waiting' || status === 'running')) return null;
    if (this.#cancelled) return { kind: 'cancelled' };
    const failed = steps.find(({ status, definition }) => isBad(status) && !definition.continueOnError);
    if (failed !== undefined) {
      const { code, message } = failed.error ?? { code: 'FAILED', message: 'It failed.' };
      const said = `Step ${failed.definition.id} ${failed.status}: ${message}`;
      return { kind: 'failed', error: { code: 'WORKFLOW_STEP_FAILED', message: `${said} (${code})` } };
    }
    return this.#completed(steps);
  }

  /** How long it may take from its request; null where it has no limit. */
  get timeoutMs(): number | null {
    return this.#definition.timeoutMs;
  }

  /** In percent, by the weights of the steps. */
  get progress(): number {
    let [done, all] = [0, 0];
    for (const step of this.#steps.values()) {
      all += step.definition.weight;
      done += (step.definition.weight * progressOf(step)) / 100;
    }
    return all === 0 ? 100 : Math.round((done / all) * 1000) / 10;
  }

  /** The step that something is known of last, for the status of the run. */
  get current(): string | null {
    const running = [...this.#steps.values()].filter(({ status }) => status === 'running');
    return running.length === 0 ? null : running.map(({ definition }) => definition.id).join(', ');
  }

  view(): readonly StepView[] {
    return [...this.#steps.values()].map((step) => {
      const { definition, status, items, ended, failed, result, error } = step;
      const counts = definition.forEach === null ? null : { total: items.length, ended, failed };
      return {
        id: definition.id,
        skill: definition.skill,
        status,
        progress: progressOf(step),
        items: counts,
        result,
        error,
      };
    });
  }

  #completed(steps: readonly Step[]): RunEnding {
    const { output } = this.#definition;
    if (output === null) {
      const needed = new Set(steps.flatMap(({ definition }) => definition.needs));
      const last = steps.filter(({ definition }) => !needed.has(definition.id));
      return { kind: 'completed', result: Object.fromEntries(last.map((step) => [step.definition.id, step.result])) };
    }
    const found = resolved(output, (tokens) => this.#lookUp(tokens, null, null));
    if (found.ok) return { kind: 'completed', result: found.value };
    const message = `The output refers to ${found.pointer}, and nothing is there.`;
    return { kind: 'failed', error: { code: 'WORKFLOW_OUTPUT_MISSING', message } };
  }

  #known(id: string, index: number | null, part: PartOutcome | 'open'): void {
    const step = this.#steps.get(id);
    if (step === undefined) return;
    const at = index ?? 0;
    const before = step.parts.get(at);
    if (before !== undefined && before !== 'open') return;
    step.parts.set(at, part);
    if (before === undefined) step.open++;
    if (part === 'open') return;
    step.open--;
    step.ended++;
    step.results[at] = part.result;
    if (part.status === 'completed') return;
    step.failed++;
    if (part.status !== 'failed') return;
    const { code, message } = part.error ?? { code: 'FAILED', message: 'It failed.' };
    step.firstFailure ??= { code, message: index === null ? message : `Item ${String(index)}: ${message}` };
  }

  #begin(step: Step): void {
    const { definition } = step;
    const needs = definition.needs.map((id) => this.#steps.get(id)?.status);
    if (needs.some((status) => status === 'waiting' || status === 'running')) return;
    // What has executions began once, whatever the run came to since.
    if (step.parts.size === 0) {
      const isTooLate = this.#cancelled && needs.includes('cancelled');
      if (!isTooLate && !this.#mayRun(definition)) step.status = 'skipped';
      else if (this.#cancelled) step.status = 'cancelled';
    }
    if (step.status !== 'waiting') return;
    step.status = 'running';
    if (definition.forEach === null) return;
    const items = this.#lookUp(tokensOf(definition.forEach.from) ?? [], null, null);
    if (Array.isArray(items) && items.length <= maxItems) step.items = items as readonly JsonValue[];
    else {
      const what = Array.isArray(items) ? `a list of more than ${String(maxItems)} items` : 'no list';
      fail(step, { code: 'WORKFLOW_ITEMS', message: `${definition.forEach.from} is ${what}.` });
    }
  }

  #mayRun({ needs, when }: StepDefinition): boolean {
    const named = new Set(when.map(({ step }) => step));
    const holds = when.every(({ step, status }) => {
      const now = this.#steps.get(step)?.status;
      return status.some((wanted) => wanted === now);
    });
    return holds && needs.every((id) => named.has(id) || this.#endedWell(id));
  }

  #endedWell(id: string): boolean {
    const step = this.#steps.get(id);
    return step?.status === 'completed' || (step?.status === 'failed' && step.definition.continueOnError);
  }

  /** Launches what there is room for, and settles the step when nothing of it is left. */
  #advance(step: Step, launches: Launch[]): void {
    const { definition } = step;
    const isFanOut = definition.forEach !== null;
    const total = isFanOut ? step.items.length : 1;
    const concurrency = definition.forEach?.concurrency ?? 1;
    const goesOn = (): boolean => !this.#cancelled && (step.failed === 0 || definition.continueOnError);
    while (step.launched < total && step.open < concurrency && goesOn()) {
      const index = step.launched++;
      // What is open or has ended already was launched before the restart.
      if (!step.parts.has(index)) this.#launch(step, isFanOut ? index : null, launches);
    }
    if (step.open > 0 || (step.launched < total && goesOn())) return;
    this.#settle(step, isFanOut, total);
  }

  #launch(step: Step, index: number | null, launches: Launch[]): void {
    const { definition } = step;
    const item = index === null ? null : (step.items[index] ?? null);
    const found = resolved(definition.params, (tokens) => this.#lookUp(tokens, item, index));
    if (found.ok) {
      this.#known(definition.id, index, 'open');
      launches.push({ step: definition, index, params: found.value as JsonObject });
      return;
    }
    const error = { code: 'WORKFLOW_REFERENCE', message: `${found.pointer} leads to nothing.` };
    this.#known(definition.id, index, { status: 'failed', result: null, error });
  }

  #settle(step: Step, isFanOut: boolean, total: number): void {
    step.result = isFanOut
      ? Array.from({ length: total }, (_, i) => step.results[i] ?? null)
      : (step.results[0] ?? null);
    if (step.failed === 0 && step.ended === total) step.status = 'completed';
    else if (step.firstFailure !== null) fail(step, step.firstFailure);
    else {
      step.status = 'cancelled';
      step.error = { code: 'CANCELLED', message: 'It was cancelled.' };
    }
  }

  #lookUp(tokens: readonly string[], item: JsonValue, index: number | null): JsonValue | undefined {
    const [root, ...rest] = tokens;
    if (root === 'input') return valueAt(this.#input, rest);
    if (root === 'item' && index !== null) return valueAt(item, rest);
    if (root === 'index' && rest.length === 0) return index ?? undefined;
    const [id, ...inner] = rest;
    const step = root === 'steps' && id !== undefined ? this.#steps.get(id) : undefined;
    if (step === undefined) return undefined;
    const { status, result, error } = step;
    return valueAt({ status, ...(hasResult(step) && { result }), error: error === null ? null : { ...error } }, inner);
  }
}

function hasResult({ status, definition }: Step): boolean {
  return status === 'completed' || (status === 'failed' && definition.forEach !== null);
}

function newStep(definition: StepDefinition): Step {
  return {
    definition,
    status: 'waiting',
    result: null,
    error: null,
    items: [],
    launched: 0,
    parts: new Map(),
    results: [],
    open: 0,
    ended: 0,
    failed: 0,
    firstFailure: null,
    progress: 0,
  };
}

function fail(step: Step, error: StepError): void {
  step.status = 'failed';
  step.error = error;
}

function isBad(status: StepStatus): boolean {
  return status === 'failed' || status === 'cancelled';
}

function progressOf({ definition, status, items, ended, progress }: Step): number {
  if (status === 'waiting') return 0;
  if (status !== 'running') return 100;
  if (definition.forEach === null) return progress;
  return items.length === 0 ? 0 : (ended / items.length) * 100;
}
