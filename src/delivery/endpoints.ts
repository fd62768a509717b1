import { isWanted } from '../../projections/webhooks/public-event.ts';
import type { Endpoint } from './endpoint.ts';

const maxNames = 1000;

/** The webhooks that are not deleted, by id and by owner. */
export class Endpoints {
  readonly #byId = new Map<string, Endpoint>();
  readonly #byOwner = new Map<string, Set<Endpoint>>();
  readonly #wanted = new Map<string, boolean>();

  get size(): number {
    return this.#byId.size;
  }

  get(id: string): Endpoint | undefined {
    return this.#byId.get(id);
  }

  all(): Iterable<Endpoint> {
    return this.#byId.values();
  }

  ofOwner(owner: string): readonly Endpoint[] {
    return [...(this.#byOwner.get(owner) ?? [])];
  }

  /** Whoever has one. */
  owners(): readonly string[] {
    const isThere = ({ webhook }: Endpoint): boolean => webhook.status !== 'deleted';
    return [...this.#byOwner.entries()].flatMap(([owner, own]) => ([...own].some(isThere) ? [owner] : []));
  }

  hasOwner(owner: string): boolean {
    return this.#byOwner.has(owner);
  }

  /** Takes an endpoint, or notices that its settings have changed. */
  put(endpoint: Endpoint): void {
    const { owner } = endpoint.webhook;
    this.#wanted.clear();
    this.#byId.set(endpoint.id, endpoint);
    const siblings = this.#byOwner.get(owner) ?? new Set();
    this.#byOwner.set(owner, siblings.add(endpoint));
  }

  delete(endpoint: Endpoint): void {
    const { owner } = endpoint.webhook;
    this.#byId.delete(endpoint.id);
    const siblings = this.#byOwner.get(owner);
    siblings?.delete(endpoint);
    if (siblings?.size === 0) this.#byOwner.delete(owner);
  }

  /** Whether any webhook could hear of events with this name: most need not be looked up. */
  isWanted(name: string): boolean {
    const known = this.#wanted.get(name);
    if (known !== undefined) return known;
    const wanted = [...this.all()].some(({ settings }) => isWanted({ ...settings, skills: null }, name, null));
    if (this.#wanted.size >= maxNames) this.#wanted.clear();
    this.#wanted.set(name, wanted);
    return wanted;
  }
}
