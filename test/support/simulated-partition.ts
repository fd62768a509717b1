import type { KafkaTransport, LogRecord, PartitionReader, PlacedRecord } from '../../src/event-log/kafka/transport.ts';

/** Whole numbers from 0 below `below`: the source of everything that goes wrong, so that a run can be repeated. */
export type Dice = (below: number) => number;

/** What may go wrong; each a chance in a hundred. */
export interface Faults {
  /** Written, but the producer is told that it failed. */
  readonly lostAck: number;
  /** Not written, and the producer is told so. */
  readonly lostRecord: number;
  /** Written twice. */
  readonly duplicate: number;
  /** Reported as failed, and written a good while later. */
  readonly late: number;
  /** A reader stands still for a while. */
  readonly pause: number;
  /** A reader is given again what it has had. */
  readonly again: number;
}

export const noFaults: Faults = { lostAck: 0, lostRecord: 0, duplicate: 0, late: 0, pause: 0, again: 0 };

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await turn();
}

/** One partition in memory that nodes share, with everything that Kafka and its clients are known to do to a log. */
export class SimulatedPartition {
  readonly records: PlacedRecord[] = [];
  readonly #dice: Dice;
  faults: Faults;
  #late = 0;

  constructor(dice: Dice, faults: Faults) {
    this.#dice = dice;
    this.faults = faults;
  }

  /** Records that were reported as failed and are still on their way. */
  get late(): number {
    return this.#late;
  }

  connect(): SimulatedTransport {
    return new SimulatedTransport(this, this.#dice);
  }

  happens(fault: keyof Faults): boolean {
    return this.#dice(100) < this.faults[fault];
  }

  write(record: LogRecord): void {
    this.records.push({ ...record, offset: this.records.length });
  }

  writeLater(record: LogRecord): void {
    this.#late++;
    void turns(50 + this.#dice(400)).then(() => {
      this.#late--;
      this.write(record);
    });
  }
}

/** A node's way to the partition. */
export class SimulatedTransport implements KafkaTransport {
  readonly #partition: SimulatedPartition;
  readonly #dice: Dice;
  #closed = false;
  lastFetch: KafkaTransport['lastFetch'] = null;
  /** It reads nothing: the node does not see what others do, and can still write. */
  asleep = false;

  constructor(partition: SimulatedPartition, dice: Dice) {
    this.#partition = partition;
    this.#dice = dice;
  }

  prepareTopic(): Promise<void> {
    return Promise.resolve();
  }

  async produce(records: readonly LogRecord[]): Promise<void> {
    const partition = this.#partition;
    await turns(this.#dice(5));
    let failed = false;
    for (const record of records) {
      if (this.#closed) throw new Error('closed');
      if (partition.happens('late')) {
        partition.writeLater(record);
        failed = true;
      } else if (partition.happens('lostRecord')) failed = true;
      else {
        partition.write(record);
        if (partition.happens('duplicate')) partition.write(record);
        if (partition.happens('lostAck')) failed = true;
      }
    }
    await turns(this.#dice(5));
    if (failed) throw new Error('the request timed out');
  }

  endOffset(): Promise<number> {
    return Promise.resolve(this.#partition.records.length);
  }

  read(reader: PartitionReader): Promise<void> {
    this.#readOn(reader).catch((error: unknown) => {
      reader.failed(error as Error);
    });
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#closed = true;
    return Promise.resolve();
  }

  async #readOn(reader: PartitionReader): Promise<void> {
    const { records } = this.#partition;
    while (records[0] === undefined) await turn();
    let next = await reader.begin(records[0]);
    while (!this.#closed) {
      while (this.asleep && !this.#closed) await turn();
      if (this.#partition.happens('pause')) await turns(this.#dice(200));
      if (this.#partition.happens('again')) next = Math.max(0, next - this.#dice(10));
      const batch = records.slice(next, next + 1 + this.#dice(20));
      this.lastFetch = { end: records.length, atMs: Date.now() };
      if (batch.length > 0) await reader.take(batch);
      next += batch.length;
      await turn();
    }
  }
}
