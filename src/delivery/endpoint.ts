import type { NewDelivery } from '../../projections/webhooks/deliveries.ts';
import { isWanted } from '../../projections/webhooks/public-event.ts';
import type { WebhookRow } from '../../projections/webhooks/tables.ts';
import type { PendingList, PendingRow } from '../../projections/webhooks/queries.ts';
import type { EventType, WebhookSettings } from '../../schemas/generated/events.ts';
import { FleetingMap } from '../kernel/fleeting-map.ts';

/** A delivery that waits, or of which an attempt is under way or being recorded. */
export interface DueDelivery {
  row: PendingRow;
  dueAtMs: number;
  underWay: boolean;
}

/** Deliveries of one webhook that are kept in memory; the rest of a longer list stays where it is. */
export const windowItems = 256;
/** Outcomes that may be on their way to the log before another attempt has to wait for one of them. */
const maxUnrecorded = 64;
/** What is read is never older than so many outcomes. */
const rememberedItems = 512;

/**
 * What one webhook has to be delivered, and what of it may be attempted now: within its concurrency, its rate and its order. An
 * endpoint whose last attempt failed gets one attempt at a time until one succeeds: what is dead costs little, whoever hangs too.
 */
export class Endpoint {
  readonly id: string;
  webhook: WebhookRow;
  settings: WebhookSettings;
  /** Up to which position of the log `webhook` holds. */
  asOf: number;
  /** Nothing that is read from the list is attempted before this time. */
  notBeforeMs = 0;
  /** There are more that wait than are here. */
  behind = false;
  /** One was left out that could perhaps be attempted before those that are here. */
  missed = false;
  /** Position of the last one that was left out. */
  #leftOutAt = 0;
  /** Position of the log at which the list was read last. */
  #readAt = 0;
  /** Since when nothing has been taken; null when the last attempt succeeded. */
  #failingSinceMs: number | null;
  readonly #items = new FleetingMap<string, DueDelivery>();
  /** Revisions of what was settled lately, and of what was settled before that. */
  #settled = new Map<string, number>();
  #settledBefore = new Map<string, number>();
  /** Attempts without an answer yet. */
  #unanswered = 0;
  /** Attempts with an answer that is not in the log yet. */
  #unrecorded = 0;
  /** When the next attempt may begin, by the rate limit. */
  #nextTurnMs = 0;

  constructor(webhook: WebhookRow, asOf: number, failingSinceMs: number | null) {
    this.id = webhook.id;
    this.webhook = webhook;
    this.asOf = asOf;
    this.settings = JSON.parse(webhook.settingsJson) as WebhookSettings;
    this.#failingSinceMs = failingSinceMs;
  }

  get size(): number {
    return this.#items.size;
  }

  get inOrder(): boolean {
    return this.settings.ordering !== 'none';
  }

  /** Another attempt could begin, if only there were something to attempt. */
  get hasRoom(): boolean {
    return this.#unanswered < this.#concurrency && this.#unrecorded < maxUnrecorded;
  }

  /** There are more that wait, and not many are here. */
  get wantsMore(): boolean {
    return this.behind && this.#items.size <= windowItems / 2;
  }

  /** There are more that wait, and what was read does not lead on to them: it was read too early, or all of it is done with. */
  get isShort(): boolean {
    return this.wantsMore && (this.#isOutdated || this.#items.size === 0);
  }

  /** Something was left out since the list was read. */
  get #isOutdated(): boolean {
    return this.#leftOutAt > this.#readAt;
  }

  get #concurrency(): number {
    return this.#failingSinceMs === null ? this.settings.concurrency : 1;
  }

  change(webhook: WebhookRow, asOf: number): void {
    if (this.webhook.status === 'disabled' && webhook.status === 'active') this.#failingSinceMs = null;
    this.webhook = webhook;
    this.asOf = asOf;
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

  /** Whoever says that it is gone, or has taken nothing for too long, is to be disabled. */
  verdictOn(
    { statusCode, nextAttemptAtMs }: { readonly statusCode: number | null; readonly nextAttemptAtMs: number | null },
    nowMs: number,
  ): { readonly reason: 'failing' | 'gone'; readonly note: string } | null {
    const { disableAfterMs } = this.settings;
    const sinceMs = this.#failingSinceMs;
    if (this.webhook.status !== 'active') return null;
    if (statusCode === 410) return { reason: 'gone', note: 'The endpoint answered 410 Gone.' };
    const isLasting = disableAfterMs !== null && sinceMs !== null && nowMs - sinceMs >= disableAfterMs;
    if (nextAttemptAtMs !== null || !isLasting) return null;
    return { reason: 'failing', note: `Nothing has been taken since ${new Date(sinceMs).toISOString()}.` };
  }

  /** Whether an event is to be delivered; false for one that came before what is known of the webhook. */
  wants(position: number, name: string, skill: string | null): boolean {
    return position > this.asOf && this.webhook.status === 'active' && isWanted(this.settings, name, skill);
  }

  /** Takes a delivery of which nothing has become yet, unless there is no room or earlier ones are not here. */
  addNew({ atMs, ...delivery }: NewDelivery): void {
    if (this.#items.has(delivery.id)) return;
    if (this.behind || this.#items.size >= windowItems) this.leaveOut(delivery.position);
    else this.put({ ...delivery, attempts: 0, tries: 0, nextAttemptAtMs: atMs, revision: -1 });
  }

  /** One that came to wait at a position is in the list only. */
  leaveOut(position: number): void {
    this.behind = true;
    this.missed = this.settings.ordering !== 'endpoint';
    this.#leftOutAt = Math.max(this.#leftOutAt, position);
  }

  /** Takes the list as it was read anew, from its beginning: of what came later than that it knows nothing. */
  replace({ rows, more, asOf }: PendingList): void {
    this.#readAt = asOf;
    this.behind = more || this.#isOutdated;
    const listed = new Set(rows.map(({ id }) => id));
    for (const { row, underWay } of this.#items.values())
      if (!underWay && row.position <= asOf && !listed.has(row.id)) this.#items.delete(row.id);
    for (const row of rows) this.put(row, this.notBeforeMs);
  }

  /** Takes a delivery. What was read before its outcome was recorded is old; what is here already stays as it is. */
  put(row: PendingRow, notBeforeMs = 0): void {
    const known = this.#items.get(row.id);
    if (known !== undefined && (known.underWay || row.revision <= known.row.revision)) return;
    if (row.revision < (this.#settled.get(row.id) ?? this.#settledBefore.get(row.id) ?? -1)) return;
    this.#items.set(row.id, { row, dueAtMs: Math.max(row.nextAttemptAtMs ?? 0, notBeforeMs), underWay: false });
  }

  /** What is done with, at a revision of its stream when that is known. */
  remove(item: DueDelivery, revision = item.row.revision + 1): void {
    const { id } = item.row;
    if (this.#items.get(id) !== item) return;
    this.#items.delete(id);
    this.#settled.set(id, revision);
    if (this.#settled.size < rememberedItems) return;
    this.#settledBefore = this.#settled;
    this.#settled = new Map();
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
    for (const item of this.inOrder ? this.#firstOfKeys() : this.#items.values()) {
      if (item.underWay) continue;
      const dueAtMs = this.reasonToSkip(item.row) === null ? item.dueAtMs : 0;
      if (dueAtMs <= nowMs) return item;
      soonestMs = Math.min(soonestMs ?? dueAtMs, dueAtMs);
    }
    return soonestMs;
  }

  /** Those that nothing has to go before: the oldest of each key, or of all. */
  #firstOfKeys(): Iterable<DueDelivery> {
    const first = new Map<string, DueDelivery>();
    for (const item of this.#sorted()) {
      const key = this.settings.ordering === 'key' ? item.row.orderKey : '';
      if (!first.has(key)) first.set(key, item);
    }
    return first.values();
  }

  #sorted(): readonly DueDelivery[] {
    return [...this.#items.values()].sort(
      (a, b) => a.row.position - b.row.position || (a.row.event < b.row.event ? -1 : 1),
    );
  }

  begin(item: DueDelivery, nowMs: number): void {
    item.underWay = true;
    this.#unanswered++;
    const { ratePerSecond } = this.settings;
    if (ratePerSecond !== null) this.#nextTurnMs = Math.max(this.#nextTurnMs, nowMs) + 1000 / ratePerSecond;
  }

  /**
   * Whoever was attempted is done with it, and may be attempted with another one; the delivery itself is looked at again when its
   * outcome is {@link recorded}.
   */
  answered(outcome: EventType | null, nowMs: number): void {
    this.#unanswered--;
    this.#unrecorded++;
    if (outcome === 'DeliverySucceeded') this.#failingSinceMs = null;
    else if (outcome === 'DeliveryAttemptFailed') this.#failingSinceMs ??= nowMs;
  }

  recorded(item: DueDelivery): void {
    item.underWay = false;
    this.#unrecorded--;
  }
}
