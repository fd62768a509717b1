import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';

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
      },
      security: [{ bearer: [] }, { apiKey: [] }],
    },
    transform: ({ schema, url, route }) => {
      const open = route.config?.access === 'open';
      return { schema: { ...schema, ...(open && { security: [] }) }, url };
    },
  });
  app.addHook('onRoute', (route) => {
    // The pages of the documentation are open; they show nothing but shapes.
    if (route.url.startsWith('/docs')) route.config = { ...route.config, access: 'open' };
  });
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true });
  app.get('/openapi.json', { config: { access: 'open' }, schema: { hide: true } }, () => app.swagger());
}
