import type { Problem } from '../kernel/errors.ts';
import { isJsonObject, isTooDeep, type JsonObject } from '../kernel/json.ts';
import { checkFields, metadataFields, parameterFields, retryFields } from './metadata-fields.ts';
import { checkValue, isOfType } from './parameters.ts';
import type { ParameterSpec, ParameterType, SkillMetadata } from './skill.ts';
import type { CuredProblem } from './skill-problem.ts';

/** The metadata, or every problem in it. `folderName` is what the skill's name must be. */
export function checkMetadata(
  value: unknown,
  folderName: string,
):
  | { readonly metadata: SkillMetadata; readonly problems: readonly [] }
  | { readonly metadata: null; readonly problems: readonly CuredProblem[] } {
  const path = '/metadata';
  if (!isJsonObject(value)) {
    const cure = 'export metadata: { name, version, description, category, difficulty, author, parameters }';
    return { metadata: null, problems: [{ path, message: 'must be an object', cure }] };
  }
  if (isTooDeep(value))
    return { metadata: null, problems: [{ path, message: 'is nested too deep', cure: 'make the defaults flatter' }] };
  const problems = checkFields(value, metadataFields, path);
  if (typeof value.name === 'string' && value.name !== folderName) {
    const cure = `call the skill ${folderName}, or rename the folder`;
    problems.push({ path: '/metadata/name', message: `must be the folder's name, ${folderName}`, cure });
  }
  if (isJsonObject(value.retry)) problems.push(...checkFields(value.retry, retryFields, '/metadata/retry'));
  if (isJsonObject(value.parameters)) problems.push(...curedSpecs(value.parameters, '/metadata/parameters'));
  if (problems.length > 0) return { metadata: null, problems };
  return { metadata: value as unknown as SkillMetadata, problems: [] };
}

/** Everything that is wrong with how failed attempts are to be repeated. */
export function checkRetry(retry: JsonObject, path: string): readonly Problem[] {
  return checkFields(retry, retryFields, path).map(withoutCure);
}

/** Everything that is wrong with a list of parameters. */
export function checkParameterSpecs(specs: JsonObject, at: string): readonly Problem[] {
  return curedSpecs(specs, at).map(withoutCure);
}

function withoutCure({ path, message }: CuredProblem): Problem {
  return { path, message };
}

function curedSpecs(specs: JsonObject, at: string): CuredProblem[] {
  const problems = Object.entries(specs).flatMap(([name, spec]): CuredProblem[] => {
    const path = `${at}/${name}`;
    if (name === '__proto__' || !/^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(name)) {
      const cure = 'use letters, digits and underscores, at most 64, a letter first';
      return [{ path, message: 'is not a parameter name', cure }];
    }
    if (spec === undefined || !isJsonObject(spec))
      return [{ path, message: 'must be an object with a type', cure: 'write { type: "string" }' }];
    const wrong = checkFields(spec, parameterFields, path);
    return wrong.length > 0 ? wrong : checkAgreement(spec as unknown as ParameterSpec, path);
  });
  return [...problems, ...checkAliases(specs, at)];
}

/** What no field alone can tell: a default that the parameter itself would refuse, or limits of the wrong type. */
function checkAgreement(spec: ParameterSpec, path: string): CuredProblem[] {
  const problems: CuredProblem[] = [];
  if (spec.default !== undefined) {
    const cure = 'change the default, or what the parameter allows';
    problems.push(...checkValue(spec, spec.default, `${path}/default`).map((problem) => ({ ...problem, cure })));
  }
  if (spec.default !== undefined && spec.secret === true)
    problems.push({ path: `${path}/default`, message: 'a secret has no default', cure: 'take the default out' });
  if (spec.enum?.some((value) => !isOfType(spec.type, value)) === true) {
    const cure = 'change the values, or the type';
    problems.push({ path: `${path}/enum`, message: `must hold values of type ${spec.type}`, cure });
  }
  return [...problems, ...checkLimits(spec, path)];
}

/** Which types each limit can be checked on. */
const limitTypes: Readonly<Record<string, readonly ParameterType[]>> = {
  minimum: ['number', 'integer'],
  maximum: ['number', 'integer'],
  minLength: ['string', 'array'],
  maxLength: ['string', 'array'],
  pattern: ['string'],
  items: ['array'],
};

function checkLimits(spec: ParameterSpec, path: string): CuredProblem[] {
  const problems = Object.entries(limitTypes)
    .filter(([limit, types]) => Object.hasOwn(spec, limit) && !types.includes(spec.type))
    .map(([limit]) => {
      const message = `says nothing about a parameter of type ${spec.type}`;
      return { path: `${path}/${limit}`, message, cure: 'take it out, or change the type' };
    });
  const pairs = [
    ['minimum', 'maximum'],
    ['minLength', 'maxLength'],
  ] as const;
  for (const [low, high] of pairs) {
    if ((spec[low] ?? Number.NEGATIVE_INFINITY) <= (spec[high] ?? Number.POSITIVE_INFINITY)) continue;
    const message = `is more than ${high}, so that no value is allowed`;
    problems.push({ path: `${path}/${low}`, message, cure: 'exchange the two' });
  }
  return problems;
}

/** An alias that is another parameter's name, or another's alias, would never be taken as its own. */
function checkAliases(specs: JsonObject, at: string): CuredProblem[] {
  const owners = new Map(Object.keys(specs).map((name) => [name, name]));
  const problems: CuredProblem[] = [];
  for (const [name, spec] of Object.entries(specs)) {
    if (!isJsonObject(spec) || !Array.isArray(spec.aliases)) continue;
    for (const alias of spec.aliases as readonly unknown[]) {
      const owner = owners.get(String(alias));
      if (owner === undefined) owners.set(String(alias), name);
      else {
        const message = `has ${String(alias)}, which already means ${owner}`;
        problems.push({ path: `${at}/${name}/aliases`, message, cure: 'take it out' });
      }
    }
  }
  return problems;
}
