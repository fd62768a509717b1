import { createHmac } from 'node:crypto';

import { Agent } from 'undici';

/** The limit of deliveries: a loop that signs a body and posts it with undici, some at once, and nothing else. */
const [url = '', total = '1', parallel = '1', bytes = '256'] = process.argv.slice(2);
const agent = new Agent({ connections: Number(parallel), pipelining: 1 });
const text = JSON.stringify({ event: 'bench.event', data: '' });
let left = 0;

async function post(i: number): Promise<void> {
  const body = JSON.stringify({ event: 'bench.event', data: String(i).padStart(Number(bytes) - text.length, 'x') });
  const signature = createHmac('sha256', 'whsec_of_the_benchmark').update(body).digest('hex');
  const response = await agent.request({
    ...{ origin: url, path: '/', method: 'POST', body },
    headers: { 'content-type': 'application/json', 'x-signature': signature },
  });
  await response.body.dump();
}

async function run(count: number): Promise<number> {
  left = count;
  const begunMs = performance.now();
  const worker = async (): Promise<void> => {
    while (left > 0) await post(left--);
  };
  await Promise.all(Array.from({ length: Number(parallel) }, worker));
  return performance.now() - begunMs;
}

await run(20_000);
process.stdout.write(`${JSON.stringify({ elapsedMs: await run(Number(total)) })}\n`);
process.exit(0);
