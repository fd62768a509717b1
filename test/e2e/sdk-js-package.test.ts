import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { describeWithNpm } from '../support/npm-tool.ts';
import { TestServer } from '../support/platform.ts';
import { run } from '../support/python.ts';
import { tempDir } from '../support/temp-dir.ts';

const root = join(import.meta.dirname, '../..');
const sdk = join(root, 'packages/sdk-js');
const bin = join(root, 'node_modules/.bin');
const dir = tempDir();
const [email, password] = ['user@example.com', 'a long enough phrase'];
let server: TestServer;
let tarball: string;

beforeAll(async () => {
  execFileSync(process.execPath, [join(sdk, 'build.ts')], { stdio: 'inherit' });
  const packed = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', dir], { cwd: sdk });
  const [{ filename }] = JSON.parse(packed.stdout) as [{ filename: string }];
  tarball = join(dir, filename);
  server = await TestServer.start(join(dir, 'data'), ['--runner=inline']);
  await server.call('POST', '/api/auth/register', { body: { email, password, username: 'user' } });
});
afterAll(() => server.stop());

/** An empty project that has installed the package. */
async function project(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(dir, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  const options = ['--no-audit', '--no-fund', '--loglevel=error', '--omit=dev'];
  const { code, output } = await run('npm', ['install', ...options, tarball], { cwd: folder });
  expect(output, output).not.toContain('ERR');
  expect(code).toBe(0);
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text);
  return folder;
}

/** The basic usage of the documentation, its real-time monitoring, and the end of the program when all is over. */
const usage = `
async function main() {
  const client = new IhumanClient({ baseUrl: process.env.SERVER, timeout: 30000 });
  await client.authenticate('${email}', '${password}');
  const skills = await client.listSkills({ category: 'frontend' });
  console.log('Skills:', skills.length);
  const execution = await client.executeSkill('react-setup', { projectName: 'my-app', typescript: true });
  await client.connect(execution.executionId);
  client.on('progress', ({ progress, status }) => {
    console.log(\`\${progress}% - \${status}\`);
  });
  client.on('complete', ({ result, duration }) => {
    console.log('Completed in', typeof duration, 'with', Object.keys(result).length > 0);
    client.disconnect();
  });
  client.on('error', ({ error }) => {
    console.error('Error:', error);
  });
  client.on('log', ({ level, message }) => {
    console.log(\`[\${level}]\`, message);
  });
}
main();
`;

function expectUsage(output: string): void {
  expect(output).toContain('Skills: 1');
  expect(output).toContain('100% - ');
  expect(output).toContain('Completed in number with true');
  expect(output).not.toContain('Error');
}

describe('the packed JavaScript SDK', () => {
  it('runs the documented usage in an empty project, by require and by import, and ends by itself', async () => {
    const folder = await project('node', {
      'usage.cjs': `const IhumanClient = require('@ihuman/sdk');\n${usage}`,
      'named.mjs': `import { IhumanClient } from '@ihuman/sdk';\n${usage}`,
      'default.mjs': `import IhumanClient from '@ihuman/sdk';\n${usage}`,
      'names.cjs': `const Client = require('@ihuman/sdk');
        const { IhumanClient, IhumanError, verifyWebhook, default: byDefault } = Client;
        console.log(Client === IhumanClient, Client === byDefault, typeof IhumanError, typeof verifyWebhook);`,
    });
    const environment = { SERVER: server.url };
    // The machine's own Node too, whichever it is: the SDK is for 20 and newer.
    for (const node of [process.execPath, 'node']) {
      for (const file of ['usage.cjs', 'named.mjs', 'default.mjs']) {
        const { code, output } = await run(node, [file], { cwd: folder, environment });
        expect(code, output).toBe(0);
        expectUsage(output);
      }
      const { output } = await run(node, ['names.cjs'], { cwd: folder });
      expect(output.trim()).toBe('true true function function');
    }
    expect(readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual([
      '@ihuman',
      'ws',
    ]);
  });

  it('has types that fit, under each way to resolve them', async () => {
    const source = `
      const client = new IhumanClient({ baseUrl: 'http://localhost:5173' });
      client.on('progress', ({ progress, status }) => { const n: number = progress; const s: string = status; void [n, s]; });
      export async function main(): Promise<number> {
        const skills = await client.listSkills({ category: 'frontend' });
        const started = await client.executeSkill<{ from: number }, { counted: number }>('countdown', { from: 1 });
        for await (const event of client.events(started)) if (event.type === 'complete') return event.result.counted;
        return skills.total;
      }
      // @ts-expect-error not a number
      client.on('progress', ({ progress }) => progress.toUpperCase());
    `;
    const folder = await project('types', {
      'esm.mts': `import { IhumanClient, type ProgressEvent } from '@ihuman/sdk';\n${source}\nexport type P = ProgressEvent;`,
      'esm-default.mts': `import IhumanClient from '@ihuman/sdk';\n${source}`,
      'common.cts': `import IhumanClient = require('@ihuman/sdk');\n${source}\nexport type P = IhumanClient.ProgressEvent;`,
    });
    const strict = [
      '--noEmit',
      '--strict',
      '--exactOptionalPropertyTypes',
      '--target',
      'es2022',
      '--lib',
      'es2023,dom,dom.asynciterable',
    ];
    for (const options of [
      ['--module', 'nodenext', 'esm.mts', 'esm-default.mts', 'common.cts'],
      ['--module', 'esnext', '--moduleResolution', 'bundler', 'esm.mts', 'esm-default.mts'],
    ]) {
      const { code, output } = await run(process.execPath, [join(bin, 'tsc'), ...strict, ...options], { cwd: folder });
      expect(code, output).toBe(0);
    }
  });

  it('is clean for publint and for arethetypeswrong', async () => {
    const linted = await run(process.execPath, [join(bin, 'publint'), 'run', tarball, '--strict'], { cwd: dir });
    expect(linted.code, linted.output).toBe(0);
    const typed = await run(process.execPath, [join(bin, 'attw'), tarball], { cwd: dir });
    expect(typed.code, typed.output).toBe(0);
  });

  it('is small for browsers, and needs nothing that they do not have', () => {
    const code = readFileSync(join(sdk, 'dist/browser/index.js'));
    expect(gzipSync(code, { level: 9 }).length).toBeLessThanOrEqual(8000);
    const names = readdirSync(join(sdk, 'dist/browser')).map((name) =>
      readFileSync(join(sdk, 'dist/browser', name), 'utf8'),
    );
    for (const text of names) expect(/node:|require\(|process\.|\bBuffer\b/.exec(text)).toBeNull();
  });
});

await describeWithNpm(
  'the packed JavaScript SDK in other runtimes',
  { dependencies: { deno: '2.9.6', bun: '1.4.5' } },
  (tools) => {
    it.each([
      [
        'Deno',
        'deno',
        ['run', '--allow-net', '--allow-env', '--allow-read', '--no-remote', '--node-modules-dir=manual'],
      ],
      ['Bun', 'bun', ['run']],
    ])('runs the documented usage in %s', async (name, program, options) => {
      const folder = await project(`in-${program}`, {
        'usage.mjs': `import { IhumanClient } from '@ihuman/sdk';\n${usage}`,
      });
      const path = join(tools, 'node_modules/.bin', program);
      const environment = { SERVER: server.url, DENO_NO_UPDATE_CHECK: '1' };
      const { code, output } = await run(path, [...options, 'usage.mjs'], { cwd: folder, environment });
      expect(code, `${name}: ${output}`).toBe(0);
      expectUsage(output);
    });
  },
);
