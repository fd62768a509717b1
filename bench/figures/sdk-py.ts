import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { Figure } from '../figure.ts';
import { withPlace } from '../place.ts';
import { startServer } from '../program.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const sdk = join(root, 'packages/sdk-py');
const environment = join(root, 'node_modules/.cache/ihuman-bench-python');
const python = join(environment, 'bin/python');

type Measured = Readonly<
  Record<'execute' | 'bareExecute' | 'events' | 'bareEvents' | 'runP50Ms' | 'bareRunP50Ms', number>
>;

/** What the Python SDK adds to httpx and websockets; nothing, and a line that says so, where there is no Python for it. */
export async function pythonFigures(scale: number): Promise<Figure[]> {
  try {
    if (!existsSync(python)) {
      await run('python3', ['-m', 'venv', environment]);
      await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', sdk]);
    }
  } catch (error) {
    process.stderr.write(`The Python SDK is not measured: ${String(error)}\n`);
    return [];
  }
  return withPlace(async (dir) => {
    const { program, url, key } = await startServer(dir, ['--runner=inline']);
    const seconds = Math.max(0.2, 2 * scale);
    const args = [join(root, 'bench/programs/sdk-py.py'), '--url', url, '--seconds', String(seconds)];
    const env = { ...process.env, IHUMAN_TOKEN: key, PYTHONPATH: join(sdk, 'src') };
    const { stdout } = await run(python, args, { env });
    await program.stop();
    const measured = JSON.parse(stdout) as Measured;
    const parameters = `median of 5 rounds of ${String(seconds)} s in turn, inline`;
    return [
      {
        name: 'Python SDK: execute_skill, 50 in flight',
        ...{ ours: measured.execute, limit: measured.bareExecute, unit: '/s', wanted: { atLeast: 0.7 } },
        ...{ against: 'a loop of httpx requests', parameters },
      },
      {
        name: 'Python SDK: run, one at a time, p50',
        ...{ ours: measured.runP50Ms, limit: measured.bareRunP50Ms, unit: 'ms', wanted: { atMost: 1.5 } },
        ...{ against: 'an httpx request that waits', parameters },
      },
      {
        name: 'Python SDK: events over one socket',
        ...{ ours: measured.events, limit: measured.bareEvents, unit: '/s', wanted: { atLeast: 0.8 } },
        ...{ against: 'websockets and json.loads on the same stream', parameters },
      },
    ];
  });
}
