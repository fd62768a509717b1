import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Answer, TestServer } from '../support/platform.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';

const dir = tempDir();
const fixtures = join(import.meta.dirname, '../fixtures/skills');
let server: TestServer;
let token: string;

beforeAll(async () => {
  server = await TestServer.start(dir, [
    `--skills=${fixtures}`,
    '--runner-slots=2',
    '--skill-heap-mb=64',
    '--skill-rss-mb=300',
  ]);
  ({ token } = await server.newUser());
});
afterAll(() => server.stop());

const run = (skill: string, body: object = {}): Promise<Answer> => server.run(token, skill, body);

describe('a skill that', () => {
  it.each<[string, string, string, object?]>([
    ['throws', 'failed', 'SKILL_THREW'],
    ['hangs-sync', 'timed-out', 'SKILL_TIMED_OUT', { timeoutMs: 300 }],
    ['hangs-async', 'timed-out', 'SKILL_TIMED_OUT', { timeoutMs: 300 }],
    ['ignores-abort', 'timed-out', 'SKILL_TIMED_OUT', { timeoutMs: 300 }],
    ['eats-heap', 'failed', 'SKILL_OUT_OF_MEMORY'],
    ['eats-buffers', 'failed', 'SKILL_OUT_OF_MEMORY'],
    ['exits', 'failed', 'SKILL_EXITED'],
    ['aborts', 'failed', 'SKILL_EXITED'],
    ['writes-garbage', 'failed', 'SKILL_PROTOCOL_VIOLATION'],
    ['circular', 'failed', 'SKILL_RESULT_INVALID'],
    ['bigint', 'failed', 'SKILL_RESULT_INVALID'],
    ['huge-result', 'failed', 'SKILL_RESULT_INVALID'],
    ['throwing-json', 'failed', 'SKILL_RESULT_INVALID'],
    ['spawns', 'failed', 'SKILL_THREW'],
  ])('%s ends as %s with %s, and the next execution runs', async (skill, status, code, body = {}) => {
    const { body: ended } = await run(skill, body);
    expect(ended.status).toBe(status);
    const { body: execution } = await server.call('GET', `/api/executions/${ended.executionId}`, { token });
    expect(execution.error.code).toBe(code);
    expect((await run('esm')).body).toMatchObject({ status: 'completed', result: 'esm' });
  });

  it('prints without end is cut off, and its result still counts', async () => {
    const { body } = await run('prints-endlessly');
    expect(body).toMatchObject({ status: 'completed', result: 'printed' });
    const events = await server.call('GET', `/api/executions/${body.executionId}/events?limit=500&fromRevision=900`, {
      token,
    });
    expect(
      events.body.events.some((e: { data: { message?: string } }) => e.data.message?.includes('output limit')),
    ).toBe(true);
  });

  it('fails after it has returned keeps its result', async () => {
    expect((await run('rejects-late')).body).toMatchObject({ status: 'completed', result: 'fine' });
    expect((await run('esm')).body.status).toBe('completed');
  });

  it('looks for secrets finds neither files nor environment', async () => {
    process.env.SECRET_OF_THE_SERVER = 'x';
    const { body } = await run('reads-secrets', { params: { dataDir: dir } });
    delete process.env.SECRET_OF_THE_SERVER;
    expect(new Set(Object.values(body.result.tries as object))).toEqual(new Set(['ERR_ACCESS_DENIED']));
    for (const name of body.result.env)
      expect(['HOME', 'IHUMAN_CHILD_TAG', 'LANG', 'NODE_COMPILE_CACHE', 'NODE_ENV', 'PATH', 'TMPDIR', 'TZ']).toContain(
        name,
      );
  });

  it('throws leaves a stack of its own frames, without those of the runner', async () => {
    const { stack } = (await run('throws')).body.error;
    expect(stack).toContain('throws/src/index.js');
    expect(stack).not.toContain('src/runner');
  });

  it('writes outside its work directory is stopped, and links are no artifacts', async () => {
    const { body } = await run('writes-elsewhere');
    expect(body.result).toBe('ERR_ACCESS_DENIED');
    const { body: list } = await server.call('GET', `/api/executions/${body.executionId}/artifacts`, { token });
    expect(list.artifacts.map((a: { path: string }) => a.path)).toEqual(['ok.txt']);
    expect(existsSync('/tmp/ihuman-escape')).toBe(false);
  });

  it('is flaky succeeds within its attempts, each of which is an event', async () => {
    const { body } = await run('flaky', { retry: { maxAttempts: 3, initialDelayMs: 1 } });
    expect(body).toMatchObject({ status: 'completed', result: 3 });
    const { body: trail } = await server.call('GET', `/api/executions/${body.executionId}/events`, { token });
    expect(trail.events.map((e: { type: string }) => e.type)).toEqual([
      'ExecutionRequested',
      'ExecutionStarted',
      'ExecutionAttemptFailed',
      'ExecutionStarted',
      'ExecutionAttemptFailed',
      'ExecutionStarted',
      'ExecutionCompleted',
    ]);
  });

  it('says that trying again is useless is not tried again', async () => {
    const { body } = await run('throws-final', { retry: { maxAttempts: 5, initialDelayMs: 1 } });
    const { body: execution } = await server.call('GET', `/api/executions/${body.executionId}`, { token });
    expect(execution).toMatchObject({ status: 'failed', attempt: 1 });
  });

  it('limits its own concurrency never runs twice at once', async () => {
    const bodies = await Promise.all([1, 2, 3, 4].map(() => run('limited')));
    expect(bodies.map(({ body }) => body.status)).toEqual(['completed', 'completed', 'completed', 'completed']);
    const trails = await Promise.all(
      bodies.map(
        async ({ body }) =>
          (await server.call('GET', `/api/executions/${body.executionId}/events`, { token })).body.events,
      ),
    );
    const spans = trails
      .map((events: { type: string; position: string }[]) => [
        events.find((e) => e.type === 'ExecutionStarted')!.position,
        events.at(-1)!.position,
      ])
      .sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
    for (let i = 1; i < spans.length; i++) expect(spans[i]![0]! > spans[i - 1]![1]!).toBe(true);
  });

  it('is written in TypeScript or as an ES module runs like any other', async () => {
    expect((await run('typed')).body.result).toBe(42);
    expect((await run('typed', { params: { n: 500 } })).body).toMatchObject({
      status: 'failed',
      error: { code: 'SKILL_VALIDATION_FAILED', message: 'n is too large' },
    });
  });
});

it('broken skills are reported with every problem, and stop nothing', async () => {
  const { body } = await server.call('GET', '/api/system/status', { token: server.adminKey });
  const paths = body.skillProblems['broken-metadata'].map((p: { path: string }) => p.path);
  for (const path of [
    '/metadata/name',
    '/metadata/version',
    '/metadata/difficulty',
    '/metadata/description',
    '/metadata/extra',
    '/metadata/parameters/a/type',
    '/metadata/parameters/b/default',
  ]) {
    expect(paths).toContain(path);
  }
  expect(body.skillProblems['broken-load'][0].message).toContain('at load');
});

it('no process of a skill outlives the server', async () => {
  await server.stop();
  await until('no child is left', () => {
    const processes = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
    return !processes.includes(join(dir, 'work'));
  });
  server = await TestServer.start(join(dir, 'again'), [`--skills=${fixtures}`]);
});
