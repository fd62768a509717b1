import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll } from 'vitest';

/** A directory of the test file's own, removed when its tests are done. */
export function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'ihuman-test-'));
  afterAll(() => {
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  });
  return dir;
}
