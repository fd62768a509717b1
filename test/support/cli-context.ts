import { PassThrough } from 'node:stream';

import type { CliContext } from '../../src/cli/context.ts';
import type { Outcome } from '../../src/cli/exit-codes.ts';
import { type ColourVariables, Terminal } from '../../src/cli/terminal.ts';

/** A command line without a process: what it writes is kept, and signals are sent by the test. */
export interface TestContext extends CliContext {
  readonly written: { stdout: string; stderr: string; outcome: Outcome };
  readonly signal: (name: NodeJS.Signals) => void;
}

interface TestContextOptions {
  readonly cwd?: string;
  /** Columns of the terminal; without them there is none. */
  readonly columns?: number;
  readonly variables?: ColourVariables;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Makes one. */
export function testContext({
  cwd = '/',
  columns,
  variables = {},
  environment = {},
}: TestContextOptions = {}): TestContext {
  const written: TestContext['written'] = { stdout: '', stderr: '', outcome: 'ok' };
  const output = (name: 'stdout' | 'stderr') => ({
    write: (text: string) => (written[name] += text),
    isTTY: columns !== undefined,
    ...(columns === undefined ? {} : { columns }),
  });
  const listeners = new Set<(signal: NodeJS.Signals) => void>();
  return {
    terminal: new Terminal(output('stdout'), output('stderr'), variables),
    cwd,
    environment,
    stdin: new PassThrough() as unknown as NodeJS.ReadStream,
    end: (outcome) => {
      written.outcome = outcome;
    },
    onInterrupt: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    written,
    signal: (name) => {
      for (const listener of listeners) listener(name);
    },
  };
}
