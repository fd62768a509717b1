import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { CliUser } from '../support/cli-process.ts';
import { TestServer } from '../support/platform.ts';
import { tempDir } from '../support/temp-dir.ts';
import { WebhookSink } from '../support/webhook-sink.ts';

const root = join(import.meta.dirname, '../..');
const help = JSON.parse(readFileSync(join(root, 'bin/help.json'), 'utf8')) as Readonly<Record<string, string>>;
const dir = tempDir();
let sink: WebhookSink;
let server: TestServer;
let user: CliUser;
beforeAll(async () => {
  sink = await WebhookSink.open();
  server = await TestServer.start(join(dir, 'data'), [`--egress-allow=127.0.0.1:${new URL(sink.url).port}`]);
  user = new CliUser(dir, server.url, { IHUMAN_TOKEN: server.adminKey, PATH: `${dir}:${process.env.PATH ?? ''}` });
  const program = `#!/bin/sh\nexec "${process.execPath}" "${join(root, 'bin/cli.js')}" "$@"\n`;
  writeFileSync(join(dir, 'ihuman'), program, { mode: 0o755 });
  await user.run(['webhooks', 'create', sink.url, '-e', 'execution.*']);
});
afterAll(async () => {
  await server.stop();
  await sink.close();
});

/** What makes something comes before what needs it, and what takes it away comes last. */
const verbs = [
  ...['run', 'watch', 'retry', 'cancel', 'executions list', 'executions show', 'whoami', 'status'],
  ...['webhooks list', 'webhooks test', 'webhooks show', 'webhooks update', 'webhooks deliveries'],
  ...['webhooks retry-delivery', 'webhooks replay', 'webhooks disable', 'webhooks enable', 'webhooks rotate-secret'],
  ...['webhooks preview', 'webhooks stats', 'webhooks verify', 'webhooks create', 'webhooks delete'],
  ...['schedules create', 'schedules list', 'schedules show', 'schedules next', 'schedules update', 'schedules pause'],
  ...['schedules resume', 'schedules trigger', 'schedules backfill', 'schedules history', 'schedules stats'],
  ...['schedules delete', 'workflows check', 'workflows define', 'workflows list', 'workflows show'],
  ...['workflows versions', 'workflows run', 'workflows runs', 'workflows delete', 'events export'],
];

describe('the example in the help of', () => {
  it.each(verbs)('%s works as it is printed', async (verb) => {
    const [, example = ''] = (help[verb] ?? '').split(/\nExamples?:\n/);
    expect(example).toContain('ihuman ');
    // Who pastes it is at a terminal, and says yes.
    const script = example.replaceAll(/^ {2}(ihuman \w+ delete .*)$/gm, '  $1 --yes');
    const { code, stderr } = await user.runScript(script);
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('ihuman:')]);
  });
});
