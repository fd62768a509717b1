import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Command, Option } from 'commander';

import { checkSkills } from '../../skills/check-skill.ts';
import { readManifest } from '../../skills/package-manifest.ts';
import type { LoadedSkill } from '../../skills/skill.ts';
import type { CliContext } from '../context.ts';
import { CliError } from '../exit-codes.ts';
import { findSkill, type FoundSkill, skillsFlag } from '../find-skill.ts';
import { npmAtTerminal, npmText } from '../npm.ts';
import { pack, type Packed } from '../publish/packed.ts';
import { refuseManifest, refusePublished, refuseUncommitted, registryFor } from '../publish/refusals.ts';
import { secretsIn } from '../publish/secrets.ts';
import { askConsent } from '../questions.ts';
import { printable, type Terminal } from '../terminal.ts';
import { summaryOf } from '../test/summary.ts';
import { testSkill } from '../test/test-skill.ts';
import { reportLines } from '../validation-report.ts';

interface Options {
  readonly skills?: string;
  readonly dryRun?: true;
  readonly tag?: string;
  readonly access?: string;
  readonly yes?: true;
  readonly json?: true;
}

const testTimeoutMs = 30_000;

/** `ihuman publish`: a skill that validates and passes its tests, to the npm registry of the user's settings. */
export function command(context: CliContext): Command {
  return new Command('publish')
    .description(
      'Publishes a skill as an npm package, with your npm settings and login: validates and tests it, ' +
        'packs it, shows every file, asks, and gives npm exactly what was shown. Refuses a version that ' +
        'is published already, changes that are not committed (in a git working tree), a private ' +
        'package, and files that look like secrets.',
    )
    .argument('<skill>', 'a skill’s name, or a path')
    .option(...skillsFlag)
    .option('--dry-run', 'do everything but the last step')
    .option('--tag <tag>', 'the tag that the version gets (npm’s default: latest)')
    .addOption(new Option('--access <access>', 'who may see a package with a scope').choices(['public', 'restricted']))
    .option('-y, --yes', 'do not ask')
    .option('--json', 'print { name, version, registry, size, integrity, files, published }')
    .addHelpText(
      'after',
      '\nExamples:\n  ihuman publish react-setup --dry-run\n  ihuman publish react-setup --tag next --yes',
    )
    .action(async (skill: string, options: Options) => {
      await publish(context, findSkill(context, skill, options.skills), options);
    });
}

async function publish(context: CliContext, found: FoundSkill, options: Options): Promise<void> {
  const { terminal } = context;
  const skill = await validated(context, found);
  if (skill === null) return;
  const { folder } = skill;
  const manifest = readManifest(folder).manifest ?? {};
  const wanted = refuseManifest(manifest, options.tag);
  refuseUncommitted(folder);
  if (!(await passesTests(context, skill, found.root))) return;
  const { publishConfig } = manifest;
  const registry = await registryFor(context, folder, { name: wanted.name, publishConfig });
  await refusePublished(context, folder, { ...wanted, registry });
  const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'ihuman-publish-'));
  try {
    const packed = await pack(context, '.', { cwd: folder, destination: scratch, scripts: true });
    refuseSecrets(folder, packed);
    const { name, version, size, integrity, files } = packed;
    if (options.json !== true) showFiles(terminal, packed);
    const isPublished = options.dryRun !== true && (await consent(context, packed, registry, options.yes));
    if (isPublished) await give(context, packed.tarball, { cwd: folder, registry, options });
    if (options.json === true)
      terminal.json({ name, version, registry, size, integrity, files, published: isPublished });
    else if (isPublished) terminal.result(`Published ${name} ${version} to ${registry}`);
    else terminal.note('Nothing was published.');
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The skill when it is one; else null, after its problems were told. */
async function validated(context: CliContext, { root, name }: FoundSkill): Promise<LoadedSkill | null> {
  const { skill = null, problems = [] } = (await checkSkills(root, [name])).get(name) ?? {};
  if (skill !== null) return skill;
  context.terminal.note(reportLines({ skill: name, version: null, problems }, context.terminal).join('\n'));
  context.end('failed');
  return null;
}

async function passesTests(context: CliContext, skill: LoadedSkill, root: string): Promise<boolean> {
  const report = await testSkill(context, skill, { root, params: {}, timeoutMs: testTimeoutMs });
  context.terminal.note(summaryOf(report, context.terminal));
  if (report.failed > 0) context.end('failed');
  return report.failed === 0;
}

function refuseSecrets(folder: string, { files }: Packed): void {
  const found = secretsIn(
    folder,
    files.map(({ path }) => path),
  );
  if (found.length === 0) return;
  throw new CliError(
    'failed',
    'the package would hold secrets; leave them out by "files" in package.json or .npmignore:',
    found,
  );
}

function showFiles(terminal: Terminal, { name, version, size, files }: Packed): void {
  terminal.result(terminal.paint('bold', `${name} ${version}`));
  const width = Math.max(...files.map((file) => bytesText(file.size).length));
  const lines = files.map((file) => `  ${bytesText(file.size).padStart(width)}  ${printable(file.path)}`);
  const count = files.length === 1 ? 'a file' : `${String(files.length)} files`;
  terminal.result([...lines, `${count}, packed ${bytesText(size)}`].join('\n'));
}

function bytesText(bytes: number): string {
  if (bytes < 1000) return `${String(bytes)} B`;
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

async function consent(context: CliContext, packed: Packed, registry: string, yes: true | undefined): Promise<boolean> {
  return yes ?? (await askConsent(context, `Publish ${packed.name} ${packed.version} to ${registry}?`, '--yes'));
}

interface Gift {
  readonly cwd: string;
  readonly registry: string;
  readonly options: Options;
}

/** Gives the tarball to npm. At a terminal npm may ask for a second factor. */
async function give(context: CliContext, tarball: string, { cwd, registry, options }: Gift): Promise<void> {
  const { tag, access } = options;
  const flags = [
    ...(tag === undefined ? [] : [`--tag=${tag}`]),
    ...(access === undefined ? [] : [`--access=${access}`]),
  ];
  const args = ['publish', tarball, `--registry=${registry}`, ...flags];
  if (!context.stdin.isTTY) await npmText(context, [...args, '--json'], cwd);
  else if (!(await npmAtTerminal(context, args, cwd)))
    throw new CliError('failed', 'npm has not published it; it says why above');
}
