import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { parametersFrom } from '../../../../src/cli/run/parameters.ts';
import { CliError } from '../../../../src/cli/exit-codes.ts';
import type { ParameterSpec } from '../../../../src/skills/skill.ts';
import { testContext } from '../../../support/cli-context.ts';
import { tempDir } from '../../../support/temp-dir.ts';

const dir = tempDir();
const context = testContext({ cwd: dir });
const specs: Readonly<Record<string, ParameterSpec>> = {
  projectName: { type: 'string', aliases: ['project_name'] },
  count: { type: 'integer' },
  ratio: { type: 'number' },
  loud: { type: 'boolean' },
  tags: { type: 'array' },
  extra: { type: 'object' },
};

async function problemsOf(given: readonly string[]): Promise<readonly string[]> {
  try {
    await parametersFrom(context, specs, { param: given });
    return [];
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    expect(error.outcome).toBe('usage');
    return error.problems.map(({ path, message }) => `${path} ${message}`);
  }
}

describe('parameters of the command line', () => {
  it('are read as the type of each parameter wants', async () => {
    const param = ['projectName=3', 'count=3', 'ratio=0.5', 'loud=true', 'tags=["a",1]', 'extra={"a":{"b":null}}'];
    expect(await parametersFrom(context, specs, { param })).toEqual({
      ...{ projectName: '3', count: 3, ratio: 0.5, loud: true },
      ...{ tags: ['a', 1], extra: { a: { b: null } } },
    });
  });

  it('keep text as it is, with its signs of equality, its quotes and nothing at all', async () => {
    for (const text of ['a=b', '"quoted"', '', ' padded ', '[1]'])
      expect(await parametersFrom(context, specs, { param: [`projectName=${text}`] })).toEqual({ projectName: text });
  });

  it('are taken under their other names', async () => {
    expect(await parametersFrom(context, specs, { param: ['project_name=x'] })).toEqual({ project_name: 'x' });
  });

  it('that do not fit are refused together, each with what it must be', async () => {
    expect(await problemsOf(['count=1.5', 'ratio=much', 'loud=yes', 'tags=a,b', 'extra=[]', 'projectName'])).toEqual([
      'count is "1.5", but must be a whole number',
      'ratio is "much", but must be a number',
      'loud is "yes", but must be true or false',
      `tags is "a,b", but must be a list in JSON, such as '["a","b"]'`,
      `extra is "[]", but must be an object in JSON, such as '{"a":1}'`,
      'projectName needs a value: name=value',
    ]);
  });

  it('that there are not are refused with the nearest name, or with all of them', async () => {
    expect(await problemsOf(['projctName=x', 'zzz=1', '__proto__=1', 'toString=1', 'count=1', 'count=2'])).toEqual([
      'projctName is not a parameter; did you mean projectName?',
      'zzz is not a parameter; there are: projectName, count, ratio, loud, tags, extra',
      '__proto__ is not a parameter; there are: projectName, count, ratio, loud, tags, extra',
      'toString is not a parameter; there are: projectName, count, ratio, loud, tags, extra',
      'count is given twice',
    ]);
  });

  it('are JSON where they can be, else text, when nobody says which there are', async () => {
    const param = ['a=1', 'b=true', 'c=null', 'd=x', 'e={"f":[]}', 'g="1"'];
    expect(await parametersFrom(context, null, { param })).toEqual({
      a: 1,
      b: true,
      c: null,
      d: 'x',
      e: { f: [] },
      g: '1',
    });
  });

  it('come from a file, where single ones win over it, and the text of files', async () => {
    const [file, text] = [join(dir, 'params.json'), join(dir, 'text.txt')];
    writeFileSync(file, '{"count":1,"loud":false}');
    writeFileSync(text, 'line\n');
    expect(
      await parametersFrom(context, specs, { params: file, param: ['count=2'], paramFile: [`projectName=${text}`] }),
    ).toEqual({
      ...{ count: 2, loud: false, projectName: 'line\n' },
    });
  });

  it('from a file that is not there, is no JSON or no object are refused by the name of the file', async () => {
    const file = join(dir, 'bad.json');
    const refusal = async (): Promise<string> => {
      try {
        await parametersFrom(context, specs, { params: file });
        return 'none';
      } catch (error) {
        return (error as Error).message.replace(file, 'FILE');
      }
    };
    expect(await refusal()).toContain('FILE cannot be read: ENOENT');
    writeFileSync(file, '{');
    expect(await refusal()).toContain('FILE is not JSON: ');
    writeFileSync(file, '[1]');
    expect(await refusal()).toBe('FILE must hold an object in JSON: {"name": "value"}');
  });
});
