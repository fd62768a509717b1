import { examineDataDir, examineSkills } from './doctor.ts';
import { readConfig } from './config.ts';
import { isAppError } from './kernel/errors.ts';
import { type Finding, ok, problem } from './kernel/finding.ts';

// What stands in the way of a server with these flags and this environment, as findings in JSON on standard output: `ihuman doctor`
// shows them to people.
process.stdout.write(`${JSON.stringify(await examine(process.argv.slice(2)))}\n`);

async function examine(flags: readonly string[]): Promise<readonly Finding[]> {
  try {
    const { dataDir, skills } = readConfig(flags, process.env);
    return [
      ok('settings', 'of flags and environment, good'),
      ...examineDataDir(dataDir),
      ...(await examineSkills(skills)),
    ];
  } catch (error) {
    if (!isAppError(error)) throw error;
    return [problem('settings', error.message, 'ihuman serve --help lists them')];
  }
}
