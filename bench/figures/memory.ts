import type { Figure } from '../figure.ts';
import { withPlace } from '../place.ts';
import { Program, startServer } from '../program.ts';

const sockets = 1000;

/** Memory of an idle server, and how it grows while many sockets do not read what they are sent. */
export async function memoryFigures(minutes: number): Promise<Figure[]> {
  return withPlace(async (dir) => {
    const { program, url, key } = await startServer(dir, []);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const idleMb = await program.residentMb();
    const call = async (path: string, body: object): Promise<Record<string, string>> => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const response = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
      return (await response.json()) as Record<string, string>;
    };
    const { executionId = '' } = await call('/api/executions', { name: 'memory' });
    const clients = new Program('bench/programs/sockets.ts', [
      `${url}/ws?token=${key}&execution=${executionId}`,
      String(sockets),
      '0',
      'idle',
    ]);
    await clients.says();
    const samples: number[] = [];
    const message = 'x'.repeat(1000);
    for (const end = Date.now() + minutes * 60_000; Date.now() < end;) {
      for (let i = 0; i < 20; i++) await call(`/api/executions/${executionId}/logs`, { level: 'info', message });
      await new Promise((resolve) => setTimeout(resolve, 500));
      samples.push(await program.residentMb());
    }
    await clients.stop('SIGKILL');
    await program.stop();
    const third = Math.floor(samples.length / 3);
    const mean = (part: readonly number[]): number => part.reduce((sum, value) => sum + value, 0) / part.length;
    return [
      {
        name: 'idle memory (RSS)',
        ours: idleMb,
        limit: null,
        unit: 'MB',
        against: 'after 3 s',
        wanted: { atMost: 150 },
        parameters: 'isolated runner, fresh data directory',
      },
      {
        name: 'memory, last third over second third',
        ours: mean(samples.slice(-third)),
        limit: mean(samples.slice(third, 2 * third)),
        unit: 'MB',
        against: 'the second third of the run',
        wanted: { atMost: 1.1 },
        parameters: `${String(sockets)} sockets that never read, 40 messages of 1 KB a second, ${String(minutes)} minutes, peak ${Math.max(...samples).toFixed(0)} MB`,
      },
    ];
  });
}
