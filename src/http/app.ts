import cors from '@fastify/cors';
import rateLimit from '@fastify/rate-limit';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify';

import { AppError, type ErrorCode } from '../kernel/errors.ts';
import { newId } from '../kernel/ids.ts';
import { isTooDeep, maxJsonDepth } from '../kernel/json.ts';
import type { Credentials } from '../auth/credentials.ts';
import { authenticate, credentialOf } from './authenticate.ts';
import { documentApi } from './openapi.ts';
import { refuseOtherMethods } from './other-methods.ts';
import { parseJson } from './parse-json.ts';
import { problemOf, toAppError } from './problem.ts';
import { authRoutes } from './routes/auth.ts';
import { eventRoutes } from './routes/events.ts';
import { executionRoutes } from './routes/executions.ts';
import { externalRoutes } from './routes/external.ts';
import { skillRoutes } from './routes/skills.ts';
import { scheduleRoutes } from './routes/schedules.ts';
import { causeRoutes } from './routes/causes.ts';
import { workflowRoutes } from './routes/workflows.ts';
import { webhookRoutes } from './routes/webhooks.ts';
import { systemRoutes } from './routes/system.ts';
import type { Services } from './services.ts';
import { validatorCompiler } from './validation.ts';

/** How the server tells about itself. */
export interface RequestLog {
  readonly onError: (
    error: unknown,
    request: { readonly method: string; readonly route: string; readonly requestId: string },
  ) => void;
  readonly onRequest: ((method: string, route: string, status: number, durationMs: number) => void) | null;
}

/** The HTTP application with all routes: what answers once the node is ready (see `front-door.ts`). */
export async function createHttpApp(services: Services, requestLog: RequestLog) {
  const { config, clock } = services;
  const refuse = (reply: FastifyReply, error: Error) => sendProblem(reply, error, newId('req', clock));
  const app = fastify({
    bodyLimit: config.maxBodyBytes,
    trustProxy: config.trustProxy.length > 0 ? [...config.trustProxy] : false,
    routerOptions: { maxParamLength: 300 },
    // Our own handler writes what is worth knowing; a line for each request costs more than many requests do.
    logger: false,
    frameworkErrors: (error, _request, reply) => refuse(reply, error),
  }).withTypeProvider<TypeBoxTypeProvider>();
  // JSON is the one language of the API; without this, plain text would reach the handlers as a string.
  app.removeContentTypeParser('text/plain');
  parseJson(app);
  app.setValidatorCompiler(validatorCompiler as never);
  app.setErrorHandler((error, request, reply) => {
    const { code, requestId } = refuse(reply, error as Error);
    if (code === 'INTERNAL') requestLog.onError(error, { method: request.method, route: routeOf(request), requestId });
  });
  app.setNotFoundHandler((_request, reply) => refuse(reply, new AppError('NOT_FOUND')));
  if (requestLog.onRequest !== null) {
    app.addHook('onResponse', (request, reply, done) => {
      requestLog.onRequest?.(request.method, routeOf(request), reply.statusCode, reply.elapsedTime);
      done();
    });
  }
  app.addHook('onRequest', (_request, reply, done) => {
    void reply.headers(securityHeaders);
    done();
  });
  if (config.allowedOrigins.length > 0) await app.register(cors, corsOptions(config.allowedOrigins));
  if (config.rateLimit > 0) {
    await app.register(rateLimit, limitOptions(config.rateLimit, services.credentials));
    // Of its own hooks none runs before the credential is looked at, and a bad one would count for nothing.
    app.addHook('onRequest', app.rateLimit());
  }
  refuseOtherMethods(app);
  await documentApi(app);
  app.addHook('onRequest', authenticate(services.credentials));
  app.addHook('preValidation', (request, _reply, done) => {
    const message = `The body may be nested ${String(maxJsonDepth)} levels deep.`;
    done(isTooDeep(request.body) ? new AppError('VALIDATION_FAILED', { message }) : undefined);
  });
  app.get('/ws', { config: { access: 'open' }, schema: { hide: true } }, (_, reply) => {
    void reply.headers({ connection: 'upgrade', upgrade: 'websocket' });
    throw new AppError('UPGRADE_REQUIRED');
  });
  if (config.roles.has('api')) {
    await app.register(authRoutes(services));
    await app.register(skillRoutes(services));
    await app.register(executionRoutes(services));
    await app.register(externalRoutes(services));
    await app.register(eventRoutes(services));
    await app.register(webhookRoutes(services));
    await app.register(scheduleRoutes(services));
    await app.register(workflowRoutes(services));
    await app.register(causeRoutes(services));
  }
  await app.register(systemRoutes(services));
  return app;
}

/**
 * On every answer: nothing that the API sends is a page, and nothing may frame, sniff or keep it. The pages of the
 * documentation bring a policy of their own.
 */
const securityHeaders = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-site',
  'cache-control': 'no-store',
};

/** Only what went wrong is ever asked about: every other request does without a name. */
function sendProblem(
  reply: FastifyReply,
  error: Error,
  requestId: string,
): { readonly code: ErrorCode; readonly requestId: string } {
  const appError = toAppError(error);
  const problem = problemOf(appError);
  if (appError.retryAfterMs !== null) void reply.header('retry-after', Math.ceil(appError.retryAfterMs / 1000));
  if (problem.status === 401) void reply.header('www-authenticate', 'Bearer');
  void reply
    .code(problem.status)
    .headers({ 'content-type': 'application/problem+json', 'x-request-id': requestId })
    .serializer(JSON.stringify)
    .send(problem);
  return { code: appError.code, requestId };
}

function routeOf(request: FastifyRequest): string {
  // Never the address itself: its query may hold a token.
  return request.routeOptions.url ?? 'unknown';
}

function corsOptions(origins: readonly string[]): object {
  return {
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: [
      'content-disposition',
      'location',
      'position-next',
      'retry-after',
      'x-request-id',
      'x-ratelimit-limit',
      'x-ratelimit-remaining',
      'x-ratelimit-reset',
    ],
  };
}

/**
 * Requests a minute of each account, and of each address for all that nobody vouches for: what is sent without a credential, to
 * open routes, or with a credential that was not found good in the last moments. A new token with every request gains nothing.
 */
function limitOptions(max: number, credentials: Credentials): object {
  return {
    global: false,
    max,
    timeWindow: 60_000,
    cache: 20_000,
    keyGenerator: (request: FastifyRequest) => {
      const credential = request.routeOptions.config.access === 'open' ? null : credentialOf(request);
      return (credential === null ? undefined : credentials.authenticateCached(credential)?.userId) ?? request.ip;
    },
    errorResponseBuilder: (_: FastifyRequest, { ttl }: { ttl: number }) =>
      new AppError('RATE_LIMITED', { retryAfterMs: ttl }),
  };
}
