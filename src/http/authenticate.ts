import type { FastifyRequest } from 'fastify';

import type { Credentials } from '../auth/credentials.ts';
import { type Principal, requireScope, type Scope } from '../auth/principal.ts';
import { assertThat, definitely } from '../kernel/assert.ts';
import { AppError } from '../kernel/errors.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the credential of a request needs; `open` needs none. A route without it is refused at start. */
    access?: Scope | 'signed-in' | 'open';
  }
  interface FastifyRequest {
    principal?: Principal;
  }
}

/** The token or API key of a request: `Authorization: Bearer …` or `X-API-Key`. */
export function credentialOf(request: FastifyRequest): string | null {
  const { authorization } = request.headers;
  if (authorization !== undefined) return /^Bearer +([^\s]+)$/i.exec(authorization)?.[1] ?? '';
  const key = request.headers['x-api-key'];
  return typeof key === 'string' ? key : null;
}

/** Checks every request against its route's `access` before anything of it is read. */
export function authenticate(credentials: Credentials) {
  return async (request: FastifyRequest): Promise<void> => {
    if (request.is404) return;
    const { access } = request.routeOptions.config;
    assertThat(access !== undefined, `the route ${request.routeOptions.url ?? ''} says who may use it`);
    if (access === 'open') return;
    const credential = credentialOf(request);
    if (credential === null || credential === '') throw new AppError('UNAUTHENTICATED');
    const principal = credentials.authenticateCached(credential) ?? (await credentials.authenticate(credential));
    if (principal === null) throw new AppError('UNAUTHENTICATED');
    request.principal = principal;
    if (access !== 'signed-in') requireScope(principal, access);
  };
}

/** Who makes this request; only on routes that are not open. */
export function principalOf(request: FastifyRequest): Principal {
  return definitely(request.principal, 'the route is not open');
}
