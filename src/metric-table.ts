import type { LogFigures } from './event-log/log-figures.ts';
import type { MembershipFigures } from './event-log/membership.ts';
import type { HistogramReading } from './kernel/histogram.ts';
import type { JsonObject } from './kernel/json.ts';
import type { ReadModelStatus } from './store/read-model-keeper.ts';

/** What the parts of a node have measured when somebody asks. */
export interface Measured {
  readonly runner: { readonly running: number; readonly waiting: number; readonly slots: number };
  readonly sockets: JsonObject;
  readonly head: number;
  readonly readModels: ReadModelStatus;
  readonly events: Readonly<Record<string, number>>;
  readonly log: LogFigures;
  readonly membership: MembershipFigures | null;
}

/** A number, several by the value of the metric's label, or a histogram; null where this node has no such thing. */
export type Reading = number | Readonly<Record<string, number>> | HistogramReading | null;

/** One of the server's own metrics. */
export interface Metric {
  readonly name: `ihuman_${string}`;
  readonly type: 'gauge' | 'counter' | 'histogram';
  readonly help: string;
  /** What tells its numbers apart, where it has several. */
  readonly label?: string;
  /** Whether a node has it on any log, or only on Kafka. */
  readonly on: 'any log' | 'Kafka';
  readonly read: (measured: Measured) => Reading;
}

type Row = Omit<Metric, 'on'>;

const onAnyLog: readonly Row[] = [
  {
    name: 'ihuman_executions_running',
    type: 'gauge',
    help: 'Executions that run on this node.',
    read: ({ runner }) => runner.running,
  },
  {
    name: 'ihuman_executions_waiting',
    type: 'gauge',
    help: 'Executions that wait to be started.',
    read: ({ runner }) => runner.waiting,
  },
  {
    name: 'ihuman_runner_slots',
    type: 'gauge',
    help: 'Executions that may run at once on this node; 0 without the role runner.',
    read: ({ runner }) => runner.slots,
  },
  {
    name: 'ihuman_log_head_position',
    type: 'gauge',
    help: 'Position of the newest append.',
    read: ({ head }) => head,
  },
  {
    name: 'ihuman_log_append_duration_seconds',
    type: 'histogram',
    help: 'Time from the call of an append until it was acknowledged: accepted, or refused with a conflict.',
    read: ({ log }) => log.appendSeconds,
  },
  {
    name: 'ihuman_log_appends_total',
    type: 'counter',
    help: 'Appends of this node by how they ended: accepted, conflict, unknown (nobody knows yet) or failed (nothing written).',
    label: 'outcome',
    read: ({ log }) => log.appends,
  },
  {
    name: 'ihuman_read_models_lag',
    type: 'gauge',
    help: 'Positions between the log and the read models.',
    read: ({ head, readModels }) => Math.max(0, head - readModels.position),
  },
  {
    name: 'ihuman_events',
    type: 'gauge',
    help: 'Events in the log by type.',
    label: 'type',
    read: ({ events }) => events,
  },
  {
    name: 'ihuman_websocket_connections',
    type: 'gauge',
    help: 'Open WebSockets.',
    read: ({ sockets }) => Number(sockets.totalConnections),
  },
  {
    name: 'ihuman_websocket_frames_built_total',
    type: 'counter',
    help: 'Messages built for live subscribers.',
    read: ({ sockets }) => Number(sockets.framesBuilt),
  },
  {
    name: 'ihuman_websocket_frames_written_total',
    type: 'counter',
    help: 'Messages written to live subscribers.',
    read: ({ sockets }) => Number(sockets.framesWritten),
  },
];

const onKafka: readonly Row[] = [
  {
    name: 'ihuman_kafka_produce_duration_seconds',
    type: 'histogram',
    help: 'Time until all in-sync replicas had confirmed a produce request of the log.',
    read: ({ log }) => log.cluster?.produceSeconds ?? null,
  },
  {
    name: 'ihuman_kafka_produce_failures_total',
    type: 'counter',
    help: 'Produce requests of the log that were not confirmed; their appends are sent again.',
    read: ({ log }) => log.cluster?.produceFailures ?? null,
  },
  {
    name: 'ihuman_kafka_resends_total',
    type: 'counter',
    help: 'Appends that were sent again because they had not come back.',
    read: ({ log }) => log.cluster?.resends ?? null,
  },
  {
    name: 'ihuman_kafka_foreign_records_total',
    type: 'counter',
    help: 'Records in the topic of the log that are no append and count for nothing: somebody else writes there.',
    read: ({ log }) => log.cluster?.foreign ?? null,
  },
  {
    name: 'ihuman_kafka_appends_waiting',
    type: 'gauge',
    help: 'Appends of this node that have not come back from the partition.',
    read: ({ log }) => log.cluster?.waiting ?? null,
  },
  {
    name: 'ihuman_kafka_fold_lag_records',
    type: 'gauge',
    help: 'Records that stood in the partition at the newest fetch and that this node has not taken in.',
    read: ({ log }) => log.cluster?.lag ?? null,
  },
  {
    name: 'ihuman_kafka_last_fetch_timestamp_seconds',
    type: 'gauge',
    help: 'When a broker answered the newest fetch, in seconds since 1970. It stands still while reading or taking in stands still.',
    read: ({ log }) => (log.cluster === null ? null : (log.cluster.fetchedAtMs ?? 0) / 1000),
  },
  {
    name: 'ihuman_kafka_membership_changes_total',
    type: 'counter',
    help: 'Times that the shards were dealt out anew among the nodes, as far as this one took part.',
    read: ({ membership }) => membership?.changes ?? null,
  },
  {
    name: 'ihuman_kafka_cut_offs_total',
    type: 'counter',
    help: 'Times that this node lost its membership and took it up again.',
    read: ({ membership }) => membership?.cutOffs ?? null,
  },
  {
    name: 'ihuman_kafka_shards_owned',
    type: 'gauge',
    help: 'Shards that this node was dealt last: what it takes up executions of.',
    read: ({ membership }) => membership?.shards ?? null,
  },
  {
    name: 'ihuman_kafka_shards',
    type: 'gauge',
    help: 'Shards that there are, on all nodes together.',
    read: ({ membership }) => membership?.of ?? null,
  },
];

/** The one table of the server's own metrics: the scrape and the reference page are made from it. */
export const metrics: readonly Metric[] = [
  ...onAnyLog.map((row): Metric => ({ ...row, on: 'any log' })),
  ...onKafka.map((row): Metric => ({ ...row, on: 'Kafka' })),
];
