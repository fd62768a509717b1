import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { driftedFiles } from '../../scripts/generate.ts';

const root = join(import.meta.dirname, '../..');

function filesBelow(folder: string): readonly { readonly path: string; readonly text: string }[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => ({ path: `${folder}/${file}`, text: readFileSync(join(root, folder, file), 'utf8') }));
}

describe('facts and their copies', () => {
  it('generated files are what the generators write today', async () => {
    expect(await driftedFiles(), 'run: npm run generate').toEqual([]);
  });

  it('every invariant of the documents is stated in the code, and tested exactly where the document says', () => {
    const page = readFileSync(join(root, 'docs/invariants.md'), 'utf8');
    const rows = [...page.matchAll(/^\| (INV-\d+) +\|.*\| +([^|]+?) +\|$/gm)];
    expect(rows.length).toBeGreaterThanOrEqual(7);
    const sources = filesBelow('src').map(({ text }) => text);
    const tests = filesBelow('test');
    for (const [, invariant = '', cell = ''] of rows) {
      expect(sources.join('\n'), `${invariant} stands in src`).toContain(invariant);
      const stated = new RegExp(`['"\`]${invariant}: `);
      const naming = tests.filter(({ text }) => stated.test(text)).map(({ path }) => path);
      const listed = [...cell.matchAll(/`([^`]+)`/g)].map(([, path]) => path);
      expect(naming.toSorted(), `the tests that state ${invariant}`).toEqual(listed.toSorted());
    }
  });

  it('every relative link of the documents leads somewhere', () => {
    const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'].concat(
      readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
        .filter((f) => f.endsWith('.md'))
        .map((f) => `docs/${f}`),
    );
    for (const page of pages) {
      const text = readFileSync(join(root, page), 'utf8');
      for (const [, target = ''] of text.matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)) {
        expect(existsSync(join(root, page, '..', target)), `${page} → ${target}`).toBe(true);
      }
    }
  });
});
