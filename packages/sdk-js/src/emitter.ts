/** Has listeners by event. One that throws harms neither the others nor who emits. */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<(event: never) => unknown>>();
  readonly #onFault: (error: unknown) => void;

  constructor(onFault: (error: unknown) => void) {
    this.#onFault = onFault;
  }

  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => unknown): this {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener);
    return this;
  }

  off<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => unknown): this {
    this.#listeners.get(name)?.delete(listener);
    return this;
  }

  once<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => unknown): this {
    const first = (event: Events[Name]): unknown => {
      this.off(name, first);
      return listener(event);
    };
    return this.on(name, first);
  }

  protected emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
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
