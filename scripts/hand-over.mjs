import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** Runs a program on another Node in the place of this process: same terminal, signals passed on, exit code kept. */
export function handOver(node, args, environment) {
  const child = spawn(node, args, { stdio: 'inherit', env: environment });
  // The terminal sends Ctrl-C to both processes; only signals sent to this one alone have to be passed on.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.on('SIGHUP', () => child.kill('SIGHUP'));
  child.on('error', (error) => {
    process.stderr.write(`The pinned Node cannot be started: ${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    process.exit(code ?? 128 + constants.signals[signal]);
  });
}
