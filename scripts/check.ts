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
    name: 'import direction',
    command: [
      'dependency-cruiser/bin/dependency-cruise.mjs',
      '--config',
      '.dependency-cruiser.cjs',
      '--output-type',
      'err',
      'src',
      'projections',
      'schemas',
      'scripts',
      'demo',
      'bench',
    ],
    cure: 'docs/architecture.md says who may import whom',
  },
  { name: 'dead code', command: ['knip/bin/knip.js', '--no-progress'], cure: 'delete it, or use it' },
];

/** Runs every check and shows all failures; true when there are none. */
export function runChecks(): boolean {
  let clean = true;
  for (const { name, command, cure } of checks) {
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

if (import.meta.main) process.exit(runChecks() ? 0 : 1);
