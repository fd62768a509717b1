import { type Figure, median } from '../figure.ts';
import { withPlace } from '../place.ts';
import { Program } from '../program.ts';

const sockets = 1000;

/** Messages to 1,000 sockets on one execution, beside a loop that writes one ready-made frame to the same sockets. */
export async function fanOutFigure(scale: number): Promise<Figure> {
  const messages = Math.round(400 * scale);
  const ours: number[] = [];
  const raw: number[] = [];
  for (let round = 0; round < 3; round++) {
    raw.push(await rate('raw', messages));
    ours.push(await rate('ours', messages));
  }
  return {
    name: 'WebSocket fan-out',
    ours: median(ours),
    limit: median(raw),
    unit: 'deliveries/s',
    against: 'raw loop, one ready-made frame',
    wanted: { atLeast: 0.7 },
    parameters: `${String(sockets)} sockets, ${String(messages)} messages, each durable first, clients in another process`,
  };
}

async function rate(kind: 'ours' | 'raw', messages: number): Promise<number> {
  return withPlace(async (dir) => {
    const server = new Program('bench/programs/fan-out.ts', [kind, dir, String(messages), String(sockets)]);
    const { url } = await server.says<{ url: string }>();
    const clients = new Program('bench/programs/sockets.ts', [url, String(sockets), String(messages)]);
    await clients.says();
    // The history that a new subscriber is sent first must be over.
    await new Promise((resolve) => setTimeout(resolve, 500));
    server.tell('go');
    const { elapsedMs } = await clients.says<{ elapsedMs: number }>();
    await server.stop('SIGKILL');
    return ((messages * sockets) / elapsedMs) * 1000;
  });
}
