import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Answer, TestServer } from '../support/platform.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';

interface SkillEventView {
  readonly type: string;
  readonly data: { readonly version?: string; readonly digest?: string };
}

const dir = tempDir();
const folder = join(dir, 'skills');
const later = join(dir, 'made/later');
let server: TestServer;
let token: string;

function moduleOf(name: string, version: string, execute: string, concurrency?: number): string {
  const metadata = { name, version, description: 'A skill that changes', category: 'test', difficulty: 'beginner' };
  return `module.exports = {
    metadata: ${JSON.stringify({ ...metadata, author: 'test', parameters: {}, concurrency })},
    async execute(params, context) { ${execute} },
  };`;
}

/** Writes a skill that answers its version, or does what `execute` says. */
function write(name: string, version: string, execute?: string, concurrency?: number): void {
  writeInto(folder, name, moduleOf(name, version, execute ?? `return '${version}';`, concurrency));
}

function writeInto(root: string, name: string, text: string): void {
  mkdirSync(join(root, name), { recursive: true });
  writeFileSync(join(root, name, 'package.json'), JSON.stringify({ name, main: 'index.js' }));
  writeFileSync(join(root, name, 'index.js'), text);
}

beforeAll(async () => {
  for (const name of ['changes', 'slow', 'breaks', 'leaves', 'returns', 'steady']) write(name, '1.0.0');
  server = await TestServer.start(join(dir, 'data'), [`--skills=${folder},${later}`, '--watch=true']);
  ({ token } = await server.newUser());
});
afterAll(() => server.stop());

const skill = (name: string): Promise<Answer> => server.call('GET', `/api/skills/${name}`, { token });
const execution = async (id: string) => (await server.call('GET', `/api/executions/${id}`, { token })).body;

const serves = (name: string, version: string): Promise<Answer> =>
  until(`${name} is served in version ${version}`, async () => {
    const answer = await skill(name);
    return answer.body.version === version && answer;
  });

async function history(name: string): Promise<readonly SkillEventView[]> {
  const { body } = await server.call('GET', '/api/events?limit=500', { token: server.adminKey });
  return body
    .filter((event: { subject: string }) => event.subject === `skill_${name}`)
    .map(({ type, data }: SkillEventView) => ({ type: type.split('.')[1], data }));
}

const recorded = (name: string, ...types: readonly string[]) =>
  until(`the log says of ${name}: ${types.join(', ')}`, async () => {
    const events = await history(name);
    return events.map(({ type }) => type).join() === types.join() && events;
  });

describe('a server that runs', () => {
  it('serves and runs the new version of a skill whose files changed, and records its digest', async () => {
    const before = await skill('changes');
    expect((await server.run(token, 'changes')).body.result).toBe('1.0.0');
    write('changes', '2.0.0');
    const after = await serves('changes', '2.0.0');
    expect(after.body.digest).not.toBe(before.body.digest);
    expect((await server.run(token, 'changes')).body.result).toBe('2.0.0');
    const events = await recorded('changes', 'SkillRegistered', 'SkillRegistered');
    expect(events.map(({ data }) => [data.version, data.digest])).toEqual([
      ['1.0.0', before.body.digest],
      ['2.0.0', after.body.digest],
    ]);
  });

  it('keeps the version and digest of executions that started before a change, and their code', async () => {
    const gate = join(folder, 'gate');
    write(
      'slow',
      '1.1.0',
      `context.progress(1); while (!require('node:fs').existsSync('${gate}')) await new Promise((r) => setTimeout(r, 20)); return 'old';`,
    );
    const { body: old } = await serves('slow', '1.1.0');
    const { body: started } = await server.call('POST', '/api/skills/slow/execute', { token, body: {} });
    await until('its code runs', async () => (await execution(started.executionId)).progress === 1);
    write('slow', '1.2.0', "return 'new';");
    const { body: fresh } = await serves('slow', '1.2.0');
    const second = await server.run(token, 'slow');
    writeFileSync(gate, '');
    const first = await until('it ends', async () => {
      const now = await execution(started.executionId);
      return now.endedAt !== null && now;
    });
    expect(first).toMatchObject({ result: 'old', skillVersion: '1.1.0', skillDigest: old.digest });
    expect(second.body.result).toBe('new');
    expect(await execution(second.body.executionId)).toMatchObject({
      skillVersion: '1.2.0',
      skillDigest: fresh.digest,
    });
  });

  it('serves a skill whose folder was added', async () => {
    expect((await skill('added')).status).toBe(404);
    write('added', '0.1.0');
    await serves('added', '0.1.0');
    expect((await server.run(token, 'added')).body).toMatchObject({ status: 'completed', result: '0.1.0' });
    await recorded('added', 'SkillRegistered');
  });

  it('refuses a skill whose folder was removed, keeps its executions, and takes it back when it returns', async () => {
    const { body: ran } = await server.run(token, 'leaves');
    rmSync(join(folder, 'leaves'), { recursive: true });
    await until('it is gone', async () => (await skill('leaves')).status === 404);
    expect((await server.run(token, 'leaves')).body.code).toBe('SKILL_NOT_FOUND');
    expect(await execution(ran.executionId)).toMatchObject({ status: 'completed', result: '1.0.0' });
    await recorded('leaves', 'SkillRegistered', 'SkillRetired');
    write('leaves', '1.0.0');
    await serves('leaves', '1.0.0');
    await recorded('leaves', 'SkillRegistered', 'SkillRetired', 'SkillRegistered');
  });

  it('leaves out and reports a skill that was broken, and serves the others and its repaired version', async () => {
    writeFileSync(join(folder, 'breaks', 'index.js'), 'this is no JavaScript');
    await until('it is left out', async () => (await skill('breaks')).body.code === 'SKILL_INVALID');
    const { body } = await server.call('GET', '/api/system/status', { token: server.adminKey });
    expect(body.skillProblems.breaks[0].message).toContain('cannot be loaded');
    expect(server.serverLog.join('\n')).toContain('skill.refused');
    expect((await server.run(token, 'steady')).body.result).toBe('1.0.0');
    write('breaks', '1.0.1');
    await serves('breaks', '1.0.1');
    expect((await server.run(token, 'breaks')).body.result).toBe('1.0.1');
    await recorded('breaks', 'SkillRegistered', 'SkillRetired', 'SkillRegistered');
  });

  it('keeps what waits for a skill while its folder is gone, and records which files ran in the end', async () => {
    const gate = join(folder, 'gate-of-returns');
    const waits = `context.progress(1); while (!require('node:fs').existsSync('${gate}')) await new Promise((r) => setTimeout(r, 20));`;
    write('returns', '1.1.0', waits, 1);
    await serves('returns', '1.1.0');
    const request = async (): Promise<string> =>
      (await server.call('POST', '/api/skills/returns/execute', { token, body: {} })).body.executionId;
    const [first, second] = [await request(), await request()];
    await until('the code of the first runs', async () => (await execution(first)).progress === 1);
    rmSync(join(folder, 'returns'), { recursive: true });
    await until('it is gone', async () => (await skill('returns')).status === 404);
    writeFileSync(gate, '');
    await until('the first is done', async () => (await execution(first)).status === 'completed');
    await server.run(token, 'steady');
    expect((await execution(second)).status).toBe('queued');
    write('returns', '2.0.0');
    const { body: returned } = await serves('returns', '2.0.0');
    await until('the second is done', async () => (await execution(second)).status === 'completed');
    const { body } = await server.call('GET', `/api/executions/${second}/events`, { token });
    const started = body.events.find((event: SkillEventView) => event.type.includes('ExecutionStarted'));
    expect(started.data.skillDigest).toBe(returned.digest);
  });

  it('goes on picking up changes after a link that leads nowhere was in the folder', async () => {
    symlinkSync(join(dir, 'nowhere'), join(folder, 'dangling'));
    write('beside', '1.0.0');
    await serves('beside', '1.0.0');
    rmSync(join(folder, 'dangling'));
    write('beside', '1.0.1');
    await serves('beside', '1.0.1');
  });

  it('serves the skills of a folder that was made while it runs', async () => {
    expect(server.serverLog.join('\n')).toMatch(/skills\.folder_missing.*this server takes it up/);
    writeInto(later, 'in-later', moduleOf('in-later', '1.0.0', 'return 1;'));
    await serves('in-later', '1.0.0');
    expect((await server.run(token, 'in-later')).body.result).toBe(1);
    writeInto(later, 'in-later', moduleOf('in-later', '1.0.1', 'return 1;'));
    await serves('in-later', '1.0.1');
  });

  it('records nothing about skills that did not change', async () => {
    await recorded('steady', 'SkillRegistered');
  });
});
