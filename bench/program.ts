import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** A program of the benchmark in a process of its own, which says one line of JSON when it is ready or done. */
export class Program {
  readonly child: ChildProcess;
  #output = '';
  readonly #waiting: ((line: string) => void)[] = [];
  readonly #lines: string[] = [];

  constructor(script: string, args: readonly string[], environment: Record<string, string> = {}) {
    this.child = spawn(process.execPath, [join(root, script), ...args], {
      cwd: root,
      env: { ...process.env, ...environment },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.#output += chunk.toString();
      const lines = this.#output.split('\n');
      this.#output = lines.pop() ?? '';
      for (const line of lines) {
        const waiting = this.#waiting.shift();
        if (waiting === undefined) this.#lines.push(line);
        else waiting(line);
      }
    });
  }

  /** The next line that it says. */
  async says<T>(): Promise<T> {
    const line = this.#lines.shift() ?? (await new Promise<string>((resolve) => this.#waiting.push(resolve)));
    return JSON.parse(line) as T;
  }

  /** Tells it to go on. */
  tell(text: string): void {
    this.child.stdin?.write(`${text}\n`);
  }

  /** Resident memory in mebibytes. */
  async residentMb(): Promise<number> {
    const { readFile } = await import('node:fs/promises');
    const status = await readFile(`/proc/${String(this.child.pid)}/status`, 'latin1');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    if (this.child.exitCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill(signal);
    await gone;
  }
}

/** A server of ours with limits off. */
export async function startServer(
  dataDir: string,
  flags: readonly string[],
  environment: Record<string, string> = {},
): Promise<{ program: Program; url: string; key: string }> {
  const args = ['--port=0', `--data-dir=${dataDir}`, '--watch=false', '--rate-limit=0', '--log-level=error', ...flags];
  const program = new Program('src/main.ts', args, environment);
  const ready = await program.says<{ url: string; adminKeyFile: string | null }>();
  const { readFileSync } = await import('node:fs');
  return {
    program,
    url: ready.url,
    key: ready.adminKeyFile === null ? '' : readFileSync(ready.adminKeyFile, 'utf8').trim(),
  };
}
