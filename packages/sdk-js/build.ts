import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';

import { build, type BuildOptions } from 'esbuild';

const here = import.meta.dirname;
const root = join(here, '../..');
const dist = join(here, 'dist');

const common = {
  bundle: true,
  target: 'es2022',
  legalComments: 'none',
  logLevel: 'error',
} as const satisfies BuildOptions;

/** Makes `dist`: modules for Node and for browsers, CommonJS, and (slower) types for both. */
async function buildSdk(withTypes: boolean): Promise<void> {
  rmSync(dist, { recursive: true, force: true });
  const node = {
    ...common,
    entryPoints: [join(here, 'src/index.ts')],
    platform: 'node',
    external: ['ws'],
  } satisfies BuildOptions;
  const browser = {
    ...common,
    entryPoints: [{ in: join(here, 'src/browser.ts'), out: 'index' }],
    platform: 'browser',
  } satisfies BuildOptions;
  await Promise.all([
    build({ ...node, format: 'esm', outfile: join(dist, 'esm/index.js') }),
    build({ ...node, format: 'cjs', outfile: join(dist, 'cjs/index.cjs'), footer: { js: classIsModule } }),
    // What few pages need is a file of its own, loaded when it is called for.
    build({ ...browser, format: 'esm', minify: true, splitting: true, outdir: join(dist, 'browser') }),
  ]);
  if (withTypes) writeTypes();
}

/** `require` gives the class itself, which has everything else as properties. */
const classIsModule = 'module.exports = Object.assign(IhumanClient, module.exports);';

function writeTypes(): void {
  const made = join(dist, 'types');
  const compiled = spawnSync(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(here, 'tsconfig.json'), '--outDir', made],
    { stdio: 'inherit' },
  );
  if (compiled.status !== 0) process.exit(compiled.status ?? 1);
  for (const file of readdirSync(made, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.d.ts')) continue;
    const text = readFileSync(join(made, file), 'utf8');
    writeAt(join(dist, 'esm', file), withEnding(text, 'js'));
    writeAt(join(dist, 'cjs', file.replace(/\.d\.ts$/, '.d.cts')), withEnding(text, 'cjs'));
  }
  // An alias in a namespace may name a type, but not one that was exported as nothing else.
  const exports = join(dist, 'cjs/exports.d.cts');
  writeFileSync(
    exports,
    readFileSync(exports, 'utf8').replace(/^export type |(?<=[{,] )type /gm, (found) => found.replace('type ', '')),
  );
  const index = join(dist, 'cjs/index.d.cts');
  // The namespace merges with the class, so that `require` gives both.
  cpSync(index, join(dist, 'cjs/all.d.cts'));
  writeFileSync(index, commonJsTypes());
  rmSync(made, { recursive: true });
}

/** TypeScript rewrites no endings of imports in types. */
function withEnding(types: string, ending: string): string {
  return types.replace(/((?:from |import\()(['"])\.{1,2}\/[^'"]*)\.ts\2/g, `$1.${ending}$2`);
}

/** `require` gives the class, which has everything else as its properties: for TypeScript a class and a namespace of one name. */
function commonJsTypes(): string {
  const lists = readFileSync(join(here, 'src/exports.ts'), 'utf8').matchAll(/export (?:type )?\{([^}]*)\}/g);
  const names = [...lists].flatMap(([, list = '']) => list.match(/\b(?!type\b)\w+/g) ?? []);
  const members = ['IhumanClient', ...names].map((name) => `  export import ${name} = all.${name};`);
  return `import * as all from './all.cjs';
declare class IhumanClient extends all.IhumanClient {}
declare namespace IhumanClient {
${members.join('\n')}
  export { IhumanClient as default };
}
export = IhumanClient;
`;
}

function writeAt(path: string, text: string): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
}

await buildSdk(!process.argv.includes('--without-types'));
