import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

interface Ready {
  readonly url: string;
  readonly adminKeyFile: string | null;
}

interface Output {
  stdout: string;
  stderr: string;
}

const running = new Set<ChildProcess>();
// A test that fails before it stops its server must not leave it behind.
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A server in a process of its own, so that it can be killed. */
export class ServerProcess {
  readonly child: ChildProcess;
  readonly url: string;
  /** Empty where the key was made on another node. */
  readonly adminKeyFile: string;
  /** Everything that it has said so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;

  private constructor(child: ChildProcess, ready: Ready, output: Output) {
    this.child = child;
    this.stdout = () => output.stdout;
    this.stderr = () => output.stderr;
    this.url = ready.url;
    this.adminKeyFile = ready.adminKeyFile ?? '';
  }

  static async start(
    dataDir: string,
    flags: readonly string[] = [],
    environment: Record<string, string> = {},
  ): Promise<ServerProcess> {
    const { child, output } = spawnServer(dataDir, flags, environment);
    const { promise, resolve, reject } = Promise.withResolvers<Ready>();
    child.stdout?.on('data', () => {
      const line = output.stdout.split('\n').find((text) => text.includes('server.ready'));
      if (line !== undefined) resolve(JSON.parse(line) as Ready);
    });
    child.once('exit', (code) => {
      reject(new Error(`the server ended with ${String(code)}: ${output.stderr}`));
    });
    return new ServerProcess(child, await promise, output);
  }

  /** Ends the process at once, if it has not ended already. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }

  /** Asks it to stop and returns its exit code. */
  async terminate(): Promise<number | null> {
    const gone = once(this.child, 'close') as Promise<[number | null]>;
    this.child.kill('SIGTERM');
    const [code] = await gone;
    return code;
  }
}

/** Starts a server that is expected to refuse, and returns its exit code and what it said. */
export async function refusedStart(
  dataDir: string,
  flags: readonly string[] = [],
  environment: Record<string, string> = {},
): Promise<{ code: number | null; stderr: string }> {
  const { child, output } = spawnServer(dataDir, flags, environment);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stderr: output.stderr };
}

function spawnServer(dataDir: string, flags: readonly string[], environment: Record<string, string> = {}) {
  const args = ['src/main.ts', '--port=0', `--data-dir=${dataDir}`, '--watch=false', '--rate-limit=0', ...flags];
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    output.stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output.stderr += chunk.toString();
  });
  return { child, output };
}
