import type { WebhookRow } from '../../projections/webhooks/tables.ts';
import type { PendingRow } from '../../projections/webhooks/queries.ts';
import type { WebhookSettings } from '../../schemas/generated/events.ts';

/** A delivery that waits, or of which an attempt is under way. */
export interface DueDelivery {
  row: PendingRow;
  dueAtMs: number;
  underWay: boolean;
}

/** Deliveries of one webhook that are kept in memory; the rest of a longer list stays where it is. */
export const windowItems = 256;

/**
 * What one webhook has to be delivered, and what of it may be attempted now: within its concurrency, its rate and its order. An
 * endpoint whose last attempt failed gets one attempt at a time until one succeeds: what is dead costs little, whoever hangs too.
 */
export class Endpoint {
  readonly id: string;
  webhook: WebhookRow;
  settings: WebhookSettings;
  /** There are more that wait than are here. */
  behind = false;
  /** Since when nothing has been taken; null when the last attempt succeeded. */
  failingSinceMs: number | null;
  readonly #items = new Map<string, DueDelivery>();
  #underWay = 0;
  /** When the next attempt may begin, by the rate limit. */
  #nextTurnMs = 0;

  constructor(webhook: WebhookRow, failingSinceMs: number | null) {
    this.id = webhook.id;
    this.webhook = webhook;
    this.settings = JSON.parse(webhook.settingsJson) as WebhookSettings;
    this.failingSinceMs = failingSinceMs;
  }

  get size(): number {
    return this.#items.size;
  }

  get underWay(): number {
    return this.#underWay;
  }

  get inOrder(): boolean {
    return this.settings.ordering !== 'none';
  }

  change(webhook: WebhookRow): void {
    if (this.webhook.status === 'disabled' && webhook.status === 'active') this.failingSinceMs = null;
    this.webhook = webhook;
    this.settings = JSON.parse(webhook.settingsJson) as WebhookSettings;
  }

  get(delivery: string): DueDelivery | undefined {
    return this.#items.get(delivery);
  }

  /** Takes a delivery into the list, unless there is no room or earlier ones are not in it yet. */
  add(row: PendingRow, notBeforeMs = 0): void {
    if (this.behind || this.#items.has(row.id)) return;
    if (this.#items.size >= windowItems) this.behind = true;
    else this.put(row, notBeforeMs);
  }

  /** The same of what was read because there was room again. */
  put(row: PendingRow, notBeforeMs = 0): void {
    const known = this.#items.get(row.id);
    if (known?.underWay === true) return;
    this.#items.set(row.id, { row, dueAtMs: Math.max(row.nextAttemptAtMs ?? 0, notBeforeMs), underWay: false });
  }

  remove(item: DueDelivery): void {
    if (this.#items.get(item.row.id) === item) this.#items.delete(item.row.id);
  }

  clear(): void {
    for (const item of [...this.#items.values()]) if (!item.underWay) this.remove(item);
    this.behind = false;
  }

  /** The delivery to attempt now; else when it may be worth asking again, or null when only news can change anything. */
  next(nowMs: number): DueDelivery | number | null {
    const concurrency = this.failingSinceMs === null ? this.settings.concurrency : 1;
    if (this.#underWay >= concurrency) return null;
    const found = this.#firstDue(nowMs);
    if (found === null || typeof found === 'number') return found;
    if (this.settings.ratePerSecond !== null && this.#nextTurnMs > nowMs) return this.#nextTurnMs;
    return found;
  }

  #firstDue(nowMs: number): DueDelivery | number | null {
    let soonestMs: number | null = null;
    const blocked = new Set<string>();
    const items = this.inOrder ? this.#sorted() : this.#items.values();
    for (const item of items) {
      const key = this.settings.ordering === 'key' ? item.row.orderKey : '';
      const isBlocked = this.inOrder && blocked.has(key);
      if (!isBlocked && !item.underWay) {
        if (item.dueAtMs <= nowMs) return item;
        soonestMs = Math.min(soonestMs ?? item.dueAtMs, item.dueAtMs);
      }
      blocked.add(key);
    }
    return soonestMs;
  }

  #sorted(): readonly DueDelivery[] {
    return [...this.#items.values()].sort(
      (a, b) => a.row.position - b.row.position || (a.row.event < b.row.event ? -1 : 1),
    );
  }

  begin(item: DueDelivery, nowMs: number): void {
    item.underWay = true;
    this.#underWay++;
    const { ratePerSecond } = this.settings;
    if (ratePerSecond !== null) this.#nextTurnMs = Math.max(this.#nextTurnMs, nowMs) + 1000 / ratePerSecond;
  }

  end(item: DueDelivery): void {
    item.underWay = false;
    this.#underWay--;
  }
}
