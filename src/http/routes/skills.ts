import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';

import type { RequestOptions } from '../../commands/request-execution.ts';
import type { JsonValue } from '../../kernel/json.ts';
import type { LoadedSkill } from '../../skills/skill.ts';
import { principalOf } from '../authenticate.ts';
import { executionOptions, idempotencyKeyOf, optionsOf } from '../execution-options.ts';
import type { Services } from '../services.ts';
import { Json, JsonObjectShape, Limit, Offset, RunHeaders } from '../shapes.ts';
import { toCursor } from '../../event-log/cursor.ts';
import { waitForEnding, waitMsOf } from '../wait.ts';

const SkillShape = Type.Object({
  id: Type.String(),
  name: Type.String(),
  version: Type.String(),
  description: Type.String(),
  category: Type.String(),
  difficulty: Type.String(),
  author: Type.String(),
  tags: Type.Array(Type.String()),
  parameters: Json,
  digest: Type.String(),
});
const SkillList = Type.Object({
  skills: Type.Array(SkillShape),
  total: Type.Integer(),
  limit: Type.Integer(),
  offset: Type.Integer(),
});
const SkillId = Type.Object({ id: Type.String() });

/** Skills: list, search, read, run. */
export function skillRoutes(services: Services): FastifyPluginAsyncTypebox {
  const { catalog, requests } = services;
  return async (app) => {
    const tags = ['skills'];
    const read = { access: 'skills:read' } as const;

    app.get(
      '/api/skills',
      {
        config: read,
        schema: {
          tags,
          summary: 'List skills',
          querystring: Type.Object(
            {
              category: Type.Optional(Type.String()),
              difficulty: Type.Optional(Type.String()),
              limit: Limit,
              offset: Offset,
            },
            { additionalProperties: false },
          ),
          response: { 200: SkillList },
        },
      },
      (request) => {
        const { category, difficulty, limit = 50, offset = 0 } = request.query;
        const found = catalog.list().filter(({ metadata }) => {
          return (
            (category ?? metadata.category) === metadata.category &&
            (difficulty ?? metadata.difficulty) === metadata.difficulty
          );
        });
        return page(found, limit, offset);
      },
    );

    app.get(
      '/api/skills/search',
      {
        config: read,
        schema: {
          tags,
          summary: 'Search skills by name, description, category and tags',
          querystring: Type.Object(
            { q: Type.String({ maxLength: 200 }), limit: Limit, offset: Offset },
            { additionalProperties: false },
          ),
          response: { 200: SkillList },
        },
      },
      (request) => {
        const { q, limit = 50, offset = 0 } = request.query;
        return page(search(catalog.list(), q), limit, offset);
      },
    );

    app.get(
      '/api/skills/:id',
      { config: read, schema: { tags, summary: 'One skill', params: SkillId, response: { 200: SkillShape } } },
      (request) => {
        return skillView(services.catalog.find(request.params.id));
      },
    );

    app.post(
      '/api/skills/:id/execute',
      {
        config: { access: 'executions:write' },
        schema: {
          tags,
          summary: 'Run a skill',
          description:
            'Answers 202 once the request is durable. With the header Prefer: wait=<seconds> it waits for the end and answers 200 with the outcome. The header Idempotency-Key makes a repetition return the same execution.',
          params: SkillId,
          body: Type.Union([
            Type.Object(
              { params: Type.Optional(JsonObjectShape), ...executionOptions },
              { additionalProperties: false },
            ),
            Type.Null(),
          ]),
          headers: RunHeaders,
          response: {
            200: Type.Object({
              executionId: Type.String(),
              status: Type.String(),
              result: Json,
              error: Json,
              durationMs: Type.Integer(),
              position: Type.String(),
            }),
            202: Type.Object({ executionId: Type.String(), status: Type.String(), position: Type.String() }),
          },
        },
      },
      async (request, reply) => {
        const principal = principalOf(request);
        const skill = services.catalog.find(request.params.id);
        const key = idempotencyKeyOf(request.headers);
        const body = request.body ?? {};
        const options: RequestOptions = { ...optionsOf(body), ...(key !== null && { idempotencyKey: key }) };
        const params = body.params as JsonValue | undefined;
        const requested = await requests.request({
          owner: principal.userId,
          actor: principal.actor,
          skill,
          params,
          options,
        });
        const { executionId } = requested;
        const waitMs = waitMsOf(request.headers);
        const ending = waitMs === 0 ? null : await waitForEnding(services, requested, waitMs);
        if (ending !== null) return reply.code(200).send({ executionId, ...ending });
        return reply.code(202).send({ executionId, status: 'queued', position: toCursor(requested.position) });
      },
    );
    await Promise.resolve();
  };
}

function page(skills: readonly LoadedSkill[], limit: number, offset: number) {
  return { skills: skills.slice(offset, offset + limit).map(skillView), total: skills.length, limit, offset };
}

function skillView({ metadata, digest }: LoadedSkill) {
  const { name, version, description, category, difficulty, author, parameters } = metadata;
  return {
    id: name,
    name,
    version,
    description,
    category,
    difficulty,
    author,
    tags: [...(metadata.tags ?? [])],
    parameters,
    digest,
  };
}

/** Every word must occur; a hit in the name counts most. */
function search(skills: readonly LoadedSkill[], text: string): readonly LoadedSkill[] {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const scored = skills.map((skill) => ({ skill, score: scoreOf(skill, words) }));
  return scored
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ skill }) => skill);
}

function scoreOf({ metadata }: LoadedSkill, words: readonly string[]): number {
  const rest = [metadata.description, metadata.category, ...(metadata.tags ?? [])].join(' ').toLowerCase();
  let score = words.length === 0 ? 1 : 0;
  for (const word of words) {
    const hit = metadata.name.includes(word) ? 3 : rest.includes(word) ? 1 : 0;
    if (hit === 0) return 0;
    score += hit;
  }
  return score;
}
