/** A record for the log's partition. */
export interface LogRecord {
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Empty: the record removes what stands under its key from a compacted topic. */
  readonly value: Uint8Array;
}

/** A record with its place in the partition. */
export interface PlacedRecord extends LogRecord {
  readonly offset: number;
}

/** Who reads the partition. All calls come one after another; the next waits for the promise of the one before. */
export interface PartitionReader {
  /** The partition's first record; answers the offset to go on from. A rejection ends the reading, and `failed` is told. */
  begin(first: PlacedRecord): Promise<number>;
  /** Records in the order of the partition. Those below the wanted offset may come again, and are to be skipped. */
  take(records: readonly PlacedRecord[]): Promise<void>;
  /** Reading has ended for good: the client has given up, or was closed. */
  failed(error: Error): void;
}

/**
 * The one partition that a log on Kafka consists of: all that ihuman needs of a Kafka client. Plain produce and fetch only, so
 * that a bug in a client's idempotence, transactions or group assignment cannot reach the log.
 */
export interface KafkaTransport {
  /** Makes the topic when it is missing, and otherwise checks it. Throws CONFIG_INVALID with what would mend it. */
  prepareTopic(): Promise<void>;

  /**
   * Writes records in one request that all in-sync replicas have to confirm. Rejects with EVENT_TOO_LARGE when the broker
   * refuses the size; after any other rejection nobody knows whether the records were written.
   */
  produce(records: readonly LogRecord[]): Promise<void>;

  /** The offset behind the newest record that readers may see. */
  endOffset(): Promise<number>;

  /**
   * The newest answer to the reading: the offset behind the newest record that readers could see by then, and when that was, in
   * wall-clock milliseconds. Null before the first one.
   */
  readonly lastFetch: { readonly end: number; readonly atMs: number } | null;

  /** Reads the partition from its first record on, for ever. */
  read(reader: PartitionReader): Promise<void>;

  /** Stops reading and closes all connections; what is being produced is abandoned. */
  close(): Promise<void>;
}
