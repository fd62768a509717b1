import { mkdirSync } from 'node:fs';
import { Socket } from 'node:net';
import { pathToFileURL } from 'node:url';

import { refusalOf, thrownBySkill } from '../skill-errors.ts';
import { encodeFrame, FrameReader } from '../frames.ts';
import { OutputCapture } from './output-capture.ts';
import type { FromChild, ToChild } from './messages.ts';

/**
 * The process that skill code runs in: loads one skill, runs one execution at a time, and reports over descriptor 3.
 * It holds nothing that a skill must not see.
 */
type RunMessage = Extract<ToChild, { t: 'run' }>;

interface LoadedModule {
  execute(params: unknown, context: unknown): unknown;
  validate?(params: unknown): unknown;
}

interface Current {
  readonly message: RunMessage;
  readonly abort: AbortController;
  readonly startedAtMs: number;
  usedWorkDir: boolean;
  progress: { percent: number; status: string | null } | null;
}

const maxFrameBytes = 16 * 1024 * 1024;
const progressIntervalMs = 100;

const channel = new Socket({ fd: 3, readable: true, writable: true });
const reader = new FrameReader(maxFrameBytes);
const modules = new Map<string, Promise<LoadedModule>>();
let current: Current | null = null;
let restingHandles = 0;

const capture = new OutputCapture((level, message) => {
  if (current !== null) send({ t: 'log', nonce: current.message.nonce, level, message, atMs: Date.now() });
});

const ticker = setInterval(flushProgress, progressIntervalMs);
ticker.unref();

channel.on('data', (chunk: Buffer) => {
  for (const message of reader.push(chunk) ?? []) handle(message as ToChild);
});
// The server is gone: whatever the skill is doing, nobody will take its result.
channel.on('close', () => process.exit(0));
channel.on('error', () => process.exit(0));
process.on('uncaughtException', stray);
process.on('unhandledRejection', stray);
send({ t: 'ready' });

function send(message: FromChild): void {
  channel.write(encodeFrame(message));
}

function handle(message: ToChild): void {
  if (message.t === 'abort') {
    if (current?.message.nonce === message.nonce) current.abort.abort(new Error(message.reason));
    return;
  }
  if (current === null) void run(message);
}

async function run(message: RunMessage): Promise<void> {
  const run: Current = {
    message,
    abort: new AbortController(),
    startedAtMs: performance.now(),
    usedWorkDir: false,
    progress: null,
  };
  current = run;
  capture.begin(message.outputBytes);
  restingHandles = handles();
  const answer = await attempt(run);
  if (current !== run) return;
  flushProgress();
  current = null;
  const durationMs = Math.round(performance.now() - run.startedAtMs);
  send({
    ...answer,
    nonce: message.nonce,
    durationMs,
    usedWorkDir: run.usedWorkDir,
    dirty: handles() > restingHandles,
  });
}

type Answer =
  | { readonly t: 'done'; readonly result: string }
  | {
      readonly t: 'failed';
      readonly code: string;
      readonly message: string;
      readonly stack: string | null;
      readonly retryable: boolean;
    };

async function attempt(run: Current): Promise<Answer> {
  const { message } = run;
  let skill: LoadedModule;
  try {
    skill = await load(message.entry);
  } catch (error) {
    return failed('SKILL_LOAD_FAILED', error);
  }
  try {
    const refusal = skill.validate === undefined ? null : refusalOf(await skill.validate(message.params));
    if (refusal !== null) return failed('SKILL_VALIDATION_FAILED', new Error(refusal));
    return resultOf(await skill.execute(message.params, contextOf(run)), message.resultBytes);
  } catch (thrown) {
    const { error, retryable } = thrownBySkill(thrown);
    return { t: 'failed', ...error, retryable };
  }
}

function failed(code: string, thrown: unknown): Answer {
  const { error } = thrownBySkill(thrown);
  return { t: 'failed', ...error, code, retryable: false };
}

function resultOf(value: unknown, maxBytes: number): Answer {
  let result: string | undefined;
  try {
    result = JSON.stringify(value ?? null);
  } catch (error) {
    return failed('SKILL_RESULT_INVALID', error);
  }
  if (result === undefined) return failed('SKILL_RESULT_INVALID', new Error('The result is not JSON.'));
  if (Buffer.byteLength(result) > maxBytes) {
    return failed(
      'SKILL_RESULT_INVALID',
      new Error(`The result is larger than ${String(maxBytes)} bytes. Write it to a file in context.workDir.`),
    );
  }
  return { t: 'done', result };
}

function load(entry: string): Promise<LoadedModule> {
  const known = modules.get(entry);
  if (known !== undefined) return known;
  const loading = import(pathToFileURL(entry).href).then((module: Record<string, unknown>) => {
    return (module.default ?? module) as LoadedModule;
  });
  modules.set(entry, loading);
  return loading;
}

function contextOf(run: Current): object {
  const { executionId, attempt: number, workDir } = run.message;
  const line = (level: 'debug' | 'info' | 'warn' | 'error') => (message: unknown) => {
    if (current === run) capture.write(level, String(message));
  };
  return {
    executionId,
    attempt: number,
    idempotencyKey: executionId,
    signal: run.abort.signal,
    log: { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') },
    progress: (percent: number, status?: string) => {
      const first = run.progress === null;
      run.progress = { percent: Number(percent), status: status === undefined ? null : String(status) };
      // The first report goes out at once; the rest at most ten times a second.
      if (first && current === run) flushProgress();
    },
    /** Made when it is first asked for: most skills leave no files. */
    get workDir(): string {
      if (!run.usedWorkDir) mkdirSync(workDir, { recursive: true });
      run.usedWorkDir = true;
      return workDir;
    },
  };
}

let lastSent = '';

function flushProgress(): void {
  if (current?.progress == null) return;
  const { percent, status } = current.progress;
  const key = `${current.message.nonce} ${String(percent)} ${String(status)}`;
  if (key === lastSent) return;
  lastSent = key;
  send({ t: 'progress', nonce: current.message.nonce, percent, status });
}

function handles(): number {
  return process.getActiveResourcesInfo().filter((name) => name !== 'Immediate').length;
}

/** An error that no run awaits: it fails the run that is under way, and the process ends: its state is anybody's guess. */
function stray(thrown: unknown): void {
  if (current !== null) {
    const { error, retryable } = thrownBySkill(thrown);
    const durationMs = Math.round(performance.now() - current.startedAtMs);
    const { nonce } = current.message;
    send({ t: 'failed', ...error, retryable, nonce, durationMs, usedWorkDir: current.usedWorkDir, dirty: true });
    current = null;
  }
  channel.end(() => process.exit(1));
}
