import { Histogram, type HistogramReading } from '../kernel/histogram.ts';

/** How appends end: as the log judged them, with an outcome that nobody knows yet, or before anything was written. */
export type AppendEnd = 'accepted' | 'conflict' | 'unknown' | 'failed';

/** What a log has measured on this node since it was opened. */
export interface LogFigures {
  /** Appends by how they ended. */
  readonly appends: Readonly<Record<AppendEnd, number>>;
  /** Seconds from the call of an append until it was acknowledged: accepted, or refused with a conflict. */
  readonly appendSeconds: HistogramReading;
  /** Of the way to a cluster; null where the log is on this machine. */
  readonly cluster: ClusterFigures | null;
}

/** What a log on a cluster has measured beside. */
export interface ClusterFigures {
  /** Appends that have been sent, or are about to be, and have not come back. */
  readonly waiting: number;
  /** Records that were sent again because they had not come back. */
  readonly resends: number;
  /** Seconds that the brokers took to confirm a produce request. */
  readonly produceSeconds: HistogramReading;
  /** Produce requests that were not confirmed. */
  readonly produceFailures: number;
  /** Records that are no append, met since the log was opened: somebody else writes to the topic. */
  readonly foreign: number;
  /** Records that stood in the partition at the newest fetch and that this node has not taken in. */
  readonly lag: number;
  /** Wall-clock milliseconds at the newest fetch that a broker answered; null before the first one. */
  readonly fetchedAtMs: number | null;
}

/** Bounds in seconds, from a flush of a fast disk to the time after which an outcome is unknown. */
const latencyBounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** A histogram of how long the log takes for something, in seconds. */
export function latencies(): Histogram {
  return new Histogram(latencyBounds);
}
