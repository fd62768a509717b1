import { isEnding } from '../commands/endings.ts';
import { type ExecutionRequests, keyedExecutionId } from '../commands/request-execution.ts';
import { causeIdOf, workflowOfRun } from '../domain/workflow/definition.ts';
import { type Launch, type PartOutcome, type RunEnding, WorkflowRun } from '../domain/workflow/run.ts';
import type { EventLog, RecordedEvent } from '../event-log/event-log.ts';
import type { Membership } from '../event-log/membership.ts';
import { FleetingMap, FleetingSet } from '../kernel/fleeting-map.ts';
import { isJsonObject } from '../kernel/json.ts';
import type { LoadedSkill } from '../skills/skill.ts';
import type { Queries } from '../store/query-client.ts';
import type { Vault } from '../vault/vault.ts';
import { type ActiveRun, activeRun, ActiveRuns, quiet } from './active-runs.ts';
import { Consequences } from './consequences.ts';
import { type OpenRun, openRunOf, requestedRun } from './open-run.ts';
import { requestStep } from './request-step.ts';
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

const pageRuns = 1000;
const retryMs = 1000;
const reportMs = 100;
const runCancelled = 'The run of its workflow was cancelled.';
const accountErased = 'The account was erased.';

/**
 * Runs workflows: requests the executions of steps that may begin, and records how the run ends. It keeps nothing that is not in the
 * log: a step's execution has a name that follows from the run's, so that whoever takes a run up finds what there is of it, and
 * asking for a step twice leads to one execution.
 */
export class Orchestrator {
  readonly consequences: Consequences;
  readonly #deps: OrchestratorDependencies;
  readonly #runs = new FleetingMap<string, OpenRun>();
  readonly #active = new ActiveRuns();
  /** Accounts whose erasure was heard of: a run may have been asked for just before. */
  readonly #erased = new Set<string>();
  readonly #work = new FleetingSet<Promise<void>>();
  readonly #recorder: RunRecorder;
  readonly #unsubscribe: () => void;
  #accepting = false;

  constructor(deps: OrchestratorDependencies) {
    this.#deps = deps;
    this.#recorder = new RunRecorder(deps);
    this.consequences = this.#foresee();
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
    for (const active of this.#active.all()) quiet(active);
    while (this.#work.size > 0) await Promise.all(this.#work.values());
  }

  #foresee(): Consequences {
    return new Consequences({
      ...this.#deps,
      active: this.#active,
      recorder: this.#recorder,
      isAccepting: () => this.#accepting,
      isOpen: (run) => this.#runs.has(run),
      goOn: (active) => this.#goOn(active),
      end: (active, ending) => this.#track(this.#end(active, ending)),
      tooLate: (executionId) => this.#track(this.#recorder.cancel(executionId, runCancelled)),
      takeUpAnew: (active) => this.#takeUpAnew(active),
    });
  }

  #takeUpAnew(active: ActiveRun): void {
    const { id } = active.of;
    // What the log recorded of it, which need not be what was asked for here.
    const of = this.#runs.get(id);
    const wasTaken = this.#active.get(id) === active;
    this.#active.drop(active);
    if (wasTaken && this.#accepting && of !== undefined) this.#takeUp(of, false);
  }

  #dealtAnew(): void {
    for (const of of this.#runs.values()) {
      const { id } = of;
      const isMine = this.#deps.membership.owns(id);
      const active = this.#active.get(id);
      if (isMine && active === undefined) this.#takeUp(of, false);
      else if (!isMine && active !== undefined) this.#active.drop(active);
    }
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
    if (this.#erased.has(of.owner)) this.#track(this.#recorder.cancel(of.id, accountErased));
    const begun = this.consequences.requested(of.id);
    if (begun !== undefined) {
      this.#active.add(begun);
      this.#limit(begun);
    } else if (this.#accepting && this.#deps.membership.owns(of.id)) this.#takeUp(of, of.cause !== 'retry');
  }

  #ended(event: RecordedEvent & Parameters<typeof outcomeOf>[0]): void {
    const { stream: id } = event;
    const of = this.#runs.get(id);
    if (of !== undefined) {
      this.#runEnded(of);
      return;
    }
    const active = this.#active.ofPart(id);
    if (active !== undefined) this.#settle(active, id, outcomeOf(event));
  }

  #settle(active: ActiveRun, id: string, outcome: PartOutcome): void {
    const part = active.open.get(id);
    if (part === undefined) return;
    this.#active.unfollow(active, id);
    active.run?.hasEnded(part.step, part.index, outcome);
    this.#advance(active);
  }

  #runEnded(of: OpenRun): void {
    this.#runs.delete(of.id);
    const active = this.#active.get(of.id);
    if (active === undefined) return;
    const open = [...active.open.keys()];
    this.#active.drop(active);
    // Whoever ended it did not wait for its steps.
    for (const id of open) this.#track(this.#recorder.cancel(id, 'The run of its workflow has ended.'));
    if (of.hasSecrets) this.#track(this.#deps.vault.take('params', of.id).then(() => undefined));
  }

  #progressed({ stream, data }: RecordedEvent<'ExecutionProgressed'>): void {
    const active = this.#active.ofPart(stream);
    const part = active?.open.get(stream);
    if (active === undefined || part === undefined) return;
    active.run?.progressed(part.step, part.index, data.progress);
    this.#reportSoon(active);
  }

  #ownerErased(owner: string): void {
    this.#erased.add(owner);
    for (const active of this.#active.all())
      if (active.of.owner === owner) this.#track(this.#recorder.cancel(active.of.id, accountErased));
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
    this.#active.add(active);
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
      this.#active.follow(active, row.id, step, index === undefined ? null : Number(index));
      await this.#settleIfEnded(active, row.id);
    }
    return state.phase === 'running' && state.cancellation !== null;
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
    const id = keyedExecutionId(of.owner, causeIdOf(of.id, step.id, index), of.requestedAtMs);
    this.#active.follow(active, id, step.id, index);
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
    quiet(active);
    await this.#recorder.end(active.of, ending, () => this.#accepting && this.#runs.has(active.of.id));
  }

  #track(work: Promise<void>): void {
    const done = this.#work.add(
      work
        .catch((error: unknown) => {
          this.#deps.onError(error, 'a workflow');
        })
        .finally(() => {
          done();
        }),
    );
  }
}
