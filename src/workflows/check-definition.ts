import {
  type Condition,
  type FanOut,
  settledStatuses,
  type StepDefinition,
  type StepRetry,
  type WorkflowDefinition,
} from '../domain/workflow/definition.ts';
import { referencesIn, tokensOf } from '../domain/workflow/references.ts';
import { closest } from '../kernel/closest.ts';
import type { Problem } from '../kernel/errors.ts';
import { isJsonObject, isTooDeep, type JsonObject, type JsonValue } from '../kernel/json.ts';
import { skillNamePattern } from '../skills/metadata-fields.ts';
import { checkParameterSpecs, checkRetry } from '../skills/metadata.ts';
import type { ParameterSpec } from '../skills/skill.ts';
import { stepParamProblems } from './step-params.ts';
import { inOrder } from './step-order.ts';

/** The skills that steps can run. */
export interface KnownSkills {
  /** The parameters of a skill; undefined where there is no such skill. */
  readonly parametersOf: (skill: string) => Readonly<Record<string, ParameterSpec>> | undefined;
  readonly names: () => readonly string[];
}

/** Names of workflows and of their versions' steps. */
export const workflowNamePattern = skillNamePattern;
const stepIdPattern = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
const maxSteps = 200;
const maxRunMs = 2_073_600_000;
const maxStepMs = 900_000;
const maxFanOut = 1000;
/** After so many problems nobody is asked any more what else was meant: looking for it takes time. */
const maxHinted = 100;
const workflowKeys = ['name', 'description', 'input', 'steps', 'output', 'timeoutMs'];
const stepKeys = [
  'skill',
  'params',
  'needs',
  'when',
  'forEach',
  'retry',
  'timeoutMs',
  'continueOnError',
  'weight',
] as const;

/** The definition of a workflow as it can be run, or everything that is wrong with it. */
export function checkDefinition(
  value: JsonValue,
  skills: KnownSkills,
):
  | { readonly ok: true; readonly definition: WorkflowDefinition }
  | { readonly ok: false; readonly problems: readonly Problem[] } {
  if (!isJsonObject(value) || isTooDeep(value))
    return { ok: false, problems: [{ path: '', message: 'must be an object with a name and steps' }] };
  const check = new Check(value, skills);
  const definition = check.definition();
  return check.problems.length > 0 ? { ok: false, problems: check.problems } : { ok: true, definition };
}

/** Collects problems on the way; what it makes of a value with problems is of no account. */
class Check {
  readonly problems: Problem[] = [];
  readonly #value: JsonObject;
  readonly #skills: KnownSkills;
  readonly #input: JsonObject;
  readonly #steps: JsonObject;

  constructor(value: JsonObject, skills: KnownSkills) {
    this.#value = value;
    this.#skills = skills;
    this.#input = isJsonObject(value.input) ? value.input : {};
    this.#steps = isJsonObject(value.steps) ? value.steps : {};
  }

  definition(): WorkflowDefinition {
    const { name, description = '', input, output = null, timeoutMs = null } = this.#value;
    this.#keys(this.#value, workflowKeys, '');
    this.#expect(
      typeof name === 'string' && workflowNamePattern.test(name),
      '/name',
      `must match ${workflowNamePattern.source}`,
    );
    this.#expect(
      typeof description === 'string' && description.length <= 500,
      '/description',
      'must be a text of at most 500 characters',
    );
    this.#expect(input === undefined || isJsonObject(input), '/input', 'must be an object: name to its description');
    this.problems.push(...checkParameterSpecs(this.#input, '/input'));
    this.#wholeOrNull(timeoutMs, '/timeoutMs', maxRunMs);
    const ids = Object.keys(this.#steps);
    const isFew = ids.length > 0 && ids.length <= maxSteps;
    this.#expect(isFew, '/steps', `must be an object with 1 to ${String(maxSteps)} steps by their ids`);
    // What is wrong with thousands of steps is not looked at: they are too many, and it would take long.
    const steps = isFew ? ids.map((id) => this.#step(id)) : [];
    this.#references(output, '/output', { own: null, isFanOut: false });
    const ordered = inOrder(steps);
    for (const circle of ordered.circles)
      this.#problem('/steps', `the steps ${circle.join(' -> ')} need each other in a circle`);
    return {
      name: name as string,
      description: description as string,
      input: this.#input,
      steps: ordered.steps,
      output,
      timeoutMs: timeoutMs as number | null,
    };
  }

  #step(id: string): StepDefinition {
    const path = `/steps/${id}`;
    this.#expect(stepIdPattern.test(id), path, `is no id: it must match ${stepIdPattern.source}`);
    const given = this.#steps[id];
    const step = given !== undefined && isJsonObject(given) ? given : {};
    this.#expect(step === given, path, 'must be an object with a skill');
    this.#keys(step, stepKeys, path);
    const { params = {}, timeoutMs = null, continueOnError = false, weight = 1, retry = null } = step;
    const forEach = this.#fanOut(step.forEach, path, id);
    this.#expect(isJsonObject(params), `${path}/params`, 'must be an object');
    this.#expect(typeof continueOnError === 'boolean', `${path}/continueOnError`, 'must be true or false');
    this.#expect(
      typeof weight === 'number' && weight > 0 && weight <= 1000,
      `${path}/weight`,
      'must be a number above 0, at most 1000',
    );
    this.#wholeOrNull(timeoutMs, `${path}/timeoutMs`, maxStepMs);
    if (isJsonObject(retry)) this.problems.push(...checkRetry(retry, `${path}/retry`));
    else this.#expect(retry === null, `${path}/retry`, 'must be an object with maxAttempts');
    const own = isJsonObject(params) ? params : {};
    const skill = this.#skill(step.skill, own, path);
    const referred = [
      ...this.#references(own, `${path}/params`, { own: id, isFanOut: forEach !== null }),
      ...(forEach === null
        ? []
        : this.#references({ $from: forEach.from }, `${path}/forEach`, { own: id, isFanOut: false })),
    ];
    const when = this.#conditions(step.when, path, id);
    const needs = new Set([...this.#needs(step.needs, path, id), ...when.map((one) => one.step), ...referred]);
    return {
      ...{ id, skill, params: own, needs: [...needs], when, forEach, weight: weight as number },
      retry: retry as StepRetry | null,
      timeoutMs: timeoutMs as number | null,
      continueOnError: continueOnError as boolean,
    };
  }

  #skill(name: JsonValue | undefined, params: JsonObject, path: string): string {
    const specs = typeof name === 'string' ? this.#skills.parametersOf(name) : undefined;
    if (typeof name !== 'string') this.#problem(`${path}/skill`, 'must be the name of a skill');
    else if (specs === undefined)
      this.#unknown(`${path}/skill`, `there is no skill ${name}`, name, this.#skills.names());
    else this.problems.push(...stepParamProblems(specs, params, path));
    return typeof name === 'string' ? name : '';
  }

  #fanOut(value: JsonValue | undefined, path: string, id: string): FanOut | null {
    if (value === undefined || value === null) return null;
    const at = `${path}/forEach`;
    const { from, concurrency = 10, ...rest } = isJsonObject(value) ? value : {};
    this.#keys(rest, [], at);
    this.#expect(typeof from === 'string', `${at}/from`, 'must be a pointer to a list, such as /input/items');
    this.#expect(
      isWhole(concurrency, maxFanOut),
      `${at}/concurrency`,
      `must be a whole number from 1 to ${String(maxFanOut)}`,
    );
    return typeof from === 'string'
      ? { from, concurrency: concurrency as number }
      : { from: `/steps/${id}`, concurrency: 1 };
  }

  #conditions(value: JsonValue | undefined, path: string, id: string): readonly Condition[] {
    if (value === undefined || value === null) return [];
    const list = Array.isArray(value) ? this.#few<JsonValue>(value, `${path}/when`) : [value];
    return list.flatMap((one, i) => {
      const at = Array.isArray(value) ? `${path}/when/${String(i)}` : `${path}/when`;
      if (!isJsonObject(one)) {
        this.#problem(at, 'must be an object with a step and a status');
        return [];
      }
      const { step, status, ...rest } = one;
      this.#keys(rest, [], at);
      const statuses = (Array.isArray(status) ? status : [status]) as readonly JsonValue[];
      const isKnown = statuses.length > 0 && statuses.every((each) => settledStatuses.some((known) => known === each));
      this.#expect(isKnown, `${at}/status`, `must be one or several of ${settledStatuses.join(', ')}`);
      this.#other(step, `${at}/step`, id);
      return [{ step: typeof step === 'string' ? step : '', status: statuses as Condition['status'] }];
    });
  }

  #needs(value: JsonValue | undefined, path: string, id: string): readonly string[] {
    if (value === undefined || value === null) return [];
    const list = Array.isArray(value) ? this.#few<JsonValue>(value, `${path}/needs`) : [value];
    return list.flatMap((need, i) =>
      this.#other(need, `${path}/needs/${String(i)}`, id) && typeof need === 'string' ? [need] : [],
    );
  }

  #few<T>(list: readonly T[], path: string): readonly T[] {
    if (list.length <= maxSteps) return list;
    this.#problem(path, `must be at most ${String(maxSteps)}`);
    return [];
  }

  #other(value: JsonValue | undefined, path: string, id: string): boolean {
    if (typeof value === 'string' && value !== id && Object.hasOwn(this.#steps, value)) return true;
    const others = Object.keys(this.#steps).filter((each) => each !== id);
    if (value === id) this.#problem(path, 'is the step itself');
    else this.#unknown(path, 'must be the id of another step', typeof value === 'string' ? value : '', others);
    return false;
  }

  /** Checks every reference in a value; returns the steps that they name. */
  #references(
    value: JsonValue,
    path: string,
    { own, isFanOut }: { readonly own: string | null; readonly isFanOut: boolean },
  ): readonly string[] {
    return referencesIn(value, path).flatMap(({ path: at, reference }) => {
      const [root, first, ...rest] = tokensOf(reference.pointer) ?? [];
      this.#keys(reference.beside, [], at);
      if (root === 'steps' && first !== undefined) {
        const inside = rest[0] === undefined || ['status', 'result', 'error'].includes(rest[0]);
        this.#expect(inside, at, 'of a step there are status, result and error');
        return this.#other(first, at, own ?? '') ? [first] : [];
      }
      if (root === 'input') this.#inputReference(first, at, path);
      else if ((root === 'item' || root === 'index') && isFanOut) return [];
      else this.#problem(at, `must begin with /input or /steps/<id>${isFanOut ? ', /item or /index' : ''}`);
      return [];
    });
  }

  #inputReference(name: string | undefined, at: string, path: string): void {
    const names = Object.keys(this.#input);
    if (name !== undefined && !names.includes(name)) this.#unknown(at, `there is no input ${name}`, name, names);
    const shows = name === undefined ? names.some((each) => this.#isSecret(each)) : this.#isSecret(name);
    if (shows && !this.#isSecretParameter(at, path))
      this.#problem(at, 'is secret, and can only be handed to a secret parameter');
  }

  #isSecret(input: string): boolean {
    const spec = this.#input[input];
    return spec !== undefined && isJsonObject(spec) && spec.secret === true;
  }

  /** Whether a place is /steps/<id>/params/<secret parameter>: anything deeper, or any other place, would show the value. */
  #isSecretParameter(at: string, path: string): boolean {
    const [, steps, id = '', , parameter = '', ...deeper] = at.split('/');
    const step = this.#steps[id];
    const skill = step !== undefined && isJsonObject(step) && typeof step.skill === 'string' ? step.skill : '';
    const isParameter = steps === 'steps' && path.endsWith('/params') && deeper.length === 0;
    return isParameter && this.#skills.parametersOf(skill)?.[parameter]?.secret === true;
  }

  #wholeOrNull(value: JsonValue, path: string, max: number): void {
    this.#expect(value === null || isWhole(value, max), path, `must be a whole number from 1 to ${String(max)}`);
  }

  #keys(value: JsonObject, known: readonly string[], path: string): void {
    for (const key of Object.keys(value)) {
      if (known.includes(key)) continue;
      this.#unknown(`${path}/${key}`, 'is not known', key, known);
    }
  }

  /** A name that stands for nothing, with the one that may be meant. */
  #unknown(path: string, message: string, name: string, known: readonly string[]): void {
    const near = this.problems.length < maxHinted ? closest(name, known) : undefined;
    this.#problem(path, near === undefined ? message : `${message}. Did you mean ${near}?`);
  }

  #expect(condition: boolean, path: string, message: string): void {
    if (!condition) this.#problem(path, message);
  }

  #problem(path: string, message: string): void {
    this.problems.push({ path, message });
  }
}

function isWhole(value: JsonValue, max: number): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= max;
}
