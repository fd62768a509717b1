import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** The checks, each with what to do when it fails. */
const checks: readonly { readonly name: string; readonly command: readonly string[]; readonly cure: string }[] = [
  {
    name: 'format',
    command: ['prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'],
    cure: 'npm run format',
  },
  { name: 'lint', command: ['eslint/bin/eslint.js', '--max-warnings', '0', '.'], cure: 'see the messages above' },
  { name: 'types', command: ['typescript/bin/tsc', '--noEmit', '-p', '.'], cure: 'see the messages above' },
  {
    name: 'deps',
    command: [
      'dependency-cruiser/bin/dependency-cruise.mjs',
      '--config',
      '.dependency-cruiser.cjs',
      '--output-type',
      'err',
      'bin',
      'src',
      'projections',
      'schemas',
      'scripts',
      'demo',
      'bench',
      'skills',
      'packages/sdk-js/src',
    ],
    cure: '.dependency-cruiser.cjs says who may import whom',
  },
  { name: 'deadcode', command: ['knip/bin/knip.js', '--no-progress'], cure: 'delete it, or use it' },
];

/** Runs the named checks, or all of them, and shows every failure; true when there is none. An unknown name is a failure. */
export function runChecks(names: readonly string[] = checks.map(({ name }) => name)): boolean {
  const unknown = names.filter((wanted) => !checks.some(({ name }) => name === wanted));
  for (const name of unknown) {
    process.stdout.write(
      `✗ ${name}: there is no such check; there are: ${checks.map((check) => check.name).join(', ')}\n`,
    );
  }
  let clean = unknown.length === 0;
  for (const { name, command, cure } of checks.filter((check) => names.includes(check.name))) {
    const [script = '', ...rest] = command;
    const { status } = spawnSync(process.execPath, [join(root, 'node_modules', script), ...rest], {
      cwd: root,
      stdio: 'inherit',
    });
    process.stdout.write(status === 0 ? `✓ ${name}\n` : `✗ ${name}: ${cure}\n`);
    clean &&= status === 0;
  }
  return clean;
}

if (import.meta.main) {
  const names = process.argv.slice(2);
  process.exit(runChecks(names.length > 0 ? names : undefined) ? 0 : 1);
}
