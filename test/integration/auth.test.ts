import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { scopes as allScopes } from '../../src/auth/principal.ts';
import { TestServer } from '../support/platform.ts';
import { tempDir } from '../support/temp-dir.ts';

const dir = tempDir();
let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start(dir);
});
afterAll(() => server.stop());

const credentials = { email: 'Ann@Example.com', password: 'correct horse battery' };

describe('accounts', () => {
  it('are registered, signed in to, shown and signed out of', async () => {
    const registered = await server.call('POST', '/api/auth/register', { body: { ...credentials, username: 'ann' } });
    expect(registered.status).toBe(201);
    expect(registered.body.user).toMatchObject({ email: 'ann@example.com', username: 'ann', role: 'member' });
    const { body } = await server.call('POST', '/api/auth/login', { body: credentials });
    expect(await server.call('GET', '/api/auth/me', { token: body.token })).toMatchObject({
      status: 200,
      body: { email: 'ann@example.com' },
    });
    expect((await server.call('POST', '/api/auth/logout', { token: body.token })).status).toBe(204);
    expect(await server.call('GET', '/api/auth/me', { token: body.token })).toMatchObject({
      status: 401,
      body: { code: 'UNAUTHENTICATED' },
    });
  });

  it('cannot share an e-mail address or a user name', async () => {
    const taken = await server.call('POST', '/api/auth/register', {
      body: { ...credentials, email: 'ANN@example.com', username: 'ann2' },
    });
    expect(taken).toMatchObject({ status: 409, body: { code: 'EMAIL_TAKEN' } });
    const name = await server.call('POST', '/api/auth/register', {
      body: { ...credentials, email: 'new@example.com', username: 'ANN' },
    });
    expect(name).toMatchObject({ status: 409, body: { code: 'USERNAME_TAKEN' } });
    const free = await server.call('POST', '/api/auth/register', {
      body: { ...credentials, email: 'new@example.com', username: 'ann3' },
    });
    expect(free.status).toBe(201);
  });

  it('refuse weak passwords and odd names with a reason', async () => {
    for (const [field, value] of [
      ['password', 'short'],
      ['password', 'password123'],
      ['password', 'someone@example.com'],
      ['username', 'a b'],
      ['email', 'nonsense'],
    ] as const) {
      const body = {
        email: 'someone@example.com',
        username: 'someone',
        password: 'a fine long phrase',
        [field]: value,
      };
      const answer = await server.call('POST', '/api/auth/register', { body });
      expect(answer).toMatchObject({ status: 400, body: { code: 'VALIDATION_FAILED' } });
      expect(answer.body.problems[0].path).toBe(`/${field}`);
    }
  });

  it('answer a wrong password and an unknown address alike, and slow guessing down', async () => {
    const wrong = await server.call('POST', '/api/auth/login', {
      body: { ...credentials, password: 'wrong wrong wrong' },
    });
    const unknown = await server.call('POST', '/api/auth/login', {
      body: { email: 'nobody@example.com', password: 'wrong wrong wrong' },
    });
    expect(wrong).toMatchObject({ status: 401, body: { code: 'CREDENTIALS_INVALID' } });
    expect(unknown.body).toEqual(wrong.body);
    for (let i = 0; i < 4; i++)
      await server.call('POST', '/api/auth/login', { body: { ...credentials, password: 'wrong wrong wrong' } });
    const delayed = await server.call('POST', '/api/auth/login', { body: credentials });
    expect(delayed).toMatchObject({ status: 429, body: { code: 'SIGN_IN_DELAYED' } });
    expect(Number(delayed.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('change their password, which ends all other sessions', async () => {
    const body = { email: 'bob@example.com', username: 'bob', password: 'the first phrase' };
    const { token } = (await server.call('POST', '/api/auth/register', { body })).body;
    const other = (
      await server.call('POST', '/api/auth/login', { body: { email: body.email, password: body.password } })
    ).body.token;
    const change = await server.call('PUT', '/api/auth/password', {
      token,
      body: { currentPassword: body.password, newPassword: 'the second phrase' },
    });
    expect(change.status).toBe(204);
    expect((await server.call('GET', '/api/auth/me', { token })).status).toBe(200);
    expect((await server.call('GET', '/api/auth/me', { token: other })).status).toBe(401);
    expect(
      (await server.call('POST', '/api/auth/login', { body: { email: body.email, password: 'the second phrase' } }))
        .status,
    ).toBe(200);
  });

  it('are erased: nothing personal is left, and the address is free again', async () => {
    const body = { email: 'gone@example.com', username: 'gone', password: 'soon forgotten' };
    const { token } = (await server.call('POST', '/api/auth/register', { body })).body;
    expect((await server.call('DELETE', '/api/auth/me', { token })).status).toBe(204);
    expect((await server.call('GET', '/api/auth/me', { token })).status).toBe(401);
    expect((await server.call('POST', '/api/auth/register', { body })).status).toBe(201);
  });

  it('are erased at the next start when the process died between the log and the vault', async () => {
    const dataDir = join(tempDir(), 'half-erased');
    const body = { email: 'half@example.com', username: 'half', password: 'nearly forgotten' };
    const first = await TestServer.start(dataDir, ['--runner=inline']);
    const { user } = (await first.call('POST', '/api/auth/register', { body })).body;
    const { log } = first.platform.services;
    await log.append({
      stream: user.id,
      events: [{ type: 'UserErased', data: { reason: 'requested' } }],
      expected: 'exists',
      actor: user.id,
      atMs: Date.now(),
    });
    await first.stop();
    const second = await TestServer.start(dataDir, ['--runner=inline']);
    const { email, password } = body;
    expect((await second.call('POST', '/api/auth/login', { body: { email, password } })).status).toBe(401);
    expect((await second.call('POST', '/api/auth/register', { body })).status).toBe(201);
    await second.stop();
  });
});

describe('API keys', () => {
  it('are shown once, do what their scopes say and nothing else, and stop at once when revoked', async () => {
    const { token } = await server.newUser();
    const issued = await server.call('POST', '/api/auth/keys', {
      token,
      body: { label: 'reader', scopes: ['skills:read'] },
    });
    expect(issued.status).toBe(201);
    const { key, keyId } = issued.body;
    const list = await server.call('GET', '/api/auth/keys', { token });
    expect(JSON.stringify(list.body)).not.toContain(key);
    expect(list.body.keys[0]).toMatchObject({ keyId, label: 'reader', scopes: ['skills:read'] });
    expect((await server.call('GET', '/api/skills', { headers: { 'x-api-key': key } })).status).toBe(200);
    const refused = await server.call('POST', '/api/skills/noop/execute', { token: key });
    expect(refused).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    expect(
      (
        await server.call('POST', '/api/auth/keys', {
          token: key,
          body: { label: 'more', scopes: ['executions:write'] },
        })
      ).status,
    ).toBe(403);
    expect((await server.call('DELETE', `/api/auth/keys/${keyId}`, { token })).status).toBe(204);
    expect((await server.call('GET', '/api/skills', { token: key })).status).toBe(401);
  });

  it('can neither erase the account nor change its password, with whatever scope', async () => {
    const { token } = await server.newUser();
    const scopes = ['skills:read', 'executions:read', 'executions:write', 'events:read', 'keys:write'];
    const { key } = (await server.call('POST', '/api/auth/keys', { token, body: { label: 'all', scopes } })).body;
    const passwords = { currentPassword: 'a long enough phrase', newPassword: 'quite another phrase' };
    for (const answer of [
      await server.call('DELETE', '/api/auth/me', { token: key }),
      await server.call('PUT', '/api/auth/password', { token: key, body: passwords }),
    ]) {
      expect(answer).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    }
    expect((await server.call('PUT', '/api/auth/password', { token, body: passwords })).status).toBe(204);
    expect((await server.call('DELETE', '/api/auth/me', { token })).status).toBe(204);
  });

  it('of a member never reach administration', async () => {
    const { token } = await server.newUser();
    const answer = await server.call('POST', '/api/auth/keys', { token, body: { label: 'x', scopes: ['admin'] } });
    expect(answer.status).toBe(403);
    const unknown = await server.call('POST', '/api/auth/keys', { token, body: { label: 'x', scopes: ['all'] } });
    expect(unknown.body.detail).toBe(`/scopes/0 must be one of ${allScopes.join(', ')}`);
    expect((await server.call('POST', '/api/system/rebuild', { token })).status).toBe(403);
    expect((await server.call('GET', '/metrics', { token })).status).toBe(403);
  });
});

describe('the administrator', () => {
  it("has a key in a file that nobody else can read, and sees everybody's executions", async () => {
    const path = join(dir, 'admin-key');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8').trim()).toBe(server.adminKey);
    const { token } = await server.newUser();
    const { body } = await server.run(token, 'noop');
    expect((await server.call('GET', `/api/executions/${body.executionId}`, { token: server.adminKey })).status).toBe(
      200,
    );
    expect((await server.call('GET', '/metrics', { token: server.adminKey })).body).toContain(
      'ihuman_log_head_position',
    );
  });
});

describe('every route', () => {
  it('needs a credential, but for registration, sign-in, health and documentation', async () => {
    const { body } = await server.call('GET', '/openapi.json');
    const open: string[] = [];
    for (const [path, methods] of Object.entries(body.paths as Record<string, object>)) {
      for (const method of Object.keys(methods)) {
        const address = path.replace(/\{[^}]+\}/g, 'x');
        const answer = await server.call(method.toUpperCase(), address, { body: method === 'get' ? undefined : {} });
        if (answer.status !== 401) open.push(`${method} ${path}`);
      }
    }
    expect(open.sort()).toEqual([
      'get /health/live',
      'get /health/ready',
      'post /api/auth/login',
      'post /api/auth/register',
    ]);
  });
});

describe('what belongs to somebody else', () => {
  it('is not found, exactly like what does not exist, and nothing happens to it', async () => {
    const { token: owner } = await server.newUser();
    const { token: stranger } = await server.newUser();
    const { body: made } = await server.call('POST', '/api/skills/countdown/execute', {
      token: owner,
      body: { runAt: new Date(Date.now() + 3_600_000).toISOString() },
    });
    const { body: report } = await server.run(owner, 'react-setup', { params: { projectName: 'mine' } });
    const ids = [made.executionId, report.executionId];
    const head = (await server.call('GET', '/api/system/status', { token: owner })).body.head;
    for (const id of ids) {
      const requests: [string, string, object?][] = [
        ['GET', `/api/executions/${id}`],
        ['GET', `/api/executions/${id}?revision=0`],
        ['GET', `/api/executions/${id}/events`],
        ['GET', `/api/executions/${id}/artifacts`],
        ['GET', `/api/executions/${id}/artifacts/mine/package.json`],
        ['GET', `/api/executions/${id}/stream`],
        ['POST', `/api/executions/${id}/cancel`],
        ['POST', `/api/executions/${id}/retry`],
        ['POST', `/api/executions/${id}/progress`, { progress: 5 }],
        ['POST', `/api/executions/${id}/logs`, { level: 'info', message: 'x' }],
        ['POST', `/api/executions/${id}/complete`, { durationMs: 1 }],
        ['POST', `/api/executions/${id}/error`, { error: 'x', durationMs: 1 }],
      ];
      for (const [method, path, body] of requests) {
        const answer = await server.call(method, path, { token: stranger, body });
        const missing = await server.call(method, path.replace(id, 'exec_0000000000000000'), { token: stranger, body });
        expect(answer.status, `${method} ${path}`).toBe(404);
        expect(answer.body).toEqual(missing.body);
      }
    }
    expect((await server.call('GET', '/api/executions', { token: stranger })).body.executions).toEqual([]);
    expect((await server.call('GET', '/api/system/status', { token: stranger })).body).toMatchObject({
      head,
      executions: { total: 0 },
    });
    const feed = await server.call('GET', '/api/events?limit=500', { token: stranger });
    for (const event of feed.body as { subject: string }[]) expect(ids).not.toContain(event.subject);
  });

  it('can be worked on under the same idempotency key without a meeting', async () => {
    const users = [await server.newUser(), await server.newUser()];
    const answers = await Promise.all(
      users.map(({ token }) =>
        server.call('POST', '/api/skills/noop/execute', { token, headers: { 'idempotency-key': 'same' } }),
      ),
    );
    expect(answers[0]!.body.executionId).not.toBe(answers[1]!.body.executionId);
  });
});
