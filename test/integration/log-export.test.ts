import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { checkExport } from '../../src/feed/log-export.ts';
import { verifyDataDir } from '../../src/verify.ts';
import { TestServer } from '../support/platform.ts';
import { tempDir } from '../support/temp-dir.ts';

const dir = tempDir();
const file = join(dir, 'export.ndjson');
let server: TestServer;
let lines: readonly string[] = [];

async function download(): Promise<string> {
  const response = await fetch(`${server.url}/api/events/export`, {
    headers: { authorization: `Bearer ${server.adminKey}` },
  });
  expect(response.headers.get('content-disposition')).toMatch(/^attachment; filename="ihuman-log-.+\.ndjson"$/);
  return response.text();
}

/** A copy of the export with other lines. */
function changed(name: string, change: (lines: string[]) => readonly string[]): string {
  const path = join(dir, name);
  writeFileSync(path, `${change([...lines]).join('\n')}\n`);
  return path;
}

function editLine(at: number, edit: (line: Record<string, unknown>) => object): (lines: string[]) => string[] {
  return (all) =>
    all.map((line, i) => (i === at ? JSON.stringify(edit(JSON.parse(line) as Record<string, unknown>)) : line));
}

beforeAll(async () => {
  server = await TestServer.start(join(dir, 'data'), ['--runner=inline']);
  const { token } = await server.newUser();
  for (let i = 0; i < 5; i++) await server.run(token, 'noop');
  const text = await download();
  writeFileSync(file, text);
  lines = text.trimEnd().split('\n');
});
afterAll(() => server.stop());

describe('an export of the log', () => {
  it('is whole, and its head hash is that of the data directory', async () => {
    const found = await checkExport(file, null);
    const { chain } = verifyDataDir(server.dataDir, () => undefined);
    expect(chain.intact).toBe(true);
    expect(found).toEqual({
      intact: true,
      appends: chain.intact ? chain.records : 0,
      events: chain.intact ? chain.events : 0,
      headHash: chain.intact ? chain.headHash : '',
    });
  });

  it('passes through the head hash of every earlier export', async () => {
    const earlier = JSON.parse(lines.at(-1) ?? '') as { headHash: string };
    await server.run((await server.newUser()).token, 'noop');
    const later = join(dir, 'later.ndjson');
    writeFileSync(later, await download());
    expect(await checkExport(later, earlier.headHash)).toMatchObject({ intact: true });
    expect(await checkExport(later, 'f'.repeat(64))).toMatchObject({ intact: false });
  });

  it('is for administrators', async () => {
    const { token } = await server.newUser();
    expect((await server.call('GET', '/api/events/export', { token })).status).toBe(403);
  });

  it('holds no e-mail address and no name', () => {
    expect(readFileSync(file, 'utf8')).not.toContain('example.com');
  });
});

describe('a changed export is found out', () => {
  const last = (): number => lines.length - 1;

  it.each<[string, (lines: string[]) => readonly string[], string]>([
    ['a line left out', (all) => all.toSpliced(3, 1), 'the chain hash does not fit'],
    [
      'two lines swapped',
      ([head = '', a = '', b = '', ...rest]) => [head, b, a, ...rest],
      'the chain hash does not fit',
    ],
    ['the end cut off', (all) => all.slice(0, -1), 'the file is cut short: its foot is missing'],
    ['something added', (all) => [...all, all[1] ?? ''], 'something follows the foot'],
    ['a stream renamed', editLine(2, (line) => ({ ...line, stream: 'exec_other' })), 'the chain hash does not fit'],
    [
      'a readable event changed',
      editLine(2, (line) => ({ ...line, events: [] })),
      'the readable events are not those of the record',
    ],
    ['a line that is no JSON', (all) => all.with(2, '{'), 'this line is not a JSON object'],
    ['no head', (all) => all.slice(1), 'this is no export of an ihuman log'],
  ])('%s', async (name, change, reason) => {
    const path = changed(`${name.replaceAll(' ', '-')}.ndjson`, change);
    expect(await checkExport(path, null)).toMatchObject({ intact: false, reason });
  });

  it('a flipped bit in a record', async () => {
    const path = changed(
      'flipped.ndjson',
      editLine(2, (line) => {
        const record = Buffer.from(String(line.record), 'base64');
        record.writeUInt8(record.readUInt8(record.length - 1) ^ 1, record.length - 1);
        return { ...line, record: record.toString('base64') };
      }),
    );
    expect(await checkExport(path, null)).toEqual({ intact: false, line: 3, reason: 'the chain hash does not fit' });
  });

  it('a foot that says something else', async () => {
    const path = changed('foot.ndjson', (all) => editLine(last(), (line) => ({ ...line, events: 1 }))(all));
    expect(await checkExport(path, null)).toMatchObject({ reason: 'the foot does not fit the lines before it' });
  });
});

it('a file that is not there is an error, not a finding', async () => {
  await expect(checkExport(join(dir, 'missing'), null)).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
});
