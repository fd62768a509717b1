import type { WorkflowRow, WorkflowVersionRow } from '../../projections/workflows/projection.ts';
import { DeciderStore } from '../commands/decider-store.ts';
import type { ExecutionRequests, RequestedExecution } from '../commands/request-execution.ts';
import {
  decideWorkflow,
  evolveWorkflow,
  initialWorkflow,
  type WorkflowCommand,
  type WorkflowState,
} from '../domain/workflow/decide.ts';
import { runNameOf, type WorkflowDefinition } from '../domain/workflow/definition.ts';
import type { EventLog, Position } from '../event-log/event-log.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import { derivedId } from '../kernel/ids.ts';
import type { JsonObject, JsonValue } from '../kernel/json.ts';
import { checkParameters } from '../skills/parameters.ts';
import type { LoadedSkill, ParameterSpec } from '../skills/skill.ts';
import type { Obstacle, WorkflowStarter } from '../scheduler/launcher.ts';
import type { Queries } from '../store/query-client.ts';
import { checkDefinition } from './check-definition.ts';

interface Dependencies {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly queries: Pick<Queries, 'workflowById' | 'workflowVersion' | 'listWorkflows'>;
  readonly requests: ExecutionRequests;
  readonly skillOf: (name: string) => LoadedSkill | undefined;
  readonly skillNames: () => readonly string[];
  readonly maxPerUser: number;
}

/** An order for a run. */
export interface RunOrder {
  readonly owner: string;
  readonly actor: string;
  readonly workflow: string;
  /** Default: the last one. */
  readonly version?: number;
  readonly params: JsonValue | undefined;
  readonly idempotencyKey?: string | null;
  readonly keyedAtMs?: number;
  readonly cause?: 'api' | 'retry' | 'schedule';
  readonly causeId?: string;
  readonly causationId?: string;
}

export interface DefinedWorkflow {
  readonly version: number;
  /** Null when the definition is the one that there was. */
  readonly position: Position | null;
}

const maxCached = 1000;

/** What may be asked of workflows: define, retire, run. */
export class Workflows implements WorkflowStarter {
  readonly #deps: Dependencies;
  readonly #store: DeciderStore<WorkflowState, WorkflowCommand>;
  readonly #definitions = new Map<string, WorkflowDefinition>();
  /** As the read models have them, until the log tells of something new. */
  readonly #rows = new Map<string, WorkflowRow>();
  #changes = 0;

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#store = new DeciderStore(deps.log, deps.clock, {
      initial: initialWorkflow,
      evolve: evolveWorkflow,
      decide: decideWorkflow,
    });
    deps.log.subscribe((events) => {
      if (!events.some(({ type }) => type === 'WorkflowDefined' || type === 'WorkflowRetired')) return;
      this.#rows.clear();
      this.#changes++;
    });
  }

  /** The definition as it would be taken. Throws VALIDATION_FAILED with every problem. */
  check(value: JsonValue): WorkflowDefinition {
    const { skillOf, skillNames } = this.#deps;
    const skills = { parametersOf: (skill: string) => skillOf(skill)?.metadata.parameters, names: skillNames };
    const checked = checkDefinition(value, skills);
    if (checked.ok) return checked.definition;
    const message = checked.problems.map((problem) => `${problem.path.slice(1)}: ${problem.message}`).join('; ');
    throw new AppError('VALIDATION_FAILED', { problems: checked.problems, message });
  }

  /** Defines a workflow, or the next version of it; the same definition again changes nothing. */
  async define(owner: string, actor: string, value: JsonValue): Promise<DefinedWorkflow & { readonly name: string }> {
    const { queries, maxPerUser } = this.#deps;
    const definition = this.check(value);
    const { name } = definition;
    const id = workflowIdOf(owner, name);
    const isNew = (await queries.workflowById(id))?.status !== 'defined';
    if (isNew && (await queries.listWorkflows(owner, 1, 0)).total >= maxPerUser)
      throw new AppError('LIMIT_REACHED', { message: `There are ${String(maxPerUser)} workflows already.` });
    const command = { kind: 'define', owner, name, definition: definition as unknown as JsonValue } as const;
    const { state, position } = await this.#store.execute(id, command, actor);
    return { name, version: state.phase === 'defined' ? state.version : 0, position };
  }

  /** Takes a workflow away; its runs go on. Throws WORKFLOW_NOT_FOUND. */
  async retire(owner: string, actor: string, name: string): Promise<Position | null> {
    return (await this.#store.execute(workflowIdOf(owner, name), { kind: 'retire' }, actor)).position;
  }

  /** Requests a run. Throws WORKFLOW_NOT_FOUND, and what a request for an execution throws. */
  async run(order: RunOrder): Promise<RequestedExecution> {
    const { owner, actor, workflow, params, idempotencyKey = null, keyedAtMs } = order;
    const { cause = 'api', causeId, causationId } = order;
    const version = order.version ?? null;
    const definition = await this.#runnable(owner, workflow, version, cause === 'retry');
    return this.#deps.requests.request({
      ...{ owner, actor, params, skill: runnable(definition.definition, definition.version) },
      options: {
        cause,
        ...(causeId !== undefined && { causeId }),
        ...(causationId !== undefined && { causationId }),
        ...(idempotencyKey !== null && { idempotencyKey }),
        ...(keyedAtMs !== undefined && { keyedAtMs }),
      },
    });
  }

  /** What failed once can be resumed also when the workflow is not there any more. */
  async #runnable(
    owner: string,
    name: string,
    wanted: number | null,
    evenRetired: boolean,
  ): Promise<{ readonly definition: WorkflowDefinition; readonly version: number }> {
    const current = await this.#current(owner, name);
    const version = wanted ?? current?.version ?? null;
    const isThere = current?.status === 'defined' || evenRetired;
    const definition = version === null || !isThere ? null : await this.definitionOf(owner, name, version);
    if (definition === null || version === null) throw notFound(name);
    return { definition, version };
  }

  start(order: Parameters<WorkflowStarter['start']>[0]): Promise<unknown> {
    return this.run(order);
  }

  async inputOf(owner: string, workflow: string): Promise<Readonly<Record<string, ParameterSpec>> | null> {
    const current = await this.#current(owner, workflow);
    const definition = current?.status === 'defined' ? await this.definitionOf(owner, workflow, current.version) : null;
    return definition === null ? null : parametersOf(definition);
  }

  async obstacleFor(owner: string, workflow: string, params: JsonObject): Promise<Obstacle | null> {
    const input = await this.inputOf(owner, workflow);
    if (input === null) return { reason: 'targetMissing', note: `There is no workflow ${workflow}.` };
    const checked = checkParameters(input, params);
    if (checked.ok) return null;
    const note = checked.problems.map(({ path, message }) => `${path.slice(1)} ${message}`).join('; ');
    return { reason: 'paramsInvalid', note: note.slice(0, 1000) };
  }

  /** One version of a workflow, where it is in memory. */
  knownDefinition(owner: string, name: string, version: number): WorkflowDefinition | undefined {
    return this.#definitions.get(versionKey(owner, name, version));
  }

  /** One version of a workflow; null when there is none. */
  async definitionOf(owner: string, name: string, version: number): Promise<WorkflowDefinition | null> {
    const known = this.knownDefinition(owner, name, version);
    if (known !== undefined) return known;
    const row = await this.#deps.queries.workflowVersion(workflowIdOf(owner, name), version);
    if (row === null) return null;
    const definition = definitionIn(row);
    if (this.#definitions.size >= maxCached) this.#definitions.clear();
    this.#definitions.set(versionKey(owner, name, version), definition);
    return definition;
  }

  async #current(owner: string, name: string): Promise<WorkflowRow | null> {
    const key = `${owner}/${name}`;
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    const before = this.#changes;
    const row = await this.#deps.queries.workflowById(workflowIdOf(owner, name));
    if (this.#rows.size >= maxCached) this.#rows.clear();
    if (row !== null && this.#changes === before) this.#rows.set(key, row);
    return row;
  }
}

/** A workflow's stream: its name counts within its owner's. */
export function workflowIdOf(owner: string, name: string): string {
  return derivedId('wf', owner, name);
}

function versionKey(owner: string, name: string, version: number): string {
  return `${owner}/${name}@${String(version)}`;
}

export function definitionIn({ definitionJson }: WorkflowVersionRow): WorkflowDefinition {
  return JSON.parse(definitionJson) as WorkflowDefinition;
}

function parametersOf({ input }: WorkflowDefinition): Readonly<Record<string, ParameterSpec>> {
  return input as unknown as Readonly<Record<string, ParameterSpec>>;
}

/** A workflow in the shape of what executions are requested of. */
function runnable(definition: WorkflowDefinition, version: number): LoadedSkill {
  const { name, description, timeoutMs } = definition;
  return {
    metadata: {
      ...{ name: runNameOf(name), version: String(version), description, category: 'workflow' },
      ...{ difficulty: 'beginner', author: '', parameters: parametersOf(definition) },
      ...(timeoutMs !== null && { timeoutMs }),
    },
    digest: '',
    folder: '',
    entry: '',
    format: 'module',
  };
}

function notFound(name: string): AppError {
  return new AppError('WORKFLOW_NOT_FOUND', { message: `There is no workflow ${name}.` });
}
