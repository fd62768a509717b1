import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { artifactFolder, keepArtifacts } from '../../../src/runner/artifacts.ts';
import { tempDir } from '../../support/temp-dir.ts';

const base = tempDir();

function workDirWith(content: string): string {
  const dir = mkdtempSync(join(base, 'work-'));
  mkdirSync(join(dir, 'sub'));
  writeFileSync(join(dir, 'sub/file'), content);
  return dir;
}

describe('artifacts', () => {
  const artifactsDir = mkdtempSync(join(base, 'artifacts-'));
  const executionId = 'exec_a';

  it('of an attempt take the place of those of earlier attempts', async () => {
    await keepArtifacts(workDirWith('first'), { artifactsDir, executionId, attempt: 1 });
    const { artifacts } = await keepArtifacts(workDirWith('second'), { artifactsDir, executionId, attempt: 2 });
    expect(artifacts.map(({ path, sizeBytes }) => [path, sizeBytes])).toEqual([['sub/file', 6]]);
    expect(readdirSync(join(artifactsDir, executionId))).toEqual(['2']);
  });

  it('of a lost attempt that ends late leave those of the next one alone', async () => {
    await keepArtifacts(workDirWith('late'), { artifactsDir, executionId, attempt: 1 });
    const folder = artifactFolder({ artifactsDir, executionId, attempt: 2 });
    expect(readFileSync(join(folder, 'sub/file'), 'utf8')).toBe('second');
  });
});
