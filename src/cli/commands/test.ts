import { watch } from 'node:fs';

import { Command, Option } from 'commander';

import type { JsonObject } from '../../kernel/json.ts';
import { checkSkills } from '../../skills/check-skill.ts';
import type { CliContext } from '../context.ts';
import { CliError } from '../exit-codes.ts';
import { objectOf } from '../files.ts';
import { findSkill, type FoundSkill, skillsFlag } from '../find-skill.ts';
import { durationMs } from '../format.ts';
import { paramsFlag, paramsForms } from '../run/parameters.ts';
import { summaryOf } from '../test/summary.ts';
import { testSkill } from '../test/test-skill.ts';
import { reportLines } from '../validation-report.ts';

interface Options {
  readonly skills?: string;
  readonly params?: string;
  readonly timeout: number;
  readonly watch?: true;
  readonly json?: true;
}

const debounceMs = 150;

/** `ihuman test`: a skill's own tests, and what every skill must keep to. */
export function command(context: CliContext): Command {
  return new Command('test')
    .description(
      'Runs a skill’s own tests in a process that sees nothing of your environment. Beside them it ' +
        'checks what every skill must keep to: defaults, required parameters, a result that is JSON, ' +
        'progress that never goes back, and an end soon after it is told to stop.',
    )
    .argument('<skill>', 'a skill’s name, or a path')
    .option(...skillsFlag)
    .option(paramsFlag, `parameters to run it with: ${paramsForms}; what is missing is made up`)
    .addOption(
      new Option('--timeout <duration>', 'stop a run after this long').argParser(durationMs).default(30_000, '30s'),
    )
    .option('--watch', 'again after every change of a file, until Ctrl-C')
    .option('--json', 'print { skill, version, passed, failed, skipped, tests, conformance }')
    .addHelpText(
      'after',
      '\nExamples:\n  ihuman test react-setup\n  ihuman test react-setup --params \'{"projectName":"my-app"}\' --watch',
    )
    .action(async (skill: string, options: Options) => {
      const found = findSkill(context, skill, options.skills);
      const params = options.params === undefined ? {} : await objectOf(context, '--params', options.params);
      if (options.watch === true) await testForEver(context, found, { ...options, given: params });
      else if (!(await testOnce(context, found, { ...options, given: params }))) context.end('failed');
    });
}

type Given = Options & { readonly given: JsonObject };

/** True when nothing failed. */
async function testOnce(context: CliContext, { root, name, folder }: FoundSkill, options: Given): Promise<boolean> {
  const { terminal } = context;
  const judgement = (await checkSkills(root, [name])).get(name);
  if (judgement === undefined || judgement.skill === null) {
    const problems = judgement?.problems ?? [];
    const report = { skill: name, version: null, folder, valid: false, problems };
    if (options.json === true) terminal.json(report);
    else terminal.result(reportLines(report, terminal).join('\n'));
    return false;
  }
  const report = await testSkill(context, judgement.skill, { root, params: options.given, timeoutMs: options.timeout });
  if (options.json === true) terminal.json(report);
  else terminal.result(summaryOf(report, terminal));
  return report.failed === 0;
}

/** Tests now and after every change. Ends by what is `interrupted`. */
async function testForEver(context: CliContext, found: FoundSkill, options: Given): Promise<never> {
  let changed = Promise.withResolvers<undefined>();
  const watcher = watch(found.folder, { recursive: true }, (_, file) => {
    if (!/(^|[/\\])(node_modules|\.git)([/\\]|$)/.test(file ?? '')) changed.resolve(undefined);
  });
  const release = context.onInterrupt(() => {
    changed.reject(new CliError('interrupted', 'interrupted'));
  });
  try {
    for (;;) {
      changed = Promise.withResolvers<undefined>();
      await testOnce(context, found, options);
      context.terminal.note('Waiting for a change; Ctrl-C ends it.');
      await changed.promise;
      // An editor writes a file in several steps.
      await new Promise((again) => setTimeout(again, debounceMs));
    }
  } finally {
    release();
    watcher.close();
  }
}
