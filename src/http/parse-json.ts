import type { FastifyInstance } from 'fastify';

import { AppError } from '../kernel/errors.ts';

/**
 * Makes JSON bodies values. An empty one is none, as clients send it that always set the header. Names stay what they were sent
 * as: `__proto__` and `constructor` are refused, not dropped.
 */
export function parseJson(
  app: Pick<FastifyInstance, 'getDefaultJsonParser' | 'addContentTypeParser' | 'removeContentTypeParser'>,
): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body.trim() === '') {
      done(null, null);
      return;
    }
    void parse(request, body, (error, value) => {
      if (error === null) done(null, value);
      else done(isJson(body) ? new AppError('MALFORMED_JSON', { message: forbiddenNames }) : error);
    });
  });
}

const forbiddenNames = 'No object of the body may have a field __proto__, or one named constructor with a prototype.';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
