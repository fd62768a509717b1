import type { WebhookRow } from '../../projections/webhooks/tables.ts';
import type { PendingList, PendingRow } from '../../projections/webhooks/queries.ts';
import type { WebhookSettings } from '../../schemas/generated/events.ts';

/** A delivery that waits, or of which an attempt is under way. */
export interface DueDelivery {
  row: PendingRow;
  dueAtMs: number;
  underWay: boolean;
}

/** Deliveries of one webhook that are kept in memory; the rest of a longer list stays where it is. */
export const windowItems = 256;
/** What is read is never older than so many outcomes. */
const rememberedItems = 1024;

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
  /** One was left out that could perhaps be attempted before those that are here. */
  missed = false;
  /** Since when nothing has been taken; null when the last attempt succeeded. */
  #failingSinceMs: number | null;
  readonly #items = new Map<string, DueDelivery>();
  /** Revisions of what was settled lately. */
  readonly #settled = new Map<string, number>();
  #underWay = 0;
  /** So long whoever had them before may be at those that are listed. */
  #heldUntilMs = 0;
  /** When the next attempt may begin, by the rate limit. */
  #nextTurnMs = 0;

  constructor(webhook: WebhookRow, failingSinceMs: number | null) {
    this.id = webhook.id;
    this.webhook = webhook;
    this.settings = JSON.parse(webhook.settingsJson) as WebhookSettings;
    this.#failingSinceMs = failingSinceMs;
  }

  get size(): number {
    return this.#items.size;
  }

  get underWay(): number {
    return this.#underWay;
  }

  get #inOrder(): boolean {
    return this.settings.ordering !== 'none';
  }

  /** Another attempt could begin, if only there were something to attempt. */
  get hasRoom(): boolean {
    return this.#underWay < this.#concurrency;
  }

  get #concurrency(): number {
    return this.#failingSinceMs === null ? this.settings.concurrency : 1;
  }

  change(webhook: WebhookRow): void {
    if (this.webhook.status === 'disabled' && webhook.status === 'active') this.#failingSinceMs = null;
    this.webhook = webhook;
    this.settings = JSON.parse(webhook.settingsJson) as WebhookSettings;
  }

  get(delivery: string): DueDelivery | undefined {
    return this.#items.get(delivery);
  }

  /** Why a delivery is not to be attempted any more; null when it is. */
  reasonToSkip({ position }: PendingRow): 'webhookDeleted' | 'userErased' | 'backlogSkipped' | null {
    const { status, skipUpTo, disabledReason } = this.webhook;
    if (status === 'deleted') return disabledReason === 'userErased' ? 'userErased' : 'webhookDeleted';
    return position <= skipUpTo ? 'backlogSkipped' : null;
  }

  succeeded(): void {
    this.#failingSinceMs = null;
  }

  /** Whoever says that it is gone, or has taken nothing for too long, is to be disabled. */
  failed(
    { statusCode, nextAttemptAtMs }: { readonly statusCode: number | null; readonly nextAttemptAtMs: number | null },
    nowMs: number,
  ): { readonly reason: 'failing' | 'gone'; readonly note: string } | null {
    this.#failingSinceMs ??= nowMs;
    const { disableAfterMs } = this.settings;
    if (this.webhook.status !== 'active') return null;
    if (statusCode === 410) return { reason: 'gone', note: 'The endpoint answered 410 Gone.' };
    const isLasting = disableAfterMs !== null && nowMs - this.#failingSinceMs >= disableAfterMs;
    if (nextAttemptAtMs !== null || !isLasting) return null;
    return { reason: 'failing', note: `Nothing has been taken since ${new Date(this.#failingSinceMs).toISOString()}.` };
  }

  /** Takes a delivery into the list, unless there is no room or earlier ones are not in it yet. */
  add(row: PendingRow, notBeforeMs = 0): void {
    if (this.#items.has(row.id)) return;
    if (this.#items.size >= windowItems) this.behind = true;
    if (this.behind) this.missed = this.settings.ordering !== 'endpoint';
    else this.put(row, notBeforeMs);
  }

  /** Takes the list as it was read anew, from its beginning; nothing of it is attempted before `notBeforeMs`, whenever it is read again. */
  replace({ rows, more }: PendingList, notBeforeMs: number): void {
    this.behind = more;
    this.#heldUntilMs = Math.max(this.#heldUntilMs, notBeforeMs);
    const listed = new Set(rows.map(({ id }) => id));
    for (const [id, { underWay }] of this.#items) if (!underWay && !listed.has(id)) this.#items.delete(id);
    for (const row of rows) this.put(row, this.#heldUntilMs);
  }

  /** Takes a delivery. What was read before its outcome was recorded is old. */
  put(row: PendingRow, notBeforeMs = 0): void {
    const known = this.#items.get(row.id);
    if (known?.underWay === true || row.revision < (known?.row.revision ?? this.#settled.get(row.id) ?? -1)) return;
    this.#items.set(row.id, { row, dueAtMs: Math.max(row.nextAttemptAtMs ?? 0, notBeforeMs), underWay: false });
  }

  /** What is done with, at a revision of its stream when that is known. */
  remove(item: DueDelivery, revision = item.row.revision + 1): void {
    const { id } = item.row;
    if (this.#items.get(id) !== item) return;
    this.#items.delete(id);
    this.#settled.delete(id);
    this.#settled.set(id, revision);
    for (const oldest of this.#settled.keys()) {
      if (this.#settled.size <= rememberedItems) break;
      this.#settled.delete(oldest);
    }
  }

  clear(): void {
    for (const item of [...this.#items.values()]) if (!item.underWay) this.#items.delete(item.row.id);
    this.behind = false;
  }

  /** The delivery to attempt now; else when it may be worth asking again, or null when only news can change anything. */
  next(nowMs: number): DueDelivery | number | null {
    if (!this.hasRoom) return null;
    const found = this.#firstDue(nowMs);
    if (found === null || typeof found === 'number') return found;
    if (this.settings.ratePerSecond !== null && this.#nextTurnMs > nowMs) return this.#nextTurnMs;
    return found;
  }

  #firstDue(nowMs: number): DueDelivery | number | null {
    let soonestMs: number | null = null;
    const blocked = new Set<string>();
    const items = this.#inOrder ? this.#sorted() : this.#items.values();
    for (const item of items) {
      const key = this.settings.ordering === 'key' ? item.row.orderKey : '';
      const isBlocked = this.#inOrder && blocked.has(key);
      if (!isBlocked && !item.underWay) {
        const dueAtMs = this.reasonToSkip(item.row) === null ? item.dueAtMs : 0;
        if (dueAtMs <= nowMs) return item;
        soonestMs = Math.min(soonestMs ?? dueAtMs, dueAtMs);
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
