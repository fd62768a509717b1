import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { describeWithPython, run } from '../support/python.ts';
import { ServerProcess } from '../support/server-process.ts';
import { tempDir } from '../support/temp-dir.ts';

const root = join(import.meta.dirname, '../..');
const sdk = join(root, 'packages/sdk-py');
const skills = join(root, 'skills');
const bench = join(root, 'bench/programs/sdk-py.py');
const dir = tempDir();
const account = { email: 'user@example.com', username: 'user', password: 'correct horse battery' };
const pip = ['-m', 'pip', 'install', '--quiet', '--no-input', '--disable-pip-version-check', '--retries=1'];

// Nothing here waits for a time; this is for machines that have much else to do.
const timeout = 600_000;

/** The two programs of the feature list, in one file and with the address and the account of this test. */
const program = (url: string): string => `
import asyncio
from ihuman import IhumanClient

email, password = "${account.email}", "${account.password}"

async def main():
    # Initialize client
    client = IhumanClient(base_url="${url}")

    async with client:
        # Authenticate
        user = await client.authenticate("${account.email}", "${account.password}")
        print(f"Logged in as: {user['email']}")

        # List skills
        skills = await client.list_skills(category="frontend")
        print(f"Found {len(skills)} skills")

        # Execute skill
        result = await client.execute_skill("react-setup", {
            "project_name": "my-app",
            "typescript": True
        })
        print(f"Execution: {result['executionId']}")

asyncio.run(main())

async def monitor_execution():
    client = IhumanClient(base_url="${url}")

    async with client:
        await client.authenticate(email, password)

        # Register event handlers
        client.on('progress', lambda data: print(f"Progress: {data['progress']}%"))
        client.on('complete', lambda data: print(f"Done in {data['duration']}ms"))
        client.on('error', lambda data: print(f"Error: {data['error']}"))

        # Connect and monitor
        result = await client.execute_skill("my-skill", {})
        await client.connect_websocket(result['executionId'])
        await client.subscribe(result['executionId'])

asyncio.run(monitor_execution())
client = IhumanClient()
`;

await describeWithPython(
  'the Python SDK',
  (python) => {
    let server: ServerProcess;

    beforeAll(async () => {
      addSkill(join(dir, 'skills/my-skill'));
      server = await ServerProcess.start(join(dir, 'data'), [`--skills=${skills},${join(dir, 'skills')}`]);
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify(account);
      const made = await fetch(`${server.url}/api/auth/register`, { method: 'POST', headers, body });
      expect(made.status).toBe(201);
      // Built from a copy, so that nothing is left in the repository.
      cpSync(sdk, join(dir, 'sdk'), {
        recursive: true,
        filter: (path) => !/\/(dist|\.\w+_cache|__pycache__)$/.test(path),
      });
    });
    afterAll(() => server.kill());

    it.concurrent.each([
      ['is formatted', ['-m', 'ruff', 'format', '--check', '.']],
      ['has no finding of the linter', ['-m', 'ruff', 'check', '--no-cache', '.']],
      [
        'has a bench program that is kept like it',
        ['-m', 'ruff', 'check', '--no-cache', '--config=pyproject.toml', '--ignore=T201', bench],
      ],
      ['has no finding of the type checker', ['-m', 'mypy', `--cache-dir=${join(dir, 'mypy')}`]],
    ])('%s', { timeout }, async (_claim, args) => {
      const { code, output } = await run(python, args, { cwd: sdk, environment: quiet });
      expect(code, output).toBe(0);
    });

    it.concurrent('passes its tests, in which every warning is an error', { timeout }, async () => {
      const command = [
        process.execPath,
        join(root, 'src/main.ts'),
        '--watch=false',
        '--rate-limit=0',
        `--skills=${skills}`,
      ];
      const environment = {
        ...quiet,
        IHUMAN_TEST_URL: server.url,
        IHUMAN_TEST_KEY: readFileSync(server.adminKeyFile, 'utf8').trim(),
        IHUMAN_TEST_COMMAND: JSON.stringify(command),
      };
      const { code, output } = await run(python, ['-m', 'pytest', '-q', '-p', 'no:cacheprovider'], {
        cwd: sdk,
        environment,
      });
      expect(code, output).toBe(0);
      expect(output).not.toMatch(/\d skipped/);
    });

    it.concurrent('can be measured beside what it stands on', { timeout }, async () => {
      const key = readFileSync(server.adminKeyFile, 'utf8').trim();
      const environment = { ...quiet, IHUMAN_URL: server.url, IHUMAN_TOKEN: key };
      const ended = await run(python, ['-W', 'error', bench, '--seconds=0.05', '--lines=20'], { environment });
      expect(ended.code, ended.output).toBe(0);
      const figures = JSON.parse(ended.stdout) as Record<string, number>;
      for (const name of ['executeRatio', 'eventsRatio', 'runRatio']) expect(figures[name]).toBeGreaterThan(0);
    });

    it.concurrent.each(['wheel', 'sdist'])(
      'runs the feature list in an empty environment: %s',
      { timeout },
      async (kind) => {
        const dist = join(dir, kind);
        const built = await run(python, ['-m', 'hatchling', 'build', '-t', kind, '-d', dist], {
          cwd: join(dir, 'sdk'),
        });
        expect(built.code, built.output).toBe(0);
        const [file = ''] = readdirSync(dist);
        const empty = join(dir, `empty-${kind}`);
        const own = join(empty, 'bin/python');
        for (const [command, args] of [
          [python, ['-m', 'venv', empty]],
          [own, [...pip, join(dist, file)]],
          [own, ['-m', 'pip', 'check']],
        ] as const) {
          const { code, output } = await run(command, args);
          expect(code, output).toBe(0);
        }
        const { code, stdout, output } = await run(own, ['-W', 'error', '-c', program(server.url)], { cwd: dir });
        expect(code, output).toBe(0);
        expect(output).toBe(stdout);
        expect(stdout).toMatch(/^Logged in as: user@example\.com\nFound 1 skills\nExecution: exec_\w+\nProgress: 0%\n/);
        expect(stdout).toMatch(/Progress: 100%\nDone in \d+ms\n$/);
      },
    );
  },
  join(sdk, 'requirements-dev.txt'),
);

/** The package is taken from where it lies; what Python compiles is not kept. */
const quiet = { PYTHONPATH: join(sdk, 'src'), PYTHONDONTWRITEBYTECODE: '1' };

function addSkill(folder: string): void {
  mkdirSync(join(folder, 'src'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "name": "my-skill", "version": "1.0.0", "main": "src/index.js" }');
  writeFileSync(
    join(folder, 'src/index.js'),
    `module.exports = {
      metadata: {
        name: 'my-skill', version: '1.0.0', description: 'Takes a moment', category: 'test', difficulty: 'beginner', author: 'test',
        parameters: {},
      },
      async execute(_params, context) {
        for (const done of [25, 50, 75, 100]) {
          await new Promise((resolve) => setTimeout(resolve, 150));
          context.progress(done, 'working');
        }
        return { success: true };
      },
    };`,
  );
}
