// The front door of every npm script. Runs on any Node from 20 on and needs no package: it installs what is missing, then
// hands over to the pinned Node of node_modules.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { handOver } from './hand-over.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const node = join(root, 'node_modules/node/bin/node');

/** What each script runs, as arguments of the pinned Node; the first one is a path in the repository. */
const scripts = {
  start: ['src/main.ts'],
  demo: ['demo/demo.ts'],
  bench: ['bench/bench.ts'],
  verify: ['src/verify-main.ts'],
  snapshot: ['src/snapshot-main.ts'],
  log: ['src/log-main.ts'],
  generate: ['scripts/generate.ts'],
  build: ['packages/sdk-js/build.ts'],
  kafka: ['infra/kafka/main.ts'],
  test: ['scripts/test.ts'],
  check: ['scripts/check.ts'],
  format: ['node_modules/prettier/bin/prettier.cjs', '--write', '--log-level', 'warn', '.'],
};

const [name = '', ...rest] = process.argv.slice(2);
if (!Object.hasOwn(scripts, name)) {
  process.stderr.write(`There is no script ${name}; there are: ${Object.keys(scripts).join(', ')}\n`);
  process.exit(2);
}

const reason = reasonToInstall();
if (reason !== null) {
  process.stderr.write(`Installing packages (${reason}) …\n`);
  const installed = spawnSync('npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (installed.status !== 0) {
    process.stderr.write('npm ci failed; see above.\n');
    process.exit(installed.status ?? 1);
  }
  if (!existsSync(node)) {
    process.stderr.write('The package "node" brought no Node: npm must be allowed to run its install script.\n');
    process.exit(1);
  }
  // So that `require('./packages/sdk-js')` works in a clone.
  spawnSync(node, [join(root, 'packages/sdk-js/build.ts'), '--without-types'], { stdio: ['ignore', 2, 2] });
}

const environment = { ...process.env };
// Compiled code is kept between runs: a start then takes half as long.
environment.NODE_COMPILE_CACHE ??= join(root, 'node_modules/.cache/ihuman-compile');
const [path, ...fixed] = scripts[name];
handOver(node, [join(root, path), ...fixed, ...rest], environment);

/** Why packages have to be installed; null when they are as the lock file wants them. */
function reasonToInstall() {
  if (!existsSync(join(root, 'node_modules/.package-lock.json'))) return 'there are none yet';
  if (!existsSync(node)) return 'the pinned Node is missing';
  const wanted = join(root, 'package-lock.json');
  const installed = join(root, 'node_modules/.package-lock.json');
  if (statSync(wanted).mtimeMs <= statSync(installed).mtimeMs) return null;
  return packagesOf(wanted) === packagesOf(installed) ? null : 'the lock file has changed';
}

/** Names and versions in a lock file, without what npm keeps only in one of the two. */
function packagesOf(path) {
  const { packages } = JSON.parse(readFileSync(path, 'utf8'));
  const rows = Object.entries(packages).filter(([key, value]) => key !== '' && !value.optional);
  return JSON.stringify(rows.map(([key, { version }]) => [key, version]).sort());
}
