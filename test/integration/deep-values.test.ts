import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { TestServer } from '../support/platform.ts';
import { tempDir } from '../support/temp-dir.ts';

const dir = tempDir();
let server: TestServer;

const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

function writeSkill(name: string, source: string): void {
  const skill = join(dir, 'skills', name);
  mkdirSync(join(skill, 'src'), { recursive: true });
  writeFileSync(join(skill, 'package.json'), `{"name":"${name}","version":"1.0.0","main":"src/index.js"}`);
  writeFileSync(join(skill, 'src/index.js'), source);
}

beforeAll(async () => {
  writeSkill(
    'deeper',
    `module.exports = {
      metadata: {
        name: 'deeper', version: '1.0.0', description: 'Has something deep', category: 'tests', difficulty: 'beginner', author: 'test',
        parameters: { value: { type: 'array', default: ${nested(101)} } },
      },
      execute() {},
    };`,
  );
  writeSkill(
    'deep',
    `module.exports = {
      metadata: {
        name: 'deep', version: '1.0.0', description: 'Gives something deep', category: 'tests', difficulty: 'beginner', author: 'test',
        parameters: { levels: { type: 'integer', required: true }, value: { type: 'array', default: [] } },
      },
      execute({ levels }) {
        let value = [];
        for (let i = 1; i < levels; i++) value = [value];
        return value;
      },
    };`,
  );
  server = await TestServer.start(join(dir, 'data'), [`--skills=${join(dir, 'skills')}`]);
});
afterAll(() => server.stop());

it.each([101, 5000, 300_000])(
  'a body that is nested %i levels deep is refused, and nothing is lost',
  async (levels) => {
    const { token } = await server.newUser();
    const value = nested(levels);
    const bodies: [string, string][] = [
      ['/api/skills/deep/execute', `{"params":{"levels":1,"value":${value}}}`],
      ['/api/skills/deep/execute', `{"delayMs":50,"params":{"levels":1,"value":${value}}}`],
      ['/api/executions', `{"name":"elsewhere","params":{"value":${value}}}`],
    ];
    for (const [path, body] of bodies) {
      expect(await server.call('POST', path, { token, body })).toMatchObject({
        status: 400,
        body: { code: 'VALIDATION_FAILED' },
      });
    }
    expect((await server.run(token, 'deep', { params: { levels: 1, value: [[[]]] } })).body.status).toBe('completed');
    expect((await server.call('GET', '/api/events?limit=500', { token })).status).toBe(200);
  },
);

it.each([101, 3000, 100_000])(
  'a result that is nested %i levels deep fails the run, and the feed goes on',
  async (levels) => {
    const { token } = await server.newUser();
    const { body } = await server.run(token, 'deep', { params: { levels } });
    expect(body).toMatchObject({ status: 'failed', error: { code: 'SKILL_RESULT_INVALID' } });
    const feed = await server.call('GET', '/api/events?limit=500', { token });
    expect(feed.status).toBe(200);
    expect(feed.body.at(-1).type).toBe('ihuman.ExecutionFailed.v1');
  },
);

it('a run whose result is nested too deep by what surrounds it fails with that, and its step has completed', async () => {
  const { token } = await server.newUser();
  const ask = (method: string, path: string, body?: object, headers = {}) =>
    server.call(method, path, { token, headers, ...(body && { body }) });
  const one = { skill: 'deep', params: { levels: 100 } };
  const two = { skill: 'deep', params: { levels: 1, value: [{ $from: '/steps/one/result' }] } };
  const fates = [
    { name: 'deep-result', steps: { one }, message: 'nested too deep' },
    { name: 'deep-params', steps: { one, two }, message: 'Step two failed' },
  ];
  for (const { name, steps, message } of fates) {
    expect((await ask('POST', '/api/workflows', { name, steps })).status).toBe(201);
    const { body } = await ask('POST', `/api/workflows/${name}/run`, {}, { prefer: 'wait=20' });
    expect(body.error?.message).toContain(message);
    const { steps: views } = (await ask('GET', `/api/executions/${body.executionId as string}/steps`)).body;
    expect(views[0]).toMatchObject({ id: 'one', status: 'completed', executions: [{ status: 'completed' }] });
  }
});

it('a skill whose own description is nested too deep is refused, and the server starts', async () => {
  const { token } = await server.newUser();
  const { body } = await server.call('GET', '/api/skills', { token });
  expect(body.skills.map(({ id }: { id: string }) => id)).toEqual(['deep']);
  expect(server.serverLog.join('\n')).toContain('is nested too deep');
});

it('the figures of the process count on from scrape to scrape', async () => {
  const scrape = async (): Promise<number> => {
    const { body } = await server.call('GET', '/metrics', { token: server.adminKey });
    return Number(/^process_cpu_seconds_total (\S+)$/m.exec(String(body))?.[1]);
  };
  const first = await scrape();
  expect(first).toBeGreaterThan(0);
  expect(await scrape()).toBeGreaterThanOrEqual(first);
});
