import { referenceIn, referencesIn } from '../domain/workflow/references.ts';
import type { Problem } from '../kernel/errors.ts';
import type { JsonObject } from '../kernel/json.ts';
import { checkParameters } from '../skills/parameters.ts';
import type { ParameterSpec } from '../skills/skill.ts';

/** What is wrong with a step's parameters, by the skill's list; references count as values of the right type. */
export function stepParamProblems(
  specs: Readonly<Record<string, ParameterSpec>>,
  params: JsonObject,
  path: string,
): readonly Problem[] {
  const checked = checkParameters(specs, params);
  const wrong = (checked.ok ? [] : checked.problems).filter((problem) => {
    const [, , parameter = ''] = problem.path.split('/');
    const names = [parameter, ...(specs[parameter]?.aliases ?? [])];
    const given = names.map((each) => params[each]).find((each) => each !== undefined);
    return given === undefined || referencesIn(given, '').length === 0;
  });
  const shown = Object.entries(params).filter(
    ([parameter, value]) => value !== undefined && specs[parameter]?.secret === true && referenceIn(value) === null,
  );
  return [
    ...wrong.map((problem) => ({ path: `${path}${problem.path}`, message: problem.message })),
    ...shown.map(([parameter]) => ({
      path: `${path}/params/${parameter}`,
      message: 'is secret: take it from a secret input of the workflow',
    })),
  ];
}
