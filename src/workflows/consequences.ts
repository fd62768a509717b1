import type { ExecutionRequested } from '../../schemas/generated/events.ts';
import type { EndingEvent } from '../commands/endings.ts';
import type { FollowUp } from '../commands/follow-up.ts';
import type { ExecutionRequests, PreparedRequest } from '../commands/request-execution.ts';
import { workflowOfRun } from '../domain/workflow/definition.ts';
import { type Launch, type RunEnding, WorkflowRun } from '../domain/workflow/run.ts';
import type { AppendedWith, AppendRequest, AppendResult } from '../event-log/event-log.ts';
import type { LoadedSkill } from '../skills/skill.ts';
import { type ActiveRun, activeRun, type ActiveRuns, quiet } from './active-runs.ts';
import { type OpenRun, requestedRun } from './open-run.ts';
import { prepareStep } from './request-step.ts';
import { outcomeOf } from './run-parts.ts';
import type { RunRecorder } from './run-recorder.ts';
import type { Workflows } from './workflows.ts';

interface ConsequenceDependencies {
  readonly active: ActiveRuns;
  readonly workflows: Workflows;
  readonly requests: ExecutionRequests;
  readonly skillOf: (name: string) => LoadedSkill | undefined;
  readonly recorder: RunRecorder;
  /** A run that was asked for just now is this node's to look after. */
  readonly takesUp: (run: OpenRun) => boolean;
  readonly isAccepting: () => boolean;
  /** Asks for a step's execution by itself. */
  readonly launch: (active: ActiveRun, launch: Launch) => void;
  /** Records the end of a run by itself. */
  readonly end: (active: ActiveRun, ending: RunEnding) => void;
  /** It goes on. */
  readonly goesOn: (active: ActiveRun) => void;
  /** A step has begun of a run that goes on no longer. */
  readonly tooLate: (executionId: string) => void;
  /** What it knows is not what the log has. */
  readonly takeUpAnew: (active: ActiveRun) => void;
}

/** What a run goes on with: what an append is all that is needed for is prepared. */
interface NextSteps {
  readonly launches: readonly { readonly launch: Launch; readonly prepared: PreparedRequest | null }[];
  readonly ending: RunEnding | null;
  readonly end: AppendRequest | null;
}

/** More at once are asked for one by one: an append must not hold up others for long. */
const maxPrepared = 100;

/**
 * What is to be appended right behind a fact: behind the request of a run its first steps, behind the end of a step the next ones
 * or the end of the run. So a run goes ahead of the log for as long as a flush takes; when the fact is not recorded, what was
 * thought to follow from it is thrown away.
 */
export class Consequences {
  readonly #deps: ConsequenceDependencies;
  /** Runs whose requests are on their way to the log, with their first steps. */
  readonly #requested = new Map<string, ActiveRun>();

  constructor(deps: ConsequenceDependencies) {
    this.#deps = deps;
  }

  ofEnding(executionId: string, ending: EndingEvent): FollowUp | null {
    const { active: runs, isAccepting } = this.#deps;
    const active = runs.ofPart(executionId);
    const part = active?.open.get(executionId);
    if (active === undefined || part === undefined || active.cancelled || active.ended || !isAccepting()) return null;
    const { run } = active;
    if (run === null) return null;
    runs.unfollow(active, executionId);
    run.hasEnded(part.step, part.index, outcomeOf(ending));
    return this.#followUp(active, run);
  }

  ofRequest(id: string, data: ExecutionRequested, atMs: number): FollowUp | null {
    const { workflows, takesUp } = this.#deps;
    const of = requestedRun({ stream: id, atMs, data });
    if (of.hasSecrets || of.cause === 'retry' || this.#requested.has(id) || !takesUp(of)) return null;
    const definition = workflows.knownDefinition(of.owner, workflowOfRun(of.skill) ?? '', Number(of.skillVersion));
    if (definition === undefined) return null;
    const run = new WorkflowRun(definition, of.input);
    const active = activeRun(of, run);
    this.#requested.set(id, active);
    const { appends, settle } = this.#followUp(active, run);
    return {
      appends,
      settle: (appended) => {
        this.#requested.delete(id);
        settle(appended);
      },
    };
  }

  /** The run whose first steps are on their way to the log with its request. */
  requested(id: string): ActiveRun | undefined {
    return this.#requested.get(id);
  }

  #followUp(active: ActiveRun, run: WorkflowRun): FollowUp {
    const next = this.#nextSteps(active, run);
    if (next.ending !== null) {
      active.ended = true;
      quiet(active);
    }
    const requests = next.launches.flatMap(({ prepared }) => (prepared === null ? [] : [prepared.append]));
    return {
      appends: next.end === null ? requests : [...requests, next.end],
      settle: (appended) => {
        this.#settle(active, next, appended);
      },
    };
  }

  #nextSteps(active: ActiveRun, run: WorkflowRun): NextSteps {
    const launches = run
      .launches()
      .map((launch, i) => ({ launch, prepared: i < maxPrepared ? this.#prepare(active, launch) : null }));
    const { ending } = run;
    return { launches, ending, end: ending === null ? null : this.#deps.recorder.prepareEnd(active.of, ending) };
  }

  #prepare(active: ActiveRun, launch: Launch): PreparedRequest | null {
    const prepared = prepareStep(active.of, launch, this.#deps);
    if (prepared !== null) this.#deps.active.follow(active, prepared.executionId, launch.step.id, launch.index);
    return prepared;
  }

  /** The log has answered; what it did not take together with the fact is done by itself. */
  #settle(active: ActiveRun, { launches, ending }: NextSteps, appended: AppendedWith | null): void {
    const { launch, end, goesOn, takeUpAnew } = this.#deps;
    const answers = [...(appended?.consequences ?? [])];
    const left = launches.filter(
      ({ prepared }) => prepared === null || !this.#hasBegun(active, prepared, answers.shift() ?? null),
    );
    if (appended?.fact.outcome !== 'accepted') {
      takeUpAnew(active);
      return;
    }
    for (const one of left) launch(active, one.launch);
    if (ending === null) goesOn(active);
    else if (answers.shift()?.outcome !== 'accepted') end(active, ending);
  }

  #hasBegun(active: ActiveRun, { executionId, settle }: PreparedRequest, answer: AppendResult | null): boolean {
    settle(answer);
    if (answer?.outcome !== 'accepted') return false;
    if (active.cancelled || active.ended) this.#deps.tooLate(executionId);
    return true;
  }
}
