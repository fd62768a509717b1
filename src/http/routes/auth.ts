import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';

import type { Profile } from '../../auth/accounts.ts';
import type { KeyInfo } from '../../auth/api-keys.ts';
import { scopes } from '../../auth/principal.ts';
import { AppError } from '../../kernel/errors.ts';
import { principalOf } from '../authenticate.ts';
import type { Services } from '../services.ts';
import { NullableTimestamp, Timestamp } from '../shapes.ts';
import { timestamp } from '../views.ts';

const Email = Type.String({ minLength: 3, maxLength: 254 });
const Password = Type.String({ minLength: 1, maxLength: 256 });
const ProfileShape = Type.Object({
  id: Type.String(),
  email: Type.String(),
  username: Type.String(),
  role: Type.String(),
  createdAt: Timestamp,
});
const SignedIn = Type.Object({ token: Type.String(), expiresAt: Timestamp, user: ProfileShape });
const KeyShape = Type.Object({
  keyId: Type.String(),
  label: Type.String(),
  scopes: Type.Array(Type.String()),
  createdAt: Timestamp,
  expiresAt: NullableTimestamp,
});
const ScopeShape = Type.Enum([...scopes], { type: 'string' });

/** Accounts, sessions and API keys. */
export function authRoutes({ accounts, apiKeys, credentials, config, clock }: Services): FastifyPluginAsyncTypebox {
  return async (app) => {
    const open = { access: 'open' } as const;
    const signedIn = { access: 'signed-in' } as const;
    const tags = ['auth'];
    const strict =
      config.rateLimit > 0 ? { rateLimit: { max: Math.min(config.rateLimit, 60), timeWindow: 60_000 } } : {};

    app.post(
      '/api/auth/register',
      {
        config: { ...open, ...strict },
        schema: {
          tags,
          summary: 'Make an account and sign in',
          body: Type.Object(
            { email: Email, username: Type.String({ maxLength: 40 }), password: Password },
            { additionalProperties: false },
          ),
          response: { 201: SignedIn },
        },
      },
      async (request, reply) => {
        if (config.registration === 'closed')
          throw new AppError('FORBIDDEN', { message: 'Registration is closed on this server.' });
        const { email, username, password } = request.body;
        await accounts.register(email, username, password);
        const { token, expiresAtMs, user } = await accounts.signIn(email, password, request.ip);
        return reply.code(201).send({ token, expiresAt: timestamp(expiresAtMs), user: profileView(user) });
      },
    );

    app.post(
      '/api/auth/login',
      {
        config: { ...open, ...strict },
        schema: {
          tags,
          summary: 'Sign in',
          body: Type.Object({ email: Email, password: Password }, { additionalProperties: false }),
          response: { 200: SignedIn },
        },
      },
      async (request) => {
        const { email, password } = request.body;
        const { token, expiresAtMs, user } = await accounts.signIn(email, password, request.ip);
        return { token, expiresAt: timestamp(expiresAtMs), user: profileView(user) };
      },
    );

    app.post(
      '/api/auth/logout',
      { config: signedIn, schema: { tags, summary: 'End this session', response: { 204: Type.Null() } } },
      async (request, reply) => {
        await credentials.signOut(principalOf(request));
        return reply.code(204).send(null);
      },
    );

    app.get(
      '/api/auth/me',
      { config: signedIn, schema: { tags, summary: 'The current user', response: { 200: ProfileShape } } },
      async (request) => {
        return profileView(await accounts.profileOf(principalOf(request).userId));
      },
    );

    app.delete(
      '/api/auth/me',
      {
        config: signedIn,
        schema: {
          tags,
          summary: "Erase the account's personal data",
          description: 'Takes a session; API keys are refused.',
          response: { 204: Type.Null() },
        },
      },
      async (request, reply) => {
        await accounts.eraseUser(principalOf(request));
        return reply.code(204).send(null);
      },
    );

    app.put(
      '/api/auth/password',
      {
        config: { ...signedIn, ...strict },
        schema: {
          tags,
          summary: 'Change the password; ends all other sessions',
          description: 'Takes a session; API keys are refused.',
          body: Type.Object({ currentPassword: Password, newPassword: Password }, { additionalProperties: false }),
          response: { 204: Type.Null() },
        },
      },
      async (request, reply) => {
        await accounts.changePassword(principalOf(request), request.body.currentPassword, request.body.newPassword);
        return reply.code(204).send(null);
      },
    );

    app.get(
      '/api/auth/keys',
      {
        config: signedIn,
        schema: { tags, summary: 'List API keys', response: { 200: Type.Object({ keys: Type.Array(KeyShape) }) } },
      },
      async (request) => {
        return { keys: (await apiKeys.list(principalOf(request))).map(keyView) };
      },
    );

    app.post(
      '/api/auth/keys',
      {
        config: { access: 'keys:write' },
        schema: {
          tags,
          summary: 'Make an API key; the key is shown this once',
          body: Type.Object(
            {
              label: Type.String({ minLength: 1, maxLength: 100 }),
              scopes: Type.Array(ScopeShape, { minItems: 1, maxItems: scopes.length }),
              expiresInDays: Type.Optional(Type.Integer({ minimum: 1, maximum: 3650 })),
            },
            { additionalProperties: false },
          ),
          response: { 201: Type.Object({ key: Type.String(), ...KeyShape.properties }) },
        },
      },
      async (request, reply) => {
        const { label, scopes: wanted, expiresInDays } = request.body;
        const expiresAtMs = expiresInDays === undefined ? null : clock.now() + expiresInDays * 86_400_000;
        const issued = await apiKeys.issue(principalOf(request), { label, scopes: wanted, expiresAtMs });
        return reply.code(201).send({ key: issued.key, ...keyView(issued) });
      },
    );

    app.delete(
      '/api/auth/keys/:keyId',
      {
        config: { access: 'keys:write' },
        schema: {
          tags,
          summary: 'Revoke an API key',
          params: Type.Object({ keyId: Type.String() }),
          response: { 204: Type.Null() },
        },
      },
      async (request, reply) => {
        await apiKeys.revoke(principalOf(request), request.params.keyId);
        return reply.code(204).send(null);
      },
    );

    app.post(
      '/api/auth/ticket',
      {
        config: { access: 'executions:read' },
        schema: {
          tags,
          summary: 'A one-use ticket for opening a WebSocket: /ws?ticket=…',
          response: { 201: Type.Object({ ticket: Type.String(), expiresInMs: Type.Integer() }) },
        },
      },
      async (request, reply) => reply.code(201).send(await credentials.issueTicket(principalOf(request))),
    );
    await Promise.resolve();
  };
}

function profileView({ id, email, username, role, createdAtMs }: Profile) {
  return { id, email, username, role, createdAt: timestamp(createdAtMs) };
}

function keyView({ keyId, label, scopes: granted, createdAtMs, expiresAtMs }: KeyInfo) {
  return {
    keyId,
    label,
    scopes: [...granted],
    createdAt: timestamp(createdAtMs),
    expiresAt: expiresAtMs === null ? null : timestamp(expiresAtMs),
  };
}
