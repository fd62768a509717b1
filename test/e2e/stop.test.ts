import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { verifyDataDir } from '../../src/verify.ts';
import { ServerProcess } from '../support/server-process.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';
import { TestSocket } from '../support/web-socket.ts';

const dir = tempDir();

async function begin(place: string, from: number, flags: string[]) {
  const server = await ServerProcess.start(place, flags);
  const token = readFileSync(server.adminKeyFile, 'utf8').trim();
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ params: { from, intervalMs: 50 } });
  const asked = await fetch(`${server.url}/api/skills/countdown/execute`, { method: 'POST', headers, body });
  const { executionId } = (await asked.json()) as { executionId: string };
  const client = await TestSocket.open(`${server.url}/ws?token=${token}&v=2&execution=${executionId}`);
  await client.next('execution-log');
  return { server, client, headers, executionId };
}

describe('SIGTERM', () => {
  it('lets running work finish, tells sockets to come back, and exits with 0', async () => {
    const place = join(dir, 'finishing');
    const { server, client, executionId, headers } = await begin(place, 6, []);
    expect(await server.terminate()).toBe(0);
    await until('the socket is closed', () => client.closeCode);
    expect(client.closeCode).toBe(1012);
    expect(client.of('execution-complete')).toHaveLength(1);
    const again = await ServerProcess.start(place);
    const shown = (await (await fetch(`${again.url}/api/executions/${executionId}`, { headers })).json()) as {
      status: string;
      attempt: number;
    };
    expect(shown).toMatchObject({ status: 'completed', attempt: 1 });
    await again.terminate();
  });

  it('hands back what does not finish within the grace time; it runs again after the next start', async () => {
    const place = join(dir, 'handing-back');
    const { server, client, executionId, headers } = await begin(place, 60, ['--shutdown-grace-ms=100']);
    expect(await server.terminate()).toBe(0);
    expect(verifyDataDir(place, () => undefined).clean).toBe(true);
    const again = await ServerProcess.start(place);
    const shown = async () =>
      (await (await fetch(`${again.url}/api/executions/${executionId}`, { headers })).json()) as {
        status: string;
        attempt: number;
      };
    await until('the second attempt runs', async () => (await shown()).attempt === 2);
    await fetch(`${again.url}/api/executions/${executionId}/cancel`, { method: 'POST', headers, body: '{}' });
    await until('it is cancelled', async () => (await shown()).status === 'cancelled');
    await again.terminate();
    client.close();
  });
});
