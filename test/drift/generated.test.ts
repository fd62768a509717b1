import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { driftedFiles } from '../../scripts/generate.ts';

const root = join(import.meta.dirname, '../..');

describe('facts and their copies', () => {
  it('generated files are what the generators write today', async () => {
    expect(await driftedFiles(), 'run: npm run generate').toEqual([]);
  });

  it('every invariant of the documents is stated in the code and tested where the document says', () => {
    const page = readFileSync(join(root, 'docs/invariants.md'), 'utf8');
    const rows = [...page.matchAll(/^\| (INV-\d+) +\|.*\| `([^`]+)` +\|$/gm)];
    expect(rows.length).toBeGreaterThanOrEqual(7);
    const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(join(root, 'src', file), 'utf8'))
      .join('\n');
    for (const [, invariant = '', file = ''] of rows) {
      expect(sources, `${invariant} stands in src`).toContain(invariant);
      expect(existsSync(join(root, file)), `${file} exists`).toBe(true);
      expect(readFileSync(join(root, file), 'utf8'), `${file} names ${invariant}`).toContain(invariant);
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
