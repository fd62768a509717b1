import type { FastifyInstance } from 'fastify';

import { AppError } from '../kernel/errors.ts';

interface Address {
  readonly pattern: RegExp;
  readonly methods: Set<string>;
}

/**
 * Answers a method that an address does not take with METHOD_NOT_ALLOWED and the ones that it takes, and an address that
 * there is not with NOT_FOUND; both before anything of a body is read. To be called before the first route is made.
 */
export function refuseOtherMethods(app: FastifyInstance): void {
  const addresses = new Map<string, Address>();
  app.addHook('onRoute', ({ url, method }) => {
    const address = addresses.get(url) ?? { pattern: patternOf(url), methods: new Set() };
    for (const name of [method].flat()) address.methods.add(name);
    // Preflights are taken at every address there may be; that makes none.
    if (url !== '*') addresses.set(url, address);
  });
  app.addHook('onRequest', (request, reply, done) => {
    if (!request.is404) {
      done();
      return;
    }
    const [path = ''] = request.url.split('?', 1);
    const methods = (addresses.get(path) ?? matching(addresses.values(), path))?.methods;
    const refused = methods !== undefined && !methods.has(request.method);
    if (refused) void reply.header('allow', [...methods].sort().join(', '));
    done(new AppError(refused ? 'METHOD_NOT_ALLOWED' : 'NOT_FOUND'));
  });
}

function matching(addresses: Iterable<Address>, path: string): Address | undefined {
  return [...addresses].find(({ pattern }) => pattern.test(path));
}

/** Of a route in Fastify's notation: `:name` is a part, `*` at the end the rest. */
function patternOf(route: string): RegExp {
  const literal = route.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${literal.replace(/\/:\w+/g, '/[^/]+').replace(/\*$/, '.*')}$`);
}
