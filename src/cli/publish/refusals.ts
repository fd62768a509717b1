import { spawnSync } from 'node:child_process';

import { isJsonObject, type JsonObject } from '../../kernel/json.ts';
import { skillKeyword } from '../../skills/skill-advice.ts';
import type { CliContext } from '../context.ts';
import { CliError } from '../exit-codes.ts';
import { isNpmError, npmJson, npmText } from '../npm.ts';

/** Name and version of a manifest. Throws what is `failed` when it is not one of a package that may be published as a skill. */
export function refuseManifest(manifest: JsonObject, tag: string | undefined): Omit<Target, 'registry'> {
  const { name, version, keywords } = manifest;
  if (typeof name !== 'string' || typeof version !== 'string')
    throw new CliError('failed', 'package.json has no name or no version; npm needs both');
  if (manifest.private === true)
    throw new CliError('failed', `${name} is private; take "private" out of package.json if others may have it`);
  if (!Array.isArray(keywords) || !keywords.includes(skillKeyword))
    throw new CliError('failed', `add "${skillKeyword}" to the keywords of package.json: by it a skill is found`);
  if (version.includes('-') && tag === undefined)
    throw new CliError('usage', `${version} is a pre-release; give --tag, such as --tag next, or everybody gets it`);
  return { name, version };
}

/** Throws what is `failed` when the folder is in a git working tree and differs from its last commit. */
export function refuseUncommitted(folder: string): void {
  const { status, stdout } = spawnSync('git', ['status', '--porcelain', '--', '.'], { cwd: folder, encoding: 'utf8' });
  // No git, or no working tree: there is nothing to compare with.
  if (status !== 0) return;
  const changes = stdout.split('\n').filter((line) => line !== '');
  if (changes.length === 0) return;
  const [first = ''] = changes;
  const more = changes.length === 1 ? '' : ` and ${String(changes.length - 1)} more`;
  throw new CliError(
    'failed',
    `the folder has changes that are not committed (${first.slice(3)}${more}); commit them first`,
  );
}

/** Throws what is `failed` when the registry has this version already. */
export async function refusePublished(
  context: CliContext,
  folder: string,
  { name, version, registry }: Target,
): Promise<void> {
  try {
    const found = await npmJson(context, ['view', `${name}@${version}`, 'version', `--registry=${registry}`], folder);
    if (found === null || found === '') return;
  } catch (error) {
    if (isNpmError(error, 'E404')) return;
    throw error;
  }
  throw new CliError(
    'failed',
    `${name} ${version} is published already; raise the version in package.json and in the metadata`,
  );
}

/** What goes where. */
export interface Target {
  readonly name: string;
  readonly version: string;
  readonly registry: string;
}

/** Where npm would publish a package: `publishConfig`, the registry of its scope, or the default. */
export async function registryFor(
  context: CliContext,
  folder: string,
  { name, publishConfig }: { readonly name: string; readonly publishConfig: unknown },
): Promise<string> {
  if (isJsonObject(publishConfig) && typeof publishConfig.registry === 'string') return publishConfig.registry;
  const [scope] = /^@[^/]+(?=\/)/.exec(name) ?? [];
  const own = scope === undefined ? '' : await npmText(context, ['config', 'get', `${scope}:registry`], folder);
  return own.startsWith('http') ? own : npmText(context, ['config', 'get', 'registry'], folder);
}
