import type { Outcome } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

/** The variables that the command line was started with. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** All that a command has of the world; made once by main.ts, and by tests. */
export interface CliContext {
  readonly terminal: Terminal;
  /** Where relative paths start, absolute. */
  readonly cwd: string;
  readonly environment: Environment;
  readonly stdin: NodeJS.ReadStream;
  /** Says how the program will end when a command has told its failure itself; the last one counts. */
  end(outcome: Outcome): void;
  /**
   * Calls `listener` at Ctrl-C, SIGTERM and SIGHUP instead of ending the program, until the returned function is called.
   */
  onInterrupt(listener: (signal: NodeJS.Signals) => void): () => void;
}
