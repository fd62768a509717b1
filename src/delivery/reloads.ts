import type { Endpoint } from './endpoint.ts';
import { postponedMs } from './settler.ts';

interface ReloadDependencies {
  /** Reads what waits for an endpoint. */
  readonly reload: (endpoint: Endpoint) => Promise<void>;
  /** Looks what there is to do now that it was read. */
  readonly afterwards: (endpoint: Endpoint) => void;
  /** Calls `goOn` for it after so long. */
  readonly wakeAfter: (endpoint: Endpoint, waitMs: number) => void;
  readonly onError: (error: unknown, about: string) => void;
}

interface State {
  isWanted: boolean;
  isRunning: boolean;
  /** By the clock that never jumps. */
  notBeforeMs: number;
}

/** Reading what waits by key takes the longer the more there is: so many times as long others have the reading thread then. */
const restShare = 3;

/** Lists that have to be read anew: each by one at a time, however often it is asked for. */
export class Reloads {
  readonly #deps: ReloadDependencies;
  readonly #states = new WeakMap<Endpoint, State>();

  constructor(deps: ReloadDependencies) {
    this.#deps = deps;
  }

  /** What is asked for while it is being read is asked for again afterwards, if it is still missing then. */
  ask(endpoint: Endpoint): void {
    const state = this.#states.get(endpoint) ?? { isWanted: false, isRunning: false, notBeforeMs: 0 };
    if (state.isRunning) return;
    endpoint.missed = false;
    state.isWanted = true;
    this.#states.set(endpoint, state);
    this.goOn(endpoint);
  }

  /** Reads what was asked for, if its time has come. */
  goOn(endpoint: Endpoint): void {
    const state = this.#states.get(endpoint);
    if (state === undefined || !state.isWanted || state.isRunning) return;
    const waitMs = Math.ceil(state.notBeforeMs - performance.now());
    if (waitMs > 0) this.#deps.wakeAfter(endpoint, waitMs);
    else void this.#run(endpoint, state);
  }

  async #run(endpoint: Endpoint, state: State): Promise<void> {
    Object.assign(state, { isWanted: false, isRunning: true });
    const begunMs = performance.now();
    try {
      await this.#deps.reload(endpoint);
    } catch (error) {
      this.#deps.onError(error, endpoint.id);
      endpoint.missed = true;
      await new Promise((resolve) => setTimeout(resolve, postponedMs));
    }
    const endedMs = performance.now();
    state.notBeforeMs = endedMs + (endpoint.settings.ordering === 'key' ? restShare * (endedMs - begunMs) : 0);
    state.isRunning = false;
    this.#deps.afterwards(endpoint);
  }
}
