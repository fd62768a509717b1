import type { ExecutionRequested } from '../../schemas/generated/events.ts';
import { type EndingEvent, isEnding } from '../commands/endings.ts';
import type { FollowUp } from '../commands/follow-up.ts';
import type { ExecutionRequests, PreparedRequest } from '../commands/request-execution.ts';
import { causeIdOf, workflowOfRun } from '../domain/workflow/definition.ts';
import { type Launch, type PartOutcome, type RunEnding, WorkflowRun } from '../domain/workflow/run.ts';
import type { AppendResult, EventLog, RecordedEvent } from '../event-log/event-log.ts';
import type { Membership } from '../event-log/membership.ts';
import { derivedIdAt } from '../kernel/ids.ts';
import { isJsonObject } from '../kernel/json.ts';
import type { LoadedSkill } from '../skills/skill.ts';
import type { Queries } from '../store/query-client.ts';
import type { Vault } from '../vault/vault.ts';
import { type OpenRun, openRunOf, requestedRun } from './open-run.ts';
import { prepareStep, requestStep } from './request-step.ts';
import { failed, outcomeOf, outcomeOfRow, takeUpParts } from './run-parts.ts';
import { type RecorderDependencies, RunRecorder } from './run-recorder.ts';
import type { Workflows } from './workflows.ts';

interface OrchestratorDependencies extends RecorderDependencies {
  readonly log: EventLog;
  readonly queries: Pick<Queries, 'openRunsAfter' | 'childrenOf' | 'executionById' | 'erasedUserIds'>;
  readonly requests: ExecutionRequests;
  readonly workflows: Workflows;
  readonly vault: Vault;
  readonly membership: Membership;
  readonly skillOf: (name: string) => LoadedSkill | undefined;
}

/** A run that this node looks after. */
interface ActiveRun {
  readonly of: OpenRun;
  /** Null until its definition is here. */
  run: WorkflowRun | null;
  /** What there is of it already is known: it may go on. */
  ready: boolean;
  /** Its executions that have not ended. */
  readonly open: Map<string, { readonly step: string; readonly index: number | null }>;
  /** What may begin as soon as everything is recorded that led to it. */
  readonly due: Launch[];
  /** What it knows before the log does. */
  unrecorded: number;
  /** Some of that was not recorded: what it knows is not what the log says. */
  astray: boolean;
  cancelled: boolean;
  ended: boolean;
  timeout: NodeJS.Timeout | null;
  report: NodeJS.Timeout | null;
}

/** What a run goes on with, by the appends that are to stand behind what led to it. */
interface Plan {
  readonly requests: readonly { readonly launch: Launch; readonly prepared: PreparedRequest }[];
  readonly ending: RunEnding | null;
}

const pageRuns = 1000;
const retryMs = 1000;
const reportMs = 100;
const runCancelled = 'The run of its workflow was cancelled.';

/**
 * Runs workflows: requests the executions of steps that may begin, and records how the run ends. It keeps nothing that is not in the
 * log: a step's execution has a name that follows from the run's, so that whoever takes a run up finds what there is of it, and
 * asking for a step twice leads to one execution.
 */
export class Orchestrator {
  readonly #deps: OrchestratorDependencies;
  readonly #runs = new Map<string, OpenRun>();
  readonly #active = new Map<string, ActiveRun>();
  /** Runs whose requests are on their way to the log, with their first steps. */
  readonly #planned = new Map<string, ActiveRun>();
  readonly #byExecution = new Map<string, ActiveRun>();
  readonly #work = new Set<Promise<void>>();
  readonly #recorder: RunRecorder;
  readonly #unsubscribe: () => void;
  #accepting = false;

  constructor(deps: OrchestratorDependencies) {
    this.#deps = deps;
    this.#recorder = new RunRecorder(deps);
    this.#unsubscribe = deps.log.subscribe((events) => {
      for (const event of events) this.#hear(event);
    });
    deps.membership.onChange(() => {
      if (this.#accepting) this.#dealtAnew();
    });
  }

  /** Runs that have not ended, on any node. */
  get open(): number {
    return this.#runs.size;
  }

  /** Takes up the runs that have not ended. */
  async start(): Promise<void> {
    let after = 0;
    for (;;) {
      const rows = await this.#deps.queries.openRunsAfter(after, pageRuns);
      for (const row of rows) if (!this.#runs.has(row.id)) this.#runs.set(row.id, openRunOf(row));
      after = rows.at(-1)?.position ?? after;
      if (rows.length < pageRuns) break;
    }
    this.#accepting = true;
    this.#dealtAnew();
    // The node that erased an account may have died before it cancelled what the account had under way.
    for (const userId of await this.#deps.queries.erasedUserIds()) this.#ownerErased(userId);
  }

  /** Begins nothing more, and waits for what is on its way to the log. */
  async stop(): Promise<void> {
    this.#accepting = false;
    this.#unsubscribe();
    for (const active of this.#active.values()) this.#quiet(active);
    while (this.#work.size > 0) await Promise.all(this.#work);
  }

  /**
   * What is to be appended right behind the end of a step's execution: the requests of what begins then, or the end of the run. So the
   * run knows of that end before the log does; when it is not recorded, the run is taken up anew.
   */
  followUpOf(executionId: string, ending: EndingEvent): FollowUp | null {
    const active = this.#byExecution.get(executionId);
    const part = active?.open.get(executionId);
    if (active?.run == null || part === undefined || !this.#mayFollowUp(active)) return null;
    this.#unfollow(active, executionId);
    active.run.hasEnded(part.step, part.index, outcomeOf(ending));
    return this.#followUp(active, active.run, part.step);
  }

  #mayFollowUp({ ready, astray, cancelled, ended }: ActiveRun): boolean {
    return ready && !astray && !cancelled && !ended && this.#accepting && this.#chains;
  }

  /** What is to be appended right behind the request of a run: the requests of its first steps. */
  firstStepsOf(id: string, data: ExecutionRequested, atMs: number): FollowUp | null {
    const of = requestedRun({ stream: id, atMs, data });
    const isKnown = this.#runs.has(id) || this.#planned.has(id);
    const isSimple = !of.hasSecrets && of.cause !== 'retry';
    if (isKnown || !isSimple || !this.#accepting || !this.#chains || !this.#deps.membership.owns(id)) return null;
    const { owner, skill, skillVersion } = of;
    const definition = this.#deps.workflows.knownDefinition(owner, workflowOfRun(skill) ?? '', Number(skillVersion));
    if (definition === undefined) return null;
    const run = new WorkflowRun(definition, of.input);
    const active = activeRun(of, run);
    this.#planned.set(id, active);
    const { appends, settle } = this.#followUp(active, run, null);
    return {
      appends,
      settle: (results) => {
        this.#planned.delete(id);
        settle(results);
      },
    };
  }

  /** Where each append of a chain waits for the one before it, what follows from a fact is sooner there by itself. */
  get #chains(): boolean {
    return !this.#deps.log.capabilities.clustered;
  }

  /**
   * `step`: the one of which an execution ends. Another one begins only when all that led to it is recorded, and so does the end of
   * the run; the next item of the same one depends on no other.
   */
  #followUp(active: ActiveRun, run: WorkflowRun, step: string | null): FollowUp {
    active.unrecorded++;
    const isAlone = active.unrecorded === 1;
    const requests: { launch: Launch; prepared: PreparedRequest }[] = [];
    for (const launch of run.launches()) {
      const prepared = isAlone || launch.step.id === step ? this.#prepare(active, launch) : null;
      if (prepared === null) active.due.push(launch);
      else requests.push({ launch, prepared });
    }
    const ending = isAlone ? run.ending : null;
    const end = ending === null ? null : this.#recorder.prepareEnd(active.of, ending);
    if (ending !== null) {
      active.ended = true;
      this.#quiet(active);
    }
    const appends = requests.map(({ prepared }) => prepared.append);
    return {
      appends: end === null ? appends : [...appends, end],
      settle: (results) => {
        this.#followed(active, { requests, ending }, results);
      },
    };
  }

  #prepare(active: ActiveRun, launch: Launch): PreparedRequest | null {
    const prepared = prepareStep(active.of, launch, this.#deps);
    if (prepared !== null) this.#follow(active, prepared.executionId, launch.step.id, launch.index);
    return prepared;
  }

  /** The log has answered; what it did not take with what came before it is asked for by itself. */
  #followed(active: ActiveRun, { requests, ending }: Plan, [fact, ...answers]: readonly AppendResult[]): void {
    active.unrecorded--;
    active.astray ||= fact?.outcome !== 'accepted';
    requests.forEach(({ launch, prepared }, i) => {
      const answer = answers[i] ?? null;
      prepared.settle(answer);
      if (answer?.outcome !== 'accepted') active.due.push(launch);
      else if (active.cancelled || !this.#runs.has(active.of.id))
        this.#track(this.#recorder.cancel(prepared.executionId, runCancelled));
    });
    if (active.unrecorded > 0) return;
    if (active.astray) this.#takeUpAnew(active);
    else if (ending === null) this.#goOn(active);
    else if (answers[requests.length]?.outcome !== 'accepted') this.#track(this.#end(active, ending));
  }

  #takeUpAnew(active: ActiveRun): void {
    const { id } = active.of;
    const of = this.#runs.get(id);
    const wasTaken = this.#active.get(id) === active;
    this.#drop(active);
    if (wasTaken && this.#accepting && of !== undefined) this.#takeUp(of, false);
  }

  #dealtAnew(): void {
    for (const [id, of] of this.#runs) {
      const isMine = this.#deps.membership.owns(id);
      const active = this.#active.get(id);
      if (isMine && active === undefined) this.#takeUp(of, false);
      else if (!isMine && active !== undefined) this.#drop(active);
    }
  }

  #drop(active: ActiveRun): void {
    this.#quiet(active);
    active.ended = true;
    if (this.#active.get(active.of.id) === active) this.#active.delete(active.of.id);
    for (const id of [...active.open.keys()]) this.#unfollow(active, id);
  }

  #quiet({ timeout, report }: ActiveRun): void {
    if (timeout !== null) clearTimeout(timeout);
    if (report !== null) clearTimeout(report);
  }

  #hear(event: RecordedEvent): void {
    if (event.type === 'ExecutionRequested') {
      if (event.revision === 0 && workflowOfRun(event.data.skill) !== null) this.#requested(event);
    } else if (event.type === 'ExecutionProgressed') this.#progressed(event);
    else if (event.type === 'ExecutionCancellationRequested') {
      const active = this.#active.get(event.stream);
      if (active !== undefined) this.#cancel(active, event.data.reason);
    } else if (isEnding(event)) this.#ended(event);
    else if (event.type === 'UserErased') this.#ownerErased(event.stream);
  }

  #requested(event: RecordedEvent<'ExecutionRequested'>): void {
    const of = requestedRun(event);
    this.#runs.set(of.id, of);
    const planned = this.#planned.get(of.id);
    if (planned !== undefined) {
      this.#active.set(of.id, planned);
      this.#limit(planned);
    } else if (this.#accepting && this.#deps.membership.owns(of.id)) this.#takeUp(of, of.cause !== 'retry');
  }

  #ended(event: RecordedEvent & Parameters<typeof outcomeOf>[0]): void {
    const { stream: id } = event;
    const of = this.#runs.get(id);
    if (of !== undefined) {
      this.#runEnded(of);
      return;
    }
    const active = this.#byExecution.get(id);
    if (active !== undefined) this.#settle(active, id, outcomeOf(event));
  }

  #settle(active: ActiveRun, id: string, outcome: PartOutcome): void {
    const part = active.open.get(id);
    if (part === undefined) return;
    this.#unfollow(active, id);
    active.run?.hasEnded(part.step, part.index, outcome);
    this.#advance(active);
  }

  #runEnded(of: OpenRun): void {
    this.#runs.delete(of.id);
    const active = this.#active.get(of.id);
    if (active === undefined) return;
    const open = [...active.open.keys()];
    this.#drop(active);
    // Whoever ended it did not wait for its steps.
    for (const id of open) this.#track(this.#recorder.cancel(id, 'The run of its workflow has ended.'));
    if (of.hasSecrets) this.#track(this.#deps.vault.take('params', of.id).then(() => undefined));
  }

  #progressed({ stream, data }: RecordedEvent<'ExecutionProgressed'>): void {
    const active = this.#byExecution.get(stream);
    const part = active?.open.get(stream);
    if (active === undefined || part === undefined) return;
    active.run?.progressed(part.step, part.index, data.progress);
    this.#reportSoon(active);
  }

  #ownerErased(owner: string): void {
    for (const active of this.#active.values())
      if (active.of.owner === owner) this.#track(this.#recorder.cancel(active.of.id, 'The account was erased.'));
  }

  #cancel(active: ActiveRun, reason: string | null): void {
    active.cancelled = true;
    active.run?.cancel();
    for (const id of active.open.keys()) this.#track(this.#recorder.cancel(id, reason ?? runCancelled));
    this.#advance(active);
  }

  /** `isNew`: it was requested just now, so there is nothing of it yet. */
  #takeUp(of: OpenRun, isNew: boolean): void {
    const active = activeRun(of, null);
    this.#active.set(of.id, active);
    this.#track(this.#begin(active, isNew));
  }

  async #begin(active: ActiveRun, isNew: boolean): Promise<void> {
    const { of } = active;
    const { workflows, vault } = this.#deps;
    while (this.#accepting && !active.ended) {
      try {
        const definition = await workflows.definitionOf(
          of.owner,
          workflowOfRun(of.skill) ?? '',
          Number(of.skillVersion),
        );
        if (definition === null) {
          const message = 'Its definition is not there any more.';
          await this.#end(active, { kind: 'failed', error: { code: 'WORKFLOW_NOT_FOUND', message } });
          return;
        }
        const secrets = of.hasSecrets ? await vault.get('params', of.id) : null;
        const input = isJsonObject(secrets) ? { ...of.input, ...secrets } : of.input;
        const run = new WorkflowRun(definition, input);
        active.run = run;
        const isCancelled = isNew ? false : await this.#takeUpParts(active, run);
        active.ready = true;
        if (isCancelled || active.cancelled) {
          this.#cancel(active, null);
          return;
        }
        this.#limit(active);
        this.#advance(active);
        return;
      } catch (error) {
        this.#deps.onError(error, of.id);
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  }

  #limit(active: ActiveRun): void {
    const { of, run } = active;
    const timeoutMs = run?.timeoutMs ?? null;
    if (timeoutMs === null) return;
    const leftMs = of.requestedAtMs + timeoutMs - this.#deps.clock.now();
    active.timeout = setTimeout(
      () => {
        active.run?.cancel();
        this.#track(this.#recorder.timeOut(of));
      },
      Math.max(0, leftMs),
    );
  }

  /** What there is of a run that was begun before. Returns whether it is to be cancelled. */
  async #takeUpParts(active: ActiveRun, run: WorkflowRun): Promise<boolean> {
    const { executions, queries } = this.#deps;
    const { state } = await executions.reload(active.of.id);
    if (state.phase === 'queued') await this.#recorder.start(active.of.id);
    for (const row of await takeUpParts(active.of, run, queries)) {
      const [, step = '', index] = (row.causeId ?? '').split('/');
      this.#follow(active, row.id, step, index === undefined ? null : Number(index));
      await this.#settleIfEnded(active, row.id);
    }
    return state.phase === 'running' && state.cancellation !== null;
  }

  #follow(active: ActiveRun, id: string, step: string, index: number | null): void {
    active.open.set(id, { step, index });
    this.#byExecution.set(id, active);
  }

  #unfollow(active: ActiveRun, id: string): void {
    active.open.delete(id);
    if (this.#byExecution.get(id) === active) this.#byExecution.delete(id);
  }

  /** It may have ended before this node followed it. */
  async #settleIfEnded(active: ActiveRun, id: string): Promise<void> {
    const row = await this.#deps.queries.executionById(id);
    const outcome = row === null ? null : outcomeOfRow(row);
    if (outcome !== null) this.#settle(active, id, outcome);
  }

  #advance(active: ActiveRun): void {
    const { run } = active;
    if (run === null || !active.ready || active.ended || !this.#accepting) return;
    active.due.push(...run.launches());
    this.#goOn(active);
  }

  #goOn(active: ActiveRun): void {
    const { run } = active;
    if (run === null || active.ended || active.unrecorded > 0 || !this.#accepting) return;
    for (const launch of active.due.splice(0)) this.#track(this.#launch(active, launch));
    const { ending } = run;
    if (ending === null) this.#reportSoon(active);
    else this.#track(this.#end(active, ending));
  }

  async #launch(active: ActiveRun, launch: Launch): Promise<void> {
    const { of } = active;
    const { step, index } = launch;
    const causeId = causeIdOf(of.id, step.id, index);
    const id = derivedIdAt('exec', of.requestedAtMs, of.owner, causeId);
    this.#follow(active, id, step.id, index);
    while (this.#accepting && active.open.has(id) && this.#runs.has(of.id)) {
      const asked = await requestStep(of, launch, this.#deps);
      if (asked.kind === 'requested') {
        if (!asked.execution.created) await this.#settleIfEnded(active, id);
        else if (active.cancelled || !this.#runs.has(of.id)) await this.#recorder.cancel(id, runCancelled);
      } else if (asked.kind === 'refused') this.#settle(active, id, failed(asked.error));
      if (asked.kind !== 'later') return;
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }

  #reportSoon(active: ActiveRun): void {
    active.report ??= setTimeout(() => {
      active.report = null;
      const { run } = active;
      if (run === null || active.ended) return;
      this.#track(
        this.#recorder.command(active.of.id, { kind: 'report-progress', progress: run.progress, status: run.current }),
      );
    }, reportMs);
  }

  async #end(active: ActiveRun, ending: RunEnding): Promise<void> {
    active.ended = true;
    this.#quiet(active);
    await this.#recorder.end(active.of, ending, () => this.#accepting && this.#runs.has(active.of.id));
  }

  #track(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => {
        this.#deps.onError(error, 'a workflow');
      })
      .finally(() => {
        this.#work.delete(tracked);
      });
    this.#work.add(tracked);
  }
}

function activeRun(of: OpenRun, run: WorkflowRun | null): ActiveRun {
  const nothing = { unrecorded: 0, astray: false, cancelled: false, ended: false, timeout: null, report: null };
  return { of, run, ready: run !== null, open: new Map(), due: [], ...nothing };
}
