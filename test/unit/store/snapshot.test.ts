import { appendFileSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createSnapshot, restoreSnapshot } from '../../../src/store/snapshot.ts';
import { verifyDataDir } from '../../../src/verify.ts';
import { TestServer } from '../../support/platform.ts';
import { tempDir } from '../../support/temp-dir.ts';

const base = tempDir();
const newPlace = (): string => join(mkdtempSync(join(base, 'place-')), 'it');
const nothing = (): void => undefined;

describe('a snapshot', () => {
  let server: TestServer;
  const run = async (): Promise<void> => {
    const body = { params: { from: 1, intervalMs: 1 } };
    await server.call('POST', '/api/skills/countdown/execute', {
      token: server.adminKey,
      body,
      headers: { prefer: 'wait=20' },
    });
  };
  beforeAll(async () => {
    server = await TestServer.start(join(base, 'data'), ['--runner=inline']);
    await run();
  });
  afterAll(() => server.stop());

  it('of a running server is one state of its log and read models, and starts another directory', async () => {
    const to = newPlace();
    const writing = Promise.all(Array.from({ length: 20 }, run));
    const created = await createSnapshot(server.dataDir, to, nothing);
    await writing;
    const dataDir = newPlace();
    expect(await restoreSnapshot(to, dataDir, nothing)).toEqual(created);
    expect(verifyDataDir(dataDir, nothing)).toMatchObject({ clean: true, chain: { headHash: created.headHash } });
  });

  it('holds neither vault nor keys', async () => {
    const to = newPlace();
    const { files } = await createSnapshot(server.dataDir, to, nothing);
    expect(files.map(({ name }) => name)).toEqual(['read-models.db', 'log.db']);
    const key = readFileSync(join(server.dataDir, 'vault.key'), 'utf8').trim();
    for (const { name } of files) expect(readFileSync(join(to, name)).includes(server.adminKey)).toBe(false);
    expect(readFileSync(join(to, 'snapshot.json'), 'utf8')).not.toContain(key);
  });

  it('is not made where something is, or of nothing', async () => {
    const to = newPlace();
    await createSnapshot(server.dataDir, to, nothing);
    await expect(createSnapshot(server.dataDir, to, nothing)).rejects.toMatchObject({ code: 'DATA_DIR_UNUSABLE' });
    await expect(createSnapshot(newPlace(), newPlace(), nothing)).rejects.toMatchObject({ code: 'DATA_DIR_UNUSABLE' });
  });

  it('is refused when it is damaged, and nothing is left of the try', async () => {
    const damage = [
      (to: string) => {
        appendFileSync(join(to, 'log.db'), 'x');
      },
      (to: string) => {
        appendFileSync(join(to, 'read-models.db'), 'x');
      },
      (to: string) => {
        writeFileSync(join(to, 'snapshot.json'), '{"format":2}');
      },
      (to: string) => {
        writeFileSync(join(to, 'snapshot.json'), 'no JSON');
      },
      (to: string) => {
        const manifest = readFileSync(join(to, 'snapshot.json'), 'utf8');
        writeFileSync(join(to, 'snapshot.json'), manifest.replace(/"headHash": "..../, '"headHash": "0000'));
      },
    ];
    for (const harm of damage) {
      const [to, dataDir] = [newPlace(), newPlace()];
      await createSnapshot(server.dataDir, to, nothing);
      harm(to);
      await expect(restoreSnapshot(to, dataDir, nothing)).rejects.toMatchObject({ code: 'LOG_CORRUPT' });
      expect(existsSync(join(dataDir, 'log.db'))).toBe(false);
    }
    await expect(restoreSnapshot(newPlace(), newPlace(), nothing)).rejects.toMatchObject({ code: 'DATA_DIR_UNUSABLE' });
  });

  it('does not take the place of a log, nor go into the directory of a running server', async () => {
    const to = newPlace();
    await createSnapshot(server.dataDir, to, nothing);
    await expect(restoreSnapshot(to, server.dataDir, nothing)).rejects.toMatchObject({ code: 'DATA_DIR_LOCKED' });
    const dataDir = newPlace();
    await restoreSnapshot(to, dataDir, nothing);
    await expect(restoreSnapshot(to, dataDir, nothing)).rejects.toMatchObject({ code: 'DATA_DIR_UNUSABLE' });
  });
});
