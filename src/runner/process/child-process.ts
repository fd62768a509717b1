import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';

import { AppError } from '../../kernel/errors.ts';
import { randomText } from '../../kernel/ids.ts';
import { skillEnvironment } from '../../skills/skill-environment.ts';
import type { FromChild, ToChild } from '../child/messages.ts';
import { encodeFrame, FrameReader } from '../frames.ts';

interface ChildOptions {
  /** Folders that skill code may read. */
  readonly readable: readonly string[];
  /** The one folder that it may write. */
  readonly scratchDir: string;
  readonly heapMb: number;
  readonly maxFrameBytes: number;
  readonly compileCache: string | null;
}

export interface ChildListener {
  message(message: FromChild): void;
  /** The child wrote something that is no frame. */
  violation(): void;
  /** The process is gone. `outOfMemory` when V8 said so before. */
  exited(outOfMemory: boolean): void;
}

const tagVariable = 'IHUMAN_CHILD_TAG';
const sourceRoot = fileURLToPath(new URL('../../', import.meta.url));
const childMain = fileURLToPath(new URL('../child/main.ts', import.meta.url));
const maxStderrTail = 4096;

/** One child process with its frame channel. Knows nothing of executions. */
export class SkillChild {
  readonly #process: ChildProcess;
  readonly #channel: Duplex;
  readonly #tag = randomText(24);
  #listener: ChildListener | null = null;
  #stderrTail = '';
  #gone = false;

  constructor(options: ChildOptions) {
    this.#process = spawn(process.execPath, [...flagsOf(options), childMain], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      detached: true,
      cwd: options.scratchDir,
      env: {
        ...skillEnvironment(options.scratchDir),
        [tagVariable]: this.#tag,
        ...(options.compileCache === null ? {} : { NODE_COMPILE_CACHE: options.compileCache }),
      },
    });
    this.#process.once('error', () => {
      this.#exit();
    });
    this.#process.once('close', () => {
      this.#exit();
    });
    this.#channel = channelOf(this.#process);
    const reader = new FrameReader(options.maxFrameBytes);
    this.#channel.on('data', (chunk: Buffer) => {
      const messages = reader.push(chunk);
      if (messages === null) this.#listener?.violation();
      else for (const message of messages) this.#receive(message);
    });
    this.#channel.on('error', () => undefined);
    // What bypasses the child's own capture is drained and dropped; only V8's last words are of use.
    this.#process.stdout?.resume();
    this.#process.stderr?.on('data', (chunk: Buffer) => {
      this.#stderrTail = (this.#stderrTail + chunk.toString('latin1')).slice(-maxStderrTail);
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get gone(): boolean {
    return this.#gone;
  }

  listen(listener: ChildListener | null): void {
    this.#listener = listener;
  }

  send(message: ToChild): void {
    if (!this.#gone) this.#channel.write(encodeFrame(message));
  }

  /** Sends a signal to the child and everything in its process group. */
  signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    const { pid } = this.#process;
    if (pid === undefined || this.#gone) return;
    try {
      process.kill(-pid, signal);
    } catch {
      this.#process.kill(signal);
    }
  }

  /** Kills the process group and every process that left it but still carries the child's tag in its environment. */
  destroy(): void {
    this.signal('SIGKILL');
    for (const pid of descendantsTagged(this.#tag)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself between being found and being killed.
      }
    }
  }

  /** Resident memory in bytes; 0 when the process is gone or the system does not tell. */
  residentBytes(): number {
    try {
      const pages = Number(readFileSync(`/proc/${String(this.#process.pid)}/statm`, 'latin1').split(' ')[1]);
      return pages * 4096;
    } catch {
      return 0;
    }
  }

  #receive(message: unknown): void {
    if (typeof message === 'object' && message !== null && 't' in message)
      this.#listener?.message(message as FromChild);
    else this.#listener?.violation();
  }

  #exit(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#listener?.exited(/heap out of memory|allocation failed/i.test(this.#stderrTail));
  }
}

/** Without files or processes to spare there is no channel: Node then returns a process that has no streams at all. */
function channelOf(child: ChildProcess): Duplex {
  const channel = (child.stdio as ChildProcess['stdio'] | undefined)?.[3];
  if (channel === null || channel === undefined) {
    throw new AppError('BUSY', { message: 'The system gives no more processes or open files.' });
  }
  return channel as Duplex;
}

function flagsOf({ readable, scratchDir, heapMb, compileCache }: ChildOptions): string[] {
  const reads = [...readable, sourceRoot, scratchDir, ...(compileCache === null ? [] : [compileCache])];
  return [
    '--no-warnings',
    `--max-old-space-size=${String(heapMb)}`,
    '--disable-proto=delete',
    '--no-addons',
    '--permission',
    '--allow-net',
    ...reads.map((path) => `--allow-fs-read=${path}`),
    `--allow-fs-write=${scratchDir}`,
    ...(compileCache === null ? [] : [`--allow-fs-write=${compileCache}`]),
  ];
}

function descendantsTagged(tag: string): number[] {
  const wanted = `${tagVariable}=${tag}`;
  // Only Linux tells the environment of others; elsewhere the process group has to do.
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => environmentOf(pid).includes(wanted))
    .map(Number);
}

function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1');
  } catch {
    return '';
  }
}
