import fastify from 'fastify';
import { Type } from 'typebox';

import { executionOptions } from '../../src/http/execution-options.ts';
import { JsonObjectShape } from '../../src/http/shapes.ts';
import { validatorCompiler } from '../../src/http/validation.ts';

/** The limit of the HTTP figures: the same route with the same schemas that does nothing but answer 202. */
const app = fastify({ logger: false });
app.setValidatorCompiler(validatorCompiler as never);
app.post(
  '/api/skills/:id/execute',
  {
    schema: {
      params: Type.Object({ id: Type.String() }),
      body: Type.Union([
        Type.Object({ params: Type.Optional(JsonObjectShape), ...executionOptions }, { additionalProperties: false }),
        Type.Null(),
      ]),
      response: { 202: Type.Object({ executionId: Type.String(), status: Type.String(), position: Type.String() }) },
    },
  },
  (_request, reply) =>
    reply.code(202).send({ executionId: 'exec_0VbmYspz5YFZM14I', status: 'queued', position: '0000000000000001' }),
);
const url = await app.listen({ port: 0, host: '127.0.0.1' });
process.stdout.write(`${JSON.stringify({ url })}\n`);
