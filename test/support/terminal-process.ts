import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';

import { describe, expect, it } from 'vitest';

import { until } from './until.ts';

/** A program at a terminal of its own, and somebody who types. */
export class TerminalProcess {
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcessWithoutNullStreams;
  #written = '';

  constructor(command: string, options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> }) {
    const sized = `stty cols 100 rows 30; exec ${command}`;
    this.#child = spawn('script', ['--quiet', '--return', '--flush', '--command', sized, '/dev/null'], options);
    this.#child.stdout.on('data', (chunk: Buffer) => (this.#written += chunk.toString()));
    this.ended = new Promise((resolve) => this.#child.once('close', resolve));
  }

  /** All that was ever written there, without what moves the cursor or colours. */
  get screen(): string {
    return stripVTControlCharacters(this.#written);
  }

  type(keys: string): void {
    this.#child.stdin.write(keys);
  }

  /** Waits until a text has been written `times` times. */
  async shows(text: string, times = 1): Promise<void> {
    await until(`the terminal shows "${text}"; it shows: ${this.screen}`, () => this.screen.split(text).length > times);
  }
}

/** Tests that need a terminal. Where `script` of util-linux is missing they are skipped loudly; in continuous integration that is a failure. */
export function describeWithTerminal(title: string, tests: () => void): void {
  const version = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout ?? '';
  if (version.includes('util-linux')) {
    describe(title, tests);
    return;
  }
  const reason = 'there is no "script" of util-linux, which makes terminals';
  process.stderr.write(`\nSKIPPED: ${title}: ${reason}\n`);
  describe(title, () => {
    it.runIf(process.env.CI === 'true')('has the terminal that it needs', () => {
      expect.fail(reason);
    });
    describe.skip('without a terminal', tests);
  });
}
