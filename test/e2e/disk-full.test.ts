import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { verifyDataDir } from '../../src/verify.ts';
import { ServerProcess } from '../support/server-process.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';

const dir = tempDir();
const disk = join(dir, 'disk');

/** A disk of 12 MB of our own; null where the machine does not let us mount one. */
function mountSmallDisk(): boolean {
  mkdirSync(disk);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', disk], { stdio: 'ignore' });
    return true;
  } catch {
    process.stderr.write(
      'SKIPPED: no small disk can be mounted here (needs root on Linux), so a full disk is not tested.\n',
    );
    return false;
  }
}

const mounted = mountSmallDisk();
afterAll(() => {
  if (mounted) execFileSync('umount', ['-l', disk]);
});

describe.skipIf(!mounted)('a full disk', () => {
  it('refuses writes with 507, answers reads, loses nothing, and goes on when there is room again', async () => {
    const dataDir = join(disk, 'data');
    const server = await ServerProcess.start(dataDir, ['--runner=inline', '--log-level=silent']);
    const token = readFileSync(server.adminKeyFile, 'utf8').trim();
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const execute = async (note: string): Promise<{ status: number; executionId: string }> => {
      const body = JSON.stringify({ name: 'fill', params: { note } });
      const response = await fetch(`${server.url}/api/executions`, { method: 'POST', headers, body });
      const { executionId = '' } = (await response.json()) as { executionId?: string };
      return { status: response.status, executionId };
    };
    const acknowledged: string[] = [];
    const big = 'x'.repeat(100_000);
    let refused = 0;
    for (let i = 0; i < 300 && refused === 0; i++) {
      const { status, executionId } = await execute(big);
      if (status === 201) acknowledged.push(executionId);
      else refused = status;
    }
    expect(refused).toBe(507);
    expect(acknowledged.length).toBeGreaterThan(5);
    const live = await fetch(`${server.url}/health/live`);
    expect(live.status).toBe(200);
    const trail = await fetch(`${server.url}/api/auth/me`, { headers });
    expect(trail.status).toBe(200);

    // Room again: here by making the disk larger, for whoever runs the server by deleting something else.
    execFileSync('mount', ['-o', 'remount,size=64m', disk]);
    const after = await until('writes are taken again', async () => {
      const answer = await execute('small');
      return answer.status === 201 ? answer : null;
    });
    acknowledged.push(after.executionId);
    for (const id of acknowledged)
      expect((await fetch(`${server.url}/api/executions/${id}`, { headers })).status).toBe(200);
    expect(await server.terminate()).toBe(0);
    expect(verifyDataDir(dataDir, () => undefined)).toMatchObject({ clean: true });
    rmSync(dataDir, { recursive: true });
    writeFileSync(join(disk, 'done'), '');
  });
});
