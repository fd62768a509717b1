import type { Launch, WorkflowRun } from '../domain/workflow/run.ts';
import { FleetingMap } from '../kernel/fleeting-map.ts';
import type { OpenRun } from './open-run.ts';

/** A run that this node looks after. */
export interface ActiveRun {
  readonly of: OpenRun;
  /** Null until its definition is here. */
  run: WorkflowRun | null;
  /** What there is of it already is known: it may go on. */
  ready: boolean;
  /** Its executions that have not ended. */
  readonly open: Map<string, { readonly step: string; readonly index: number | null }>;
  /** What may begin as soon as everything is recorded that led to it. */
  readonly due: Launch[];
  /** Facts that it knows before the log does. */
  unrecorded: number;
  /** One of those was not recorded: what it knows is not what the log says. */
  astray: boolean;
  cancelled: boolean;
  ended: boolean;
  timeout: NodeJS.Timeout | null;
  report: NodeJS.Timeout | null;
}

export function activeRun(of: OpenRun, run: WorkflowRun | null): ActiveRun {
  const nothing = { unrecorded: 0, astray: false, cancelled: false, ended: false, timeout: null, report: null };
  return { of, run, ready: run !== null, open: new Map(), due: [], ...nothing };
}

/** Stops its timers. */
export function quiet({ timeout, report }: ActiveRun): void {
  if (timeout !== null) clearTimeout(timeout);
  if (report !== null) clearTimeout(report);
}

/** The runs that this node looks after, and which execution is part of which. */
export class ActiveRuns {
  readonly #byId = new FleetingMap<string, ActiveRun>();
  readonly #byExecution = new FleetingMap<string, ActiveRun>();

  get(id: string): ActiveRun | undefined {
    return this.#byId.get(id);
  }

  all(): Iterable<ActiveRun> {
    return this.#byId.values();
  }

  /** The run that an execution is part of, while it is open. */
  ofPart(executionId: string): ActiveRun | undefined {
    return this.#byExecution.get(executionId);
  }

  add(active: ActiveRun): void {
    this.#byId.set(active.of.id, active);
  }

  follow(active: ActiveRun, executionId: string, step: string, index: number | null): void {
    active.open.set(executionId, { step, index });
    this.#byExecution.set(executionId, active);
  }

  unfollow(active: ActiveRun, executionId: string): void {
    active.open.delete(executionId);
    if (this.#byExecution.get(executionId) === active) this.#byExecution.delete(executionId);
  }

  /** Looks after it no longer; nothing more begins in it. */
  drop(active: ActiveRun): void {
    quiet(active);
    active.ended = true;
    if (this.#byId.get(active.of.id) === active) this.#byId.delete(active.of.id);
    for (const id of [...active.open.keys()]) this.unfollow(active, id);
  }
}
