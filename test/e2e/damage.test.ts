import { cpSync, existsSync, openSync, readFileSync, statSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

import { verifyDataDir } from '../../src/verify.ts';
import { refusedStart, ServerProcess } from '../support/server-process.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';

const dir = tempDir();
const original = join(dir, 'original');
let head = '';
let executions = 0;

async function call(server: ServerProcess, path: string, body?: object): Promise<Record<string, unknown>> {
  const token = readFileSync(server.adminKeyFile, 'utf8').trim();
  const response = await fetch(server.url + path, {
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
  });
  return (await response.json()) as Record<string, unknown>;
}

/** A copy of the data directory to be damaged. */
function copy(name: string): string {
  const place = join(dir, name);
  cpSync(original, place, { recursive: true });
  return place;
}

function overwrite(path: string, at: number, bytes: Buffer): void {
  writeSync(openSync(path, 'r+'), bytes, 0, bytes.length, at);
}

beforeAll(async () => {
  const server = await ServerProcess.start(original, ['--runner=inline']);
  await call(server, '/api/executions/batch', { executions: Array.from({ length: 500 }, () => ({ skillId: 'noop' })) });
  const status = await until('all have completed', async () => {
    const answer = (await call(server, '/api/system/status')) as {
      head: string;
      executions: { byStatus: Record<string, number> };
    };
    return answer.executions.byStatus.completed === 500 ? answer : null;
  });
  head = status.head;
  executions = 500;
  await server.terminate();
});

describe('the read models', () => {
  it.each([
    [
      'are missing',
      (path: string) => {
        truncateSync(path, 0);
      },
    ],
    [
      'are garbage from the first byte',
      (path: string) => {
        overwrite(path, 0, Buffer.alloc(4096, 0x5a));
      },
    ],
    [
      'are torn in the middle',
      (path: string) => {
        truncateSync(path, statSync(path).size / 2);
      },
    ],
    [
      'have damaged pages',
      (path: string) => {
        for (let page = 1; page < statSync(path).size / 4096; page++)
          overwrite(path, page * 4096, Buffer.alloc(512, 0xff));
      },
    ],
  ])('are rebuilt from the log when they %s', async (_, damage) => {
    const place = copy(`read-models-${Math.random().toString(36).slice(2)}`);
    damage(join(place, 'read-models.db'));
    const server = await ServerProcess.start(place, ['--runner=inline']);
    const status = await until('the read models are whole', async () => {
      const answer = (await call(server, '/api/system/status')) as { executions?: { total: number } };
      return answer.executions?.total === executions ? answer : null;
    });
    expect(status).toMatchObject({ executions: { total: executions } });
    await server.terminate();
    expect(verifyDataDir(place, () => undefined)).toMatchObject({ clean: true });
  });

  it('are rebuilt beside the live ones when an administrator asks, while requests go on', async () => {
    const place = copy('asked');
    const server = await ServerProcess.start(place, ['--runner=inline']);
    await call(server, '/api/system/rebuild', {});
    expect(await call(server, '/api/executions?limit=1')).toMatchObject({ total: executions });
    await until('the switch is made', async () => {
      const { readModels } = (await call(server, '/api/system/status')) as {
        readModels: { rebuilding: unknown; rebuiltBecause: string };
      };
      return readModels.rebuilding === null && readModels.rebuiltBecause.includes('administrator');
    });
    expect(await call(server, '/api/executions?limit=1')).toMatchObject({ total: executions });
    await server.terminate();
    expect(verifyDataDir(place, () => undefined)).toMatchObject({ clean: true });
  });

  it('that disagree with the log are found out by verify', async () => {
    const place = copy('tampered');
    const { DatabaseSync } = await import('node:sqlite');
    const db = new DatabaseSync(join(place, 'read-models.db'));
    db.exec(
      "UPDATE executions SET status = 'failed' WHERE id = (SELECT id FROM executions LIMIT 1); DELETE FROM users",
    );
    db.close();
    const { clean, readModels } = verifyDataDir(place, () => undefined);
    expect(clean).toBe(false);
    expect(readModels?.differences.map(({ table, what }) => `${table}: ${what}`)).toEqual([
      'executions: status',
      'users: missing',
    ]);
  });
});

describe('the log', () => {
  it('is refused with a clear message when its file is damaged, and nothing is changed', async () => {
    const place = copy('damaged-log');
    const path = join(place, 'log.db');
    overwrite(path, 0, Buffer.alloc(2048, 0x5a));
    const before = readFileSync(path);
    const { code, stderr } = await refusedStart(place);
    expect(code).toBe(1);
    expect(stderr).toContain('damaged');
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('is refused when a record near its end was changed behind its back', async () => {
    const place = copy('changed-log');
    const { DatabaseSync } = await import('node:sqlite');
    const db = new DatabaseSync(join(place, 'log.db'));
    db.exec(
      'UPDATE records SET record = zeroblob(length(record)) WHERE position = (SELECT max(position) - 3 FROM records)',
    );
    db.close();
    const { code, stderr } = await refusedStart(place);
    expect(code).toBe(1);
    expect(stderr).toContain(`position ${String(Number(head) - 3)}`);
  });

  it('changed anywhere is found by verify, with its position', async () => {
    const place = copy('tampered-log');
    const { DatabaseSync } = await import('node:sqlite');
    const db = new DatabaseSync(join(place, 'log.db'));
    db.exec('UPDATE records SET record = CAST(record || zeroblob(1) AS BLOB) WHERE position = 100');
    db.close();
    expect(verifyDataDir(place, () => undefined)).toMatchObject({
      clean: false,
      chain: { intact: false, position: 100 },
    });
  });

  it('loses at most what was never acknowledged when the end of its journal is torn', async () => {
    const place = join(dir, 'torn');
    const server = await ServerProcess.start(place, ['--runner=inline']);
    const { body } = {
      body: await call(server, '/api/executions/batch', {
        executions: Array.from({ length: 50 }, () => ({ skillId: 'noop' })),
      }),
    };
    expect(body.accepted).toBe(50);
    await server.kill();
    const wal = join(place, 'log.db-wal');
    expect(existsSync(wal)).toBe(true);
    for (const cut of [1, 100, 4096, 9000]) {
      const torn = join(dir, `torn-${cut}`);
      cpSync(place, torn, { recursive: true });
      truncateSync(join(torn, 'log.db-wal'), Math.max(0, statSync(wal).size - cut));
      const again = await ServerProcess.start(torn, ['--runner=inline']);
      await until(
        'nothing is open',
        async () => ((await call(again, '/api/system/status')) as { runner: { waiting: number } }).runner.waiting === 0,
      );
      await again.terminate();
      expect(verifyDataDir(torn, () => undefined)).toMatchObject({ clean: true });
    }
  });
});

describe('a data directory', () => {
  it('that a running server uses is refused', async () => {
    const place = copy('locked');
    const server = await ServerProcess.start(place);
    const { code, stderr } = await refusedStart(place);
    expect(code).toBe(1);
    expect(stderr).toContain('Another server is using');
    await server.terminate();
    const after = await ServerProcess.start(place);
    expect(await after.terminate()).toBe(0);
  });

  it('that cannot be written is refused', async () => {
    for (const place of ['/proc/ihuman', '/dev/null', '/dev/null/below']) {
      const { code, stderr } = await refusedStart(place);
      expect(code).toBe(1);
      expect(stderr).toContain('--data-dir');
    }
  });

  it('whose vault key is missing, foreign or open to others is refused, and no new key is made', async () => {
    const place = copy('keyless');
    const { rmSync, writeFileSync, chmodSync } = await import('node:fs');
    const key = join(place, 'vault.key');
    chmodSync(key, 0o644);
    expect((await refusedStart(place)).stderr).toContain('chmod 600');
    rmSync(key);
    expect((await refusedStart(place)).stderr).toContain('is missing');
    expect(existsSync(key)).toBe(false);
    writeFileSync(key, Buffer.alloc(32, 7).toString('base64'), { mode: 0o600 });
    expect((await refusedStart(place)).stderr).toContain('not the key');
  });
});

describe('settings', () => {
  it.each<[string, string[], Record<string, string>, string]>([
    ['an unknown variable', [], { IHUMAN_PROT: '1' }, 'IHUMAN_PROT is not a setting'],
    ['an unknown flag', ['--prot=1'], {}, '--prot is not a flag'],
    ['a bad value', ['--runner=thread'], {}, '--runner is "thread", but must be process or inline'],
    ['a port in words', [], { IHUMAN_RUNNER_SLOTS: 'many' }, 'IHUMAN_RUNNER_SLOTS is "many"'],
    ['a backend that is not there', ['--log=paper'], {}, '--log is "paper"'],
  ])('with %s stop the start with a sentence that says which and why', async (_, flags, environment, sentence) => {
    const { code, stderr } = await refusedStart(join(dir, 'never'), flags, environment);
    expect(code).toBe(1);
    expect(stderr).toContain(sentence);
    expect(existsSync(join(dir, 'never'))).toBe(false);
  });
});
