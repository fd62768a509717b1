import { accessSync, constants, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { isAppError } from './kernel/errors.ts';
import { type Finding, ok, problem, warning } from './kernel/finding.ts';
import { SkillCatalog } from './skills/skill-catalog.ts';
import { placeOf, type SkillProblem } from './skills/skill-problem.ts';
import { dataFiles, lockDataDir } from './store/data-dir.ts';

/** The data directory: whether it is there, can be written, who uses it, who may read its keys. Changes nothing in it. */
export function examineDataDir(dataDir: string): readonly Finding[] {
  const check = 'data directory';
  if (!existsSync(dataDir)) {
    const advice =
      'A server that is started here makes it: ihuman serve. One that is elsewhere: --data-dir <directory>';
    return [warning(check, `${dataDir} is not there`, advice)];
  }
  const elsewhere = 'choose another one: ihuman serve --data-dir <directory>';
  if (!statSync(dataDir).isDirectory())
    return [problem(check, `${dataDir} is no directory`, `Move it, or ${elsewhere}`)];
  try {
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    return [problem(check, `${dataDir} cannot be written by this user`, `Make it writable, or ${elsewhere}`)];
  }
  return [
    ok(check, `${dataDir}, used by ${userOf(dataDir)}`),
    ...Object.keys(keyFiles).map((name) => keyFinding(dataDir, name)),
  ];
}

/** The lock goes with the process that has it, whereas `server.pid` may have been left behind. */
function userOf(dataDir: string): string {
  if (!existsSync(join(dataDir, dataFiles.lock))) return 'no server';
  try {
    lockDataDir(dataDir).release();
    return 'no server';
  } catch (error) {
    if (!isAppError(error) || error.code !== 'DATA_DIR_LOCKED') throw error;
    const pidFile = join(dataDir, 'server.pid');
    return existsSync(pidFile) ? `a server (process ${readFileSync(pidFile, 'utf8').trim()})` : 'a server';
  }
}

/** What it means when one is missing. */
const keyFiles: Readonly<Record<string, string>> = {
  'admin-key': 'A new server makes it. Of several nodes only the one that was first has it.',
  'vault.key':
    'A new server makes it, unless IHUMAN_VAULT_KEY has it. Where there is a vault.db, put it back from a backup.',
};

function keyFinding(dataDir: string, name: string): Finding {
  const path = join(dataDir, name);
  if (!existsSync(path)) return warning(name, `${path} is not there`, keyFiles[name] ?? '');
  const isExposed = process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0;
  return isExposed
    ? problem(name, `others may read ${path}`, `chmod 600 ${path}`)
    : ok(name, `${path}, for its user alone`);
}

function lineOf(found: SkillProblem): string {
  return `${placeOf(found)} ${found.message}`;
}

/** Whether the skills in these folders can be used: loads them as the server does. */
export async function examineSkills(folders: readonly string[]): Promise<readonly Finding[]> {
  const check = 'skills';
  const there = folders.filter((folder) => existsSync(folder));
  if (there.length === 0) {
    const advice = 'Make a skill: ihuman create. Or name the folder: ihuman serve --skills <folder>';
    return [warning(check, `${folders.join(', ')} is not there`, advice)];
  }
  const scratch = mkdtempSync(join(tmpdir(), 'ihuman-doctor-'));
  try {
    const cacheFile = join(scratch, 'skills.json');
    const catalog = new SkillCatalog({ folders: there, cacheFile, watch: false, onProblems: () => undefined });
    await catalog.load();
    const broken = [...catalog.problems()].map(([name, problems]) =>
      problem(check, `${name}: ${problems.map(lineOf).join('; ')}`, `ihuman validate ${name}`),
    );
    return [ok(check, `${String(catalog.list().length)} can be used, in ${there.join(', ')}`), ...broken];
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
