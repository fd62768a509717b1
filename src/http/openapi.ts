import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';

import { ProblemShape } from './shapes.ts';

interface Operation {
  requestBody?: { required?: boolean; content: Record<string, { schema: { anyOf?: { type?: string }[] } }> };
  responses: Record<string, unknown>;
}
interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/** Adds what is the same everywhere: how errors look, and that a body which may be null may be left out. */
function completed({ openapiObject }: { readonly openapiObject: ApiDocument }): ApiDocument {
  for (const operation of Object.values(openapiObject.paths).flatMap((path) => Object.values(path))) {
    operation.responses['4XX'] = { $ref: '#/components/responses/Refused' };
    operation.responses['5XX'] = { $ref: '#/components/responses/Failed' };
    const { requestBody } = operation;
    const shapes = requestBody?.content['application/json']?.schema.anyOf ?? [];
    if (requestBody !== undefined) requestBody.required = !shapes.some(({ type }) => type === 'null');
  }
  return openapiObject;
}

function problemResponse(description: string) {
  const headers = {
    'x-request-id': { description: 'Names this request in the server log.', schema: { type: 'string' } as const },
  };
  return { description, headers, content: { 'application/problem+json': { schema: ProblemShape } } };
}

/** Serves the OpenAPI document at /openapi.json and a readable page at /docs. */
export async function documentApi(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'ihuman',
        version: '0.1.0',
        description: 'Runs skills, shows everything while it happens, and keeps all of it in an event log.',
      },
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'A session token or an API key.' },
          apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
        },
        responses: {
          Refused: problemResponse('The request is wrong, not allowed, or too much at the moment; `code` says which.'),
          Failed: problemResponse('The server cannot do it at the moment; `code` says why.'),
        },
      },
      security: [{ bearer: [] }, { apiKey: [] }],
    },
    transform: ({ schema, url, route }) => {
      const open = route.config?.access === 'open';
      return { schema: { ...schema, ...(open && { security: [] }) }, url };
    },
    transformObject: (document) => completed(document as { openapiObject: ApiDocument }) as never,
  });
  app.addHook('onRoute', (route) => {
    // The pages of the documentation are open; they show nothing but shapes.
    if (route.url.startsWith('/docs')) route.config = { ...route.config, access: 'open' };
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    // The server speaks plain HTTP; where TLS stands in front of it, that is for the proxy to say.
    transformStaticCSP: (policy) => policy.replace(/; *upgrade-insecure-requests/, ''),
    theme: { title: 'ihuman' },
  });
  app.get('/', { config: { access: 'open' }, schema: { hide: true } }, (_, reply) => reply.redirect('/docs'));
  app.get('/openapi.json', { config: { access: 'open' }, schema: { hide: true } }, () => app.swagger());
}
