import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import openapi, { astToString, type OpenAPI3 } from 'openapi-typescript';

import { readConfig } from '../../src/config.ts';
import { Platform } from '../../src/platform.ts';
import { createServerLog } from '../../src/server-log.ts';

/** Types of all requests and answers, from the document that a server gives of itself. */
export async function sdkTypesSource(): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'ihuman-generate-'));
  try {
    const platform = await Platform.open(
      readConfig(['--port=0', `--data-dir=${dir}`, '--watch=false', '--runner=inline'], {}),
      createServerLog('error', (line) => process.stderr.write(line)),
    );
    try {
      const { url } = await platform.start();
      const document = (await (await fetch(`${url}/openapi.json`)).json()) as OpenAPI3;
      const nodes = await openapi(document, { alphabetize: true, immutable: true });
      return `// Made by: npm run generate\n\n${astToString(nodes)}`;
    } finally {
      await platform.stop();
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
