import type { Clock } from '../kernel/clock.ts';
import type { Vault } from '../vault/vault.ts';
import type { Principal } from './principal.ts';
import type { StoredTicket } from './stored.ts';
import { digestOf, isTicket, newTicket } from './tokens.ts';

/** How long a ticket can be redeemed. */
export const ticketMs = 30_000;
const maxSweptUsers = 10_000;

/** One-use tickets that stand for a principal, kept in the vault by digest. */
export class Tickets {
  readonly #vault: Vault;
  readonly #clock: Clock;
  readonly #sweptAtMs = new Map<string, number>();

  constructor(vault: Vault, clock: Clock) {
    this.#vault = vault;
    this.#clock = clock;
  }

  /** A new ticket for the principal. */
  async issue(principal: Principal): Promise<string> {
    await this.#sweep(principal.userId);
    const ticket = newTicket();
    const expiresAtMs = this.#clock.now() + ticketMs;
    const stored: StoredTicket = { principal: { ...principal, scopes: [...principal.scopes] }, expiresAtMs };
    await this.#vault.put('ticket', digestOf(ticket), principal.userId, stored);
    return ticket;
  }

  /** Redeems a ticket; null when it is unknown, used or expired. */
  async take(ticket: string): Promise<Principal | null> {
    if (!isTicket(ticket)) return null;
    const stored = (await this.#vault.take('ticket', digestOf(ticket))) as StoredTicket | null;
    if (stored === null || stored.expiresAtMs <= this.#clock.now()) return null;
    return { ...stored.principal, scopes: new Set(stored.principal.scopes) };
  }

  /** Removes an account's tickets that nobody came for; looks for them at most once per lifetime of a ticket. */
  async #sweep(userId: string): Promise<void> {
    const now = this.#clock.now();
    if (now - (this.#sweptAtMs.get(userId) ?? 0) < ticketMs) return;
    if (this.#sweptAtMs.size >= maxSweptUsers) this.#sweptAtMs.clear();
    this.#sweptAtMs.set(userId, now);
    for (const { key, value } of await this.#vault.list('ticket', userId)) {
      if ((value as StoredTicket).expiresAtMs <= now) await this.#vault.take('ticket', key);
    }
  }
}
