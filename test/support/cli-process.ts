import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';

import { TerminalProcess } from './terminal-process.ts';
import { until } from './until.ts';

const bin = join(import.meta.dirname, '../../bin/cli.js');

/** How a command ended, and what it said. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads on standard input; without it there is nothing to read. */
  readonly input?: string;
}

/** A command of `ihuman` in a process of its own. */
export class CliProcess {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ended>;
  stdout = '';
  stderr = '';

  constructor(child: ChildProcessWithoutNullStreams) {
    this.child = child;
    child.stdout.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.ended = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }

  /** Waits until it has said something on standard error. */
  async says(text: string): Promise<void> {
    await until(`the command says "${text}"; it said: ${this.stderr}`, () => this.stderr.includes(text));
  }
}

/** Somebody who uses the command line: a home of their own, in which nothing is configured, and a folder to work in. */
export class CliUser {
  readonly cwd: string;
  readonly home: string;
  readonly #env: Readonly<Record<string, string>>;

  constructor(dir: string, url: string, env: Readonly<Record<string, string>> = {}) {
    this.home = mkdtempSync(join(dir, 'home-'));
    this.cwd = join(this.home, 'work');
    mkdirSync(this.cwd);
    const { PATH = '', NODE_COMPILE_CACHE = '' } = process.env;
    const cache = NODE_COMPILE_CACHE === '' ? {} : { NODE_COMPILE_CACHE };
    this.#env = {
      PATH,
      HOME: this.home,
      XDG_CONFIG_HOME: join(this.home, 'config'),
      IHUMAN_URL: url,
      ...cache,
      ...env,
    };
  }

  start(args: readonly string[], { env = {}, input = '' }: StartOptions = {}): CliProcess {
    const child = spawn(process.execPath, [bin, ...args], { cwd: this.cwd, env: { ...this.#env, ...env } });
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    return new CliProcess(child);
  }

  /** Runs a command at a terminal, where somebody types. */
  atTerminal(args: string): TerminalProcess {
    const { cwd } = this;
    return new TerminalProcess(`${process.execPath} ${bin} ${args}`, { cwd, env: { ...this.#env, TERM: 'xterm' } });
  }

  /** Runs a command to its end. */
  run(args: readonly string[], options: StartOptions = {}): Promise<Ended> {
    return this.start(args, options).ended;
  }

  /** Runs lines as a shell does. */
  runScript(script: string): Promise<Ended> {
    const child = spawn('bash', ['--norc', '-euc', script], { cwd: this.cwd, env: { ...this.#env } });
    child.stdin.end();
    return new CliProcess(child).ended;
  }

  /** The JSON on standard output of a command that ends well. */
  // Tests look into answers of every shape.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  async json(args: readonly string[], options: StartOptions = {}): Promise<any> {
    const { code, stdout, stderr } = await this.run(args, options);
    if (code !== 0) throw new Error(`ihuman ${args.join(' ')} ended with ${String(code)}: ${stderr}`);
    return JSON.parse(stdout);
  }
}
