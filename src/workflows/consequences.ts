import type { ExecutionRequested } from '../../schemas/generated/events.ts';
import type { EndingEvent } from '../commands/endings.ts';
import type { FollowUp } from '../commands/follow-up.ts';
import type { ExecutionRequests, PreparedRequest } from '../commands/request-execution.ts';
import { workflowOfRun } from '../domain/workflow/definition.ts';
import { type Launch, type RunEnding, WorkflowRun } from '../domain/workflow/run.ts';
import type { AppendedWith, AppendRequest, AppendResult, EventLog } from '../event-log/event-log.ts';
import type { Membership } from '../event-log/membership.ts';
import { FleetingMap } from '../kernel/fleeting-map.ts';
import type { LoadedSkill } from '../skills/skill.ts';
import { type ActiveRun, activeRun, type ActiveRuns, quiet } from './active-runs.ts';
import { requestedRun } from './open-run.ts';
import { prepareStep } from './request-step.ts';
import { outcomeOf } from './run-parts.ts';
import type { RunRecorder } from './run-recorder.ts';
import type { Workflows } from './workflows.ts';

interface ConsequenceDependencies {
  readonly log: Pick<EventLog, 'capabilities'>;
  readonly active: ActiveRuns;
  readonly workflows: Workflows;
  readonly requests: ExecutionRequests;
  readonly skillOf: (name: string) => LoadedSkill | undefined;
  readonly recorder: RunRecorder;
  readonly membership: Membership;
  readonly isAccepting: () => boolean;
  /** The log has a run of this id that has not ended. */
  readonly isOpen: (run: string) => boolean;
  /** Begins what is due, or ends the run. */
  readonly goOn: (active: ActiveRun) => void;
  /** Records the end of a run by itself. */
  readonly end: (active: ActiveRun, ending: RunEnding) => void;
  /** A step has begun of a run that goes on no longer. */
  readonly tooLate: (executionId: string) => void;
  /** What it knows is not what the log has. */
  readonly takeUpAnew: (active: ActiveRun) => void;
}

/** What a run goes on with, as far as an append is all that is needed for it. */
interface NextSteps {
  readonly requests: readonly { readonly launch: Launch; readonly prepared: PreparedRequest }[];
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
  readonly #requested = new FleetingMap<string, ActiveRun>();

  constructor(deps: ConsequenceDependencies) {
    this.#deps = deps;
  }

  ofEnding(executionId: string, ending: EndingEvent): FollowUp | null {
    const { active: runs } = this.#deps;
    const active = runs.ofPart(executionId);
    const part = active?.open.get(executionId);
    if (active === undefined || part === undefined || !this.#goesOn(active)) return null;
    const { run } = active;
    if (run === null) return null;
    runs.unfollow(active, executionId);
    run.hasEnded(part.step, part.index, outcomeOf(ending));
    return this.#followUp(active, run, part.step);
  }

  ofRequest(id: string, data: ExecutionRequested, atMs: number): FollowUp | null {
    const { workflows, isOpen, membership } = this.#deps;
    const of = requestedRun({ stream: id, atMs, data });
    const isKnown = isOpen(id) || this.#requested.has(id);
    if (isKnown || of.hasSecrets || of.cause === 'retry' || !this.#isOn || !membership.owns(id)) return null;
    const definition = workflows.knownDefinition(of.owner, workflowOfRun(of.skill) ?? '', Number(of.skillVersion));
    if (definition === undefined) return null;
    const run = new WorkflowRun(definition, of.input);
    const active = activeRun(of, run);
    this.#requested.set(id, active);
    const { appends, settle } = this.#followUp(active, run, null);
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

  /** Where each append is a way to a cluster and back, what follows from a fact is there as soon by itself. */
  get #isOn(): boolean {
    return this.#deps.isAccepting() && !this.#deps.log.capabilities.clustered;
  }

  #goesOn({ ready, astray, cancelled, ended }: ActiveRun): boolean {
    return ready && !astray && !cancelled && !ended && this.#isOn;
  }

  #followUp(active: ActiveRun, run: WorkflowRun, step: string | null): FollowUp {
    active.unrecorded++;
    const next = this.#nextSteps(active, run, step);
    if (next.ending !== null) {
      active.ended = true;
      quiet(active);
    }
    const appends = next.requests.map(({ prepared }) => prepared.append);
    return {
      appends: next.end === null ? appends : [...appends, next.end],
      settle: (appended) => {
        this.#settle(active, next, appended);
      },
    };
  }

  /**
   * `step`: the one of which an execution ends. Another one begins only when all that led to it is recorded, and so does the end of
   * the run; the next item of the same one depends on no other.
   */
  #nextSteps(active: ActiveRun, run: WorkflowRun, step: string | null): NextSteps {
    const isAlone = active.unrecorded === 1;
    const requests: { launch: Launch; prepared: PreparedRequest }[] = [];
    for (const launch of run.launches()) {
      const mayFollow = (isAlone || launch.step.id === step) && requests.length < maxPrepared;
      const prepared = mayFollow ? this.#prepare(active, launch) : null;
      if (prepared === null) active.due.push(launch);
      else requests.push({ launch, prepared });
    }
    const ending = isAlone ? run.ending : null;
    return { requests, ending, end: ending === null ? null : this.#deps.recorder.prepareEnd(active.of, ending) };
  }

  #prepare(active: ActiveRun, launch: Launch): PreparedRequest | null {
    const prepared = prepareStep(active.of, launch, this.#deps);
    if (prepared !== null) this.#deps.active.follow(active, prepared.executionId, launch.step.id, launch.index);
    return prepared;
  }

  /** The log has answered; what it did not take together with the fact is done by itself. */
  #settle(active: ActiveRun, { requests, ending, end }: NextSteps, appended: AppendedWith | null): void {
    const { goOn, takeUpAnew } = this.#deps;
    const answers = [...(appended?.consequences ?? [])];
    active.unrecorded--;
    active.astray ||= appended?.fact.outcome !== 'accepted';
    for (const { launch, prepared } of requests)
      if (!this.#hasBegun(active, prepared, answers.shift() ?? null)) active.due.push(launch);
    if (active.unrecorded > 0) return;
    if (active.astray) takeUpAnew(active);
    else if (ending === null) goOn(active);
    else if (end === null || answers.shift()?.outcome !== 'accepted') this.#deps.end(active, ending);
  }

  #hasBegun(active: ActiveRun, { executionId, settle }: PreparedRequest, answer: AppendResult | null): boolean {
    settle(answer);
    if (answer?.outcome !== 'accepted') return false;
    if (active.cancelled || !this.#deps.isOpen(active.of.id)) this.#deps.tooLate(executionId);
    return true;
  }
}
