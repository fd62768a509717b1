import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { describeWithPython, run } from '../support/python.ts';
import { ServerProcess } from '../support/server-process.ts';
import { tempDir } from '../support/temp-dir.ts';

const dir = tempDir();
const data = join(dir, 'data');
const options = [
  '--checks=all',
  '--phases=coverage,fuzzing,stateful',
  '--max-examples=20',
  '--seed=1',
  '--generation-deterministic',
  '--continue-on-failure',
  '--no-shrink',
  '--no-color',
];

await describeWithPython('the OpenAPI document, read by Schemathesis', (python) => {
  let server: ServerProcess;
  let key: string;

  beforeAll(async () => {
    server = await ServerProcess.start(data, ['--runner=inline']);
    key = readFileSync(server.adminKeyFile, 'utf8').trim();
  });
  afterAll(() => server.child.kill('SIGKILL'));

  it('is what the server does, whatever it is asked', async () => {
    const ended = await fetch(`${server.url}/api/skills/noop/execute`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, prefer: 'wait=30' },
    });
    const { executionId } = (await ended.json()) as { executionId: string };
    const config = join(import.meta.dirname, 'schemathesis.toml');
    const { code, output } = await run(
      python,
      [
        ...['-m', 'schemathesis.cli', `--config-file=${config}`, 'run', `${server.url}/openapi.json`],
        ...[`--header=Authorization: Bearer ${key}`, ...options],
      ],
      // It leaves files where it runs.
      { cwd: dir, environment: { IHUMAN_ENDED_EXECUTION: executionId } },
    );
    expect(code, output).toBe(0);
    // Had the key been lost on the way, 401 would have been the answer to all the rest.
    expect((await fetch(`${server.url}/api/auth/me`, { headers: { authorization: `Bearer ${key}` } })).status).toBe(
      200,
    );
    expect(Number(/(\d+) generated/.exec(output)?.[1])).toBeGreaterThan(1000);
  });

  it('leaves a server behind that stops as it should, and a log and read models without a difference', async () => {
    expect(await server.terminate()).toBe(0);
    const { code, output } = await run(process.execPath, ['src/verify-main.ts', `--data-dir=${data}`]);
    expect(code, output).toBe(0);
  });
});
