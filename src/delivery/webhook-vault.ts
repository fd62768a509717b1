import { isJsonObject, type JsonObject } from '../kernel/json.ts';
import type { Vault } from '../vault/vault.ts';

/** What of a webhook is in the vault and nowhere else. */
export interface SealedWebhook {
  /** Newest first. An old one signs until its time has come. */
  readonly secrets: readonly { readonly secret: string; readonly untilMs: number | null }[];
  readonly headers: Readonly<Record<string, string>>;
}

/** Secrets and header values lie under a name of their own for each change, which the log knows: what it says decides. */
export class WebhookVault {
  readonly #vault: Vault;
  readonly #cache = new Map<string, SealedWebhook>();

  constructor(vault: Vault) {
    this.#vault = vault;
    vault.onRemoved((kind, key) => {
      if (kind === 'webhook') this.#cache.delete(key);
    });
  }

  async put(name: string, owner: string, sealed: SealedWebhook): Promise<void> {
    await this.#vault.put('webhook', name, owner, sealed as unknown as JsonObject);
  }

  /** What was got before and is still there, at once. */
  known(name: string): SealedWebhook | undefined {
    return this.#cache.get(name);
  }

  /** Null when there is nothing under the name: not yet on this node, or not any more. */
  async get(name: string): Promise<SealedWebhook | null> {
    const known = this.known(name);
    if (known !== undefined) return known;
    const value = await this.#vault.get('webhook', name);
    if (!isJsonObject(value)) return null;
    const sealed = value as unknown as SealedWebhook;
    if (this.#cache.size >= maxCached) this.#cache.clear();
    this.#cache.set(name, sealed);
    return sealed;
  }

  async remove(name: string): Promise<void> {
    this.#cache.delete(name);
    await this.#vault.take('webhook', name);
  }
}

const maxCached = 10_000;

/** The secrets that sign at a time, newest first. */
export function secretsAt({ secrets }: SealedWebhook, nowMs: number): readonly string[] {
  return secrets.filter(({ untilMs }) => untilMs === null || untilMs > nowMs).map(({ secret }) => secret);
}
