import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { format, resolveConfig } from 'prettier';

import { asyncApiDocument } from './generate/asyncapi.ts';
import { commandHelp, commandLinePage } from './generate/command-line.ts';
import { sdkTypesSource } from './generate/sdk-types.ts';
import { loadSchemas } from './generate/avro-schemas.ts';
import { configurationPage, errorsPage, metricsPage } from './generate/reference-pages.ts';
import { eventsPage, eventTypesSource, schemaConstantsSource } from './generate/event-types.ts';

const root = join(import.meta.dirname, '..');

/** Every generated file: its path from the repository's root, and what it should hold. */
export async function generatedFiles(): Promise<ReadonlyMap<string, string>> {
  const schemas = loadSchemas(root);
  const help = await commandHelp();
  const sources: readonly (readonly [string, string])[] = [
    ['schemas/generated/events.ts', eventTypesSource(schemas)],
    ['schemas/generated/schemas.ts', schemaConstantsSource(schemas)],
    ['docs/reference/events.md', eventsPage(schemas)],
    ['docs/reference/asyncapi.json', asyncApiDocument(schemas)],
    ['docs/reference/configuration.md', configurationPage()],
    ['docs/reference/errors.md', errorsPage()],
    ['docs/reference/metrics.md', metricsPage()],
    ['docs/reference/command-line.md', commandLinePage(help)],
    ['bin/help.json', JSON.stringify(Object.fromEntries(help))],
    ['packages/sdk-js/src/generated/api.ts', await sdkTypesSource()],
  ];
  const options = (await resolveConfig(join(root, 'package.json'))) ?? {};
  const formatted = sources.map(async ([path, source]) => {
    return [path, await format(source, { ...options, filepath: path })] as const;
  });
  return new Map(await Promise.all(formatted));
}

/** Paths whose content is not what the generators would write now. */
export async function driftedFiles(): Promise<readonly string[]> {
  const files = await generatedFiles();
  return [...files].filter(([path, content]) => readOrEmpty(join(root, path)) !== content).map(([path]) => path);
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

if (import.meta.main) {
  for (const [path, content] of await generatedFiles()) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
    process.stdout.write(`${path}\n`);
  }
}
