import type { IhumanClient } from '../../../packages/sdk-js/src/index.ts';
import { printable, type Terminal } from '../terminal.ts';

/** Tells when a step of a workflow's run gets on. Looks when it is told to, and never twice at a time. */
export class StepWatch {
  readonly #client: IhumanClient;
  readonly #terminal: Terminal;
  readonly #executionId: string;
  readonly #told = new Map<string, string>();
  #looking: Promise<void> | null = null;

  constructor(client: IhumanClient, terminal: Terminal, executionId: string) {
    this.#client = client;
    this.#terminal = terminal;
    this.#executionId = executionId;
  }

  look(): void {
    // What it cannot learn now it learns at the end, where it is told of.
    this.#looking ??= this.#look()
      .catch(() => undefined)
      .finally(() => (this.#looking = null));
  }

  /** The last look, which misses nothing. */
  async end(): Promise<void> {
    await this.#looking;
    await this.#look();
  }

  async #look(): Promise<void> {
    for (const { id, status } of await this.#client.workflows.steps(this.#executionId)) {
      const [step, now] = [String(id), String(status)];
      if (this.#told.get(step) === now) continue;
      this.#told.set(step, now);
      this.#terminal.note(`${this.#terminal.paintNote('bold', printable(step))}: ${printable(now)}`);
    }
  }
}
