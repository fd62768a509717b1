/** Listeners by event. One that throws harms neither the others nor the caller. */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<(event: never) => unknown>>();
  readonly #onFault: (error: unknown) => void;

  constructor(onFault: (error: unknown) => void) {
    this.#onFault = onFault;
  }

  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => unknown): void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener);
  }

  off<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => unknown): void {
    this.#listeners.get(name)?.delete(listener);
  }

  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        const returned = (listener as (event: Events[Name]) => unknown)(event);
        if (returned instanceof Promise) returned.catch(this.#onFault);
      } catch (error) {
        this.#onFault(error);
      }
    }
  }
}
