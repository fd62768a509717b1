import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { TestServer } from '../support/platform.ts';
import { tempDir } from '../support/temp-dir.ts';
import { TestSocket } from '../support/web-socket.ts';

const dir = tempDir();
const fixtures = join(import.meta.dirname, '../fixtures/skills');
let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start(dir, [`--skills=${fixtures}`]);
});
afterAll(() => server.stop());

it('secrets and personal data are in no file, answer, frame or log but where they belong', async () => {
  const email = 'canary-address@example.com';
  const username = 'canary-username';
  const password = 'canary-password-Zq81';
  const secret = 'canary-parameter-Yx72';
  const outputs: string[] = [];
  const { body: account } = await server.call('POST', '/api/auth/register', { body: { email, username, password } });
  const { token } = account;
  const { body: key } = await server.call('POST', '/api/auth/keys', {
    token,
    body: { label: 'canary-label', scopes: ['skills:read', 'executions:read'] },
  });
  const { body: ticket } = await server.call('POST', '/api/auth/ticket', { token });
  const run = await server.run(token, 'takes-secret', { params: { apiToken: secret, visible: 'shown' } });
  expect(run.body.result).toEqual({ secretLength: secret.length, sameAsVisible: false, said: '***' });
  const id = run.body.executionId;
  await server.call('POST', '/api/auth/login', { body: { email, password: 'canary-wrong-Wv63' } });
  const client = await TestSocket.open(`${server.url}/ws?token=${token}&v=2&execution=${id}`);
  await client.next('stream-end');
  outputs.push(JSON.stringify(client.messages));
  client.close();
  for (const path of [
    `/api/executions/${id}`,
    `/api/executions/${id}/events`,
    '/api/executions',
    '/api/events?limit=500',
    '/api/websocket/stats',
    '/api/system/status',
    '/api/auth/keys',
    '/metrics',
  ]) {
    for (const credential of [token, server.adminKey])
      outputs.push(JSON.stringify((await server.call('GET', path, { token: credential })).body));
  }
  expect(outputs.join('')).toContain('"apiToken":"***"');
  await server.stop();

  const files = readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const contents = files
    .filter((file) => !file.endsWith('admin-key'))
    .map((file) => readFileSync(file).toString('latin1'));
  const everything = [
    ...outputs.map((text) => text.replaceAll('canary-label', '')),
    ...contents,
    ...server.serverLog,
  ].join('\n');
  const canaries = {
    email,
    username,
    password,
    secret,
    wrong: 'canary-wrong-Wv63',
    token,
    key: key.key,
    ticket: ticket.ticket,
    adminKey: server.adminKey,
    label: 'canary-label',
  };
  for (const [name, canary] of Object.entries(canaries))
    expect(everything.includes(canary as string), `${name} leaks`).toBe(false);
  server = await TestServer.start(join(dir, 'again'), [`--skills=${fixtures}`]);
});
