import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { FrontDoor } from '../../../src/http/front-door.ts';

describe('the front door', () => {
  let door: FrontDoor;
  beforeEach(async () => {
    door = await FrontDoor.open({ host: '127.0.0.1', port: 0 });
  });
  afterEach(() => door.close());

  it('says from the first moment on that the node lives, and is not ready', async () => {
    const live = await fetch(`${door.url}/health/live`);
    expect([live.status, await live.json()]).toEqual([200, { status: 'live' }]);
    const ready = await fetch(`${door.url}/health/ready`);
    expect([ready.status, await ready.json()]).toEqual([503, { status: 'starting' }]);
  });

  it('answers everything else with NOT_READY and when to come back', async () => {
    const answer = await fetch(`${door.url}/api/skills`, { method: 'POST', body: '{}' });
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(await answer.json()).toMatchObject({ code: 'NOT_READY', retryAfterMs: 1000 });
  });

  it('says how far behind the node is', async () => {
    door.progress = { taken: 12, of: 1000 };
    const ready = await fetch(`${door.url}/health/ready`);
    expect([ready.status, await ready.json()]).toEqual([503, { status: 'starting', log: { taken: 12, of: 1000 } }]);
    const answer = (await (await fetch(`${door.url}/api/skills`)).json()) as { detail: string };
    expect(answer.detail).toContain('12 of 1000 records');
  });

  it('lets the application answer once it is handed over', async () => {
    door.hand((_request, response) => response.end('here'));
    expect(await (await fetch(`${door.url}/health/ready`)).text()).toBe('here');
  });

  it('names a port that is in use, and an address that is not of this machine', async () => {
    const port = Number(new URL(door.url).port);
    await expect(FrontDoor.open({ host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(`Port ${String(port)} is in use`) as string,
    });
    await expect(FrontDoor.open({ host: '192.0.2.1', port: 0 })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('answers what is no request with a Problem', async () => {
    const { connect } = await import('node:net');
    const socket = connect(Number(new URL(door.url).port), '127.0.0.1');
    socket.end('nonsense\r\n\r\n');
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1\.1 400 .*MALFORMED_REQUEST/s);
  });
});
