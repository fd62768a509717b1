import { defineTable, type ReadModelRow } from '../../src/projecting/projection.ts';

export type WebhookStatus = 'active' | 'disabled' | 'deleted';

/** A webhook. Columns ending in `Json` hold JSON text. */
export type WebhookRow = ReadModelRow & {
  readonly id: string;
  readonly owner: string;
  readonly status: WebhookStatus;
  readonly settingsJson: string;
  /** Why it is disabled, or (`userErased`) deleted: reason and note. */
  readonly disabledReason: string | null;
  readonly disabledNote: string | null;
  /** Position at which it was last disabled; 0 when it never was. */
  readonly disabledAt: number;
  /** Deliveries up to this position that still wait are not made. */
  readonly skipUpTo: number;
  readonly createdAtMs: number;
  readonly changedAtMs: number;
  /** Position of its creation: lists are ordered by it. */
  readonly position: number;
};

export const webhooksTable = defineTable<WebhookRow>({
  name: 'webhooks',
  key: ['id'],
  columns: {
    id: 'text',
    owner: 'text',
    status: 'text',
    settingsJson: 'text',
    disabledReason: 'text?',
    disabledNote: 'text?',
    disabledAt: 'integer',
    skipUpTo: 'integer',
    createdAtMs: 'integer',
    changedAtMs: 'integer',
    position: 'integer',
  },
  indexes: [{ columns: ['owner', 'position'] }],
});

/** The webhooks of one owner that are not deleted, with their filters: what an event has to be compared with. */
export type SubscriptionsRow = ReadModelRow & { readonly owner: string; readonly webhooksJson: string };

export const subscriptionsTable = defineTable<SubscriptionsRow>({
  name: 'webhook_subscriptions',
  key: ['owner'],
  columns: { owner: 'text', webhooksJson: 'text' },
  indexes: [],
});

export type DeliveryStatus = 'pending' | 'delivered' | 'failed' | 'skipped';

/** A delivery: an event and a webhook that it goes to. */
export type DeliveryRow = ReadModelRow & {
  readonly webhook: string;
  /** Id of the event. */
  readonly event: string;
  readonly id: string;
  readonly owner: string;
  readonly eventType: string;
  readonly skill: string | null;
  /** What the event is about: deliveries may keep the order of equal keys. */
  readonly orderKey: string;
  readonly status: DeliveryStatus;
  readonly trigger: string;
  /** Attempts so far, and those of them since it was last asked for. */
  readonly attempts: number;
  readonly tries: number;
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
  readonly nextAttemptAtMs: number | null;
  readonly statusCode: number | null;
  readonly errorCode: string | null;
  /** Why it was skipped. */
  readonly skipReason: string | null;
  /** Revision of the delivery's own stream; -1 while it has no events. */
  readonly revision: number;
  /** Position of what last made it wait: of the event, or of the request to deliver it again. */
  readonly position: number;
};

export const deliveriesTable = defineTable<DeliveryRow>({
  name: 'deliveries',
  key: ['webhook', 'event'],
  columns: {
    webhook: 'text',
    event: 'text',
    id: 'text',
    owner: 'text',
    eventType: 'text',
    skill: 'text?',
    orderKey: 'text',
    status: 'text',
    trigger: 'text',
    attempts: 'integer',
    tries: 'integer',
    createdAtMs: 'integer',
    endedAtMs: 'integer?',
    nextAttemptAtMs: 'integer?',
    statusCode: 'integer?',
    errorCode: 'text?',
    skipReason: 'text?',
    revision: 'integer',
    position: 'integer',
  },
  fixed: ['owner', 'eventType', 'skill', 'orderKey', 'createdAtMs'],
  // None by id: whoever knows that knows webhook and event.
  indexes: [
    { columns: ['webhook', 'createdAtMs'] },
    // The to-do list.
    { columns: ['webhook', 'nextAttemptAtMs'], where: "status = 'pending'" },
  ],
});

/** How the deliveries of a webhook ended. */
export type DeliveryCountsRow = ReadModelRow & {
  readonly webhook: string;
  readonly owner: string;
  readonly total: number;
  readonly delivered: number;
  readonly failed: number;
  readonly skipped: number;
  readonly lastSuccessAtMs: number | null;
  /** The first failed attempt since the last success; null when that was the last. */
  readonly failingSinceMs: number | null;
};

export const deliveryCountsTable = defineTable<DeliveryCountsRow>({
  name: 'delivery_counts',
  key: ['webhook'],
  columns: {
    webhook: 'text',
    owner: 'text',
    total: 'integer',
    delivered: 'integer',
    failed: 'integer',
    skipped: 'integer',
    lastSuccessAtMs: 'integer?',
    failingSinceMs: 'integer?',
  },
  indexes: [{ columns: ['owner'] }],
});

/** A replay of past events to a webhook. */
export type ReplayRow = ReadModelRow & {
  readonly webhook: string;
  readonly replay: string;
  readonly scope: string;
  readonly fromPosition: number;
  readonly untilPosition: number;
  readonly position: number;
  readonly requested: number;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  readonly complete: number;
};

export const replaysTable = defineTable<ReplayRow>({
  name: 'webhook_replays',
  key: ['webhook', 'replay'],
  columns: {
    webhook: 'text',
    replay: 'text',
    scope: 'text',
    fromPosition: 'integer',
    untilPosition: 'integer',
    position: 'integer',
    requested: 'integer',
    startedAtMs: 'integer',
    endedAtMs: 'integer?',
    complete: 'integer',
  },
  indexes: [{ columns: ['webhook'], where: 'endedAtMs IS NULL' }],
});
