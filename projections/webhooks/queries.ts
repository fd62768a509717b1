import type { Cell, ReadModelReader } from '../../src/projecting/projection.ts';
import type { DeliveryCountsRow, DeliveryRow, ReplayRow, WebhookRow } from './tables.ts';

/** One webhook by id; deleted ones too. */
export function webhookById(reader: ReadModelReader, id: string): WebhookRow | null {
  return (reader.get('SELECT * FROM webhooks WHERE id = ?', id) as WebhookRow | undefined) ?? null;
}

/** The same, and up to which position of the log that holds. */
export function webhookAsOf(
  reader: ReadModelReader,
  id: string,
): { readonly webhook: WebhookRow | null; readonly asOf: number } {
  return { webhook: webhookById(reader, id), asOf: reader.position };
}

/** A page of an owner's webhooks, oldest first, and how many there are; deleted ones are left out. `owner` null: everybody's. */
export function listWebhooks(
  reader: ReadModelReader,
  owner: string | null,
  limit: number,
  offset: number,
): { readonly rows: readonly WebhookRow[]; readonly total: number } {
  const where = `WHERE status <> 'deleted'${owner === null ? '' : ' AND owner = ?'}`;
  const values: Cell[] = owner === null ? [] : [owner];
  const total = reader.get(`SELECT count(*) AS total FROM webhooks ${where}`, ...values)?.total ?? 0;
  const sql = `SELECT * FROM webhooks ${where} ORDER BY position LIMIT ? OFFSET ?`;
  return { rows: reader.all(sql, ...values, limit, offset) as readonly WebhookRow[], total: Number(total) };
}

/**
 * Webhooks after one in the order of their creation, deleted ones with what still waits too: what the deliverer looks after; and up
 * to which position of the log that holds.
 */
export function webhooksAfter(
  reader: ReadModelReader,
  after: number,
  limit: number,
): { readonly rows: readonly WebhookRow[]; readonly asOf: number } {
  const sql = `SELECT * FROM webhooks w WHERE position > ? AND (status <> 'deleted'
      OR EXISTS (SELECT 1 FROM deliveries WHERE webhook = w.id AND status = 'pending' AND nextAttemptAtMs >= 0))
    ORDER BY position LIMIT ?`;
  return { rows: reader.all(sql, after, limit) as readonly WebhookRow[], asOf: reader.position };
}

/** Owners that have webhooks. */
export function webhookOwners(reader: ReadModelReader): readonly string[] {
  return reader.all("SELECT DISTINCT owner FROM webhooks WHERE status <> 'deleted'").map(({ owner }) => String(owner));
}

/** What the deliverer has to know of a delivery that waits. */
export type PendingRow = Pick<DeliveryRow, (typeof pendingColumns)[number]>;

const pendingColumns = [
  'webhook',
  'event',
  'id',
  'owner',
  'eventType',
  'skill',
  'orderKey',
  'trigger',
  'attempts',
  'tries',
  'nextAttemptAtMs',
  'revision',
  'position',
] as const;

/** Deliveries of a webhook that wait, whether there are more, and up to which position of the log that holds. */
export interface PendingList {
  readonly rows: readonly PendingRow[];
  readonly more: boolean;
  readonly asOf: number;
}

// All that wait have a time, and to ask for it leads SQLite to the index over what waits, however long the history is.
const ofWebhook = "status = 'pending' AND webhook = ? AND nextAttemptAtMs >= 0";

/** Deliveries of a webhook that wait: those first that are due first, or (`inOrder`) those first that came first. */
export function pendingOf(reader: ReadModelReader, webhook: string, inOrder: number, limit: number): PendingList {
  const order = inOrder === 1 ? 'position, event' : 'nextAttemptAtMs, position';
  const sql = `SELECT ${pendingColumns.join(', ')} FROM deliveries WHERE ${ofWebhook} ORDER BY ${order} LIMIT ?`;
  const rows = reader.all(sql, webhook, limit) as readonly PendingRow[];
  return { rows, more: rows.length === limit, asOf: reader.position };
}

/**
 * The same where each key keeps its order: of every key as many as there is room for, in their order and from its first one on; of a
 * key whose first one is not due yet that one only.
 */
export function pendingByKey(reader: ReadModelReader, webhook: string, nowMs: number, limit: number): PendingList {
  const sql = `WITH ranked AS (
      SELECT event AS chosen, position AS at, count(*) OVER () AS total, row_number() OVER one AS place,
        first_value(nextAttemptAtMs) OVER one AS dueMs
      FROM deliveries WHERE ${ofWebhook} WINDOW one AS (PARTITION BY orderKey ORDER BY position, event)),
    best AS (SELECT * FROM ranked WHERE place = 1 OR dueMs <= ? ORDER BY place, dueMs, at LIMIT ?)
    SELECT ${pendingColumns.join(', ')}, total FROM best JOIN deliveries ON webhook = ? AND event = chosen
    ORDER BY place, dueMs, at`;
  const rows = reader.all(sql, webhook, nowMs, limit, webhook);
  const more = Number(rows[0]?.total ?? 0) > rows.length;
  return { rows: rows as unknown as readonly PendingRow[], more, asOf: reader.position };
}

/** The delivery of an event to a webhook. */
export function deliveryOf(reader: ReadModelReader, webhook: string, event: string): DeliveryRow | null {
  const sql = 'SELECT * FROM deliveries WHERE webhook = ? AND event = ?';
  return (reader.get(sql, webhook, event) as DeliveryRow | undefined) ?? null;
}

/** A delivery that waits, by its id. */
export function pendingById(reader: ReadModelReader, webhook: string, id: string): DeliveryRow | null {
  const row = reader.get(`SELECT * FROM deliveries WHERE ${ofWebhook} AND id = ?`, webhook, id);
  return (row as DeliveryRow | undefined) ?? null;
}

/** A page of a webhook's deliveries, newest first, and how many there are. */
export function listDeliveries(
  reader: ReadModelReader,
  webhook: string,
  status: string | null,
  limit: number,
  offset: number,
): { readonly rows: readonly DeliveryRow[]; readonly total: number } {
  const where = `WHERE webhook = ?${status === null ? '' : ' AND status = ?'}`;
  const values: Cell[] = status === null ? [webhook] : [webhook, status];
  const counts = countsOf(reader, webhook);
  const total =
    status === null
      ? Number(counts?.total ?? 0)
      : Number(reader.get(`SELECT count(*) AS total FROM deliveries ${where}`, ...values)?.total ?? 0);
  const sql = `SELECT * FROM deliveries ${where} ORDER BY createdAtMs DESC, position DESC, event DESC LIMIT ? OFFSET ?`;
  const rows = reader.all(sql, ...values, limit, offset) as readonly DeliveryRow[];
  return { rows, total };
}

/** How a webhook's deliveries ended. */
export function countsOf(reader: ReadModelReader, webhook: string): DeliveryCountsRow | null {
  const row = reader.get('SELECT * FROM delivery_counts WHERE webhook = ?', webhook);
  return (row as DeliveryCountsRow | undefined) ?? null;
}

/** The same of all webhooks of an owner, or (null) of all there are: deleted ones too. */
export function deliveryTotals(
  reader: ReadModelReader,
  owner: string | null,
): { readonly total: number; readonly delivered: number; readonly failed: number; readonly skipped: number } {
  const sums = ['total', 'delivered', 'failed', 'skipped'].map((name) => `coalesce(sum(${name}), 0) AS ${name}`);
  const where = owner === null ? '' : 'WHERE owner = ?';
  const row = reader.get(`SELECT ${sums.join(', ')} FROM delivery_counts ${where}`, ...(owner === null ? [] : [owner]));
  const numberOf = (name: string): number => Number(row?.[name] ?? 0);
  return {
    total: numberOf('total'),
    delivered: numberOf('delivered'),
    failed: numberOf('failed'),
    skipped: numberOf('skipped'),
  };
}

/** Replays of a webhook, newest first. */
export function replaysOf(reader: ReadModelReader, webhook: string): readonly ReplayRow[] {
  const sql = 'SELECT * FROM webhook_replays WHERE webhook = ? ORDER BY startedAtMs DESC, replay DESC LIMIT 100';
  return reader.all(sql, webhook) as readonly ReplayRow[];
}

/** Replays that have not ended, of webhooks that are still there. */
export function openReplays(reader: ReadModelReader): readonly ReplayRow[] {
  const sql = `SELECT r.* FROM webhook_replays r JOIN webhooks w ON w.id = r.webhook
    WHERE r.endedAtMs IS NULL AND w.status <> 'deleted' ORDER BY r.startedAtMs`;
  return reader.all(sql) as readonly ReplayRow[];
}

/** Whose executions and schedules these are, and of which skill if of any: for ids as a JSON array. */
export function subjectsOf(
  reader: ReadModelReader,
  idsJson: string,
): readonly { readonly id: string; readonly owner: string; readonly skill: string | null }[] {
  const ids = 'SELECT value FROM json_each(?)';
  const executions = reader.all(`SELECT id, owner, skill FROM executions WHERE id IN (${ids})`, idsJson);
  const schedules = reader.all(
    `SELECT id, owner, CASE settingsJson ->> 'targetKind' WHEN 'skill' THEN settingsJson ->> 'target' END AS skill
     FROM schedules WHERE id IN (${ids})`,
    idsJson,
  );
  const webhooks = reader.all(`SELECT id, owner, NULL AS skill FROM webhooks WHERE id IN (${ids})`, idsJson);
  return [...executions, ...schedules, ...webhooks].map(({ id, owner, skill }) => ({
    id: String(id),
    owner: String(owner),
    skill: typeof skill === 'string' ? skill : null,
  }));
}

/** The deliveries of the events of an execution, of all webhooks. */
export function deliveriesOfStream(reader: ReadModelReader, owner: string, stream: string): readonly DeliveryRow[] {
  const sql = `SELECT d.* FROM webhooks w JOIN deliveries d ON d.webhook = w.id AND d.event > ? AND d.event < ?
    WHERE w.owner = ? ORDER BY d.position LIMIT 1000`;
  return reader.all(sql, `${stream}@`, `${stream}@~`, owner) as readonly DeliveryRow[];
}
