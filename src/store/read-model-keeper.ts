import { renameSync } from 'node:fs';
import { join } from 'node:path';

import { EventCodec } from '../event-log/codec.ts';
import { AppError } from '../kernel/errors.ts';
import type { Projection } from '../projecting/projection.ts';
import { ReadModels, removeReadModels } from '../projecting/read-models.ts';
import { dataFiles } from './data-dir.ts';
import { eventsForProjections, learnStoredSchemas } from './fold-log.ts';
import type { LogFile } from './log-file.ts';
import { isCorruption } from './sqlite.ts';

/** How far the read models are: `rebuilding` while a file is made anew, with the position it has reached. */
export interface ReadModelStatus {
  readonly ready: boolean;
  readonly position: number;
  readonly head: number;
  readonly rebuilding: { readonly position: number } | null;
  /** Why the file was last made anew. */
  readonly rebuiltBecause: string | null;
}

interface KeeperOptions {
  readonly dataDir: string;
  readonly log: LogFile;
  readonly projections: readonly Projection[];
}

/** Events folded in one slice of a rebuild; queries get their turn between slices. */
const sliceEvents = 4000;
const startOverMs = 5000;

/**
 * Keeps the read models in step with the log. They are folded when the log has moved on for a moment and before any query, so
 * a reader always sees everything that was acknowledged, while a burst writes each row once.
 * INV-6: a query that is asked after an append was acknowledged sees that append.
 */
export class ReadModelKeeper {
  readonly #path: string;
  readonly #nextPath: string;
  readonly #log: LogFile;
  readonly #projections: readonly Projection[];
  readonly #codec = new EventCodec();
  #live: ReadModels | null = null;
  #next: ReadModels | null = null;
  #rebuiltBecause: string | null = null;
  #closed = false;

  constructor(options: KeeperOptions) {
    this.#path = join(options.dataDir, dataFiles.readModels);
    this.#nextPath = join(options.dataDir, dataFiles.nextReadModels);
    this.#log = options.log;
    this.#projections = options.projections;
    learnStoredSchemas(options.log, this.#codec);
    this.#open();
  }

  /**
   * Folds what the log has and the read models do not, and returns the position they have reached. A fold that fails (on a
   * full disk, say) leaves the checkpoint where it was; the next one starts there again.
   */
  catchUp(): number {
    const live = this.#live;
    if (live === null) return 0;
    try {
      const head = this.#log.head;
      while (live.position < head) this.#foldPage(live, sliceEvents);
    } catch (error) {
      this.#rebuildIfDamaged(error);
      throw error;
    }
    return live.position;
  }

  /** Runs a query on read models that hold everything committed so far. Throws NOT_READY during a rebuild at start. */
  query<T>(run: (reader: ReadModels) => T): T {
    this.catchUp();
    const live = this.#live;
    if (live === null) {
      const at = this.#next?.position ?? 0;
      throw new AppError('NOT_READY', {
        message: `The read models are being rebuilt from the log: at position ${String(at)} of ${String(this.#log.head)}.`,
        retryAfterMs: 1000,
      });
    }
    try {
      return run(live);
    } catch (error) {
      this.#rebuildIfDamaged(error);
      throw error;
    }
  }

  /** Makes the file anew beside the live one and switches when it has caught up. */
  rebuild(reason: string): void {
    if (this.#next !== null) return;
    this.#rebuiltBecause = reason;
    this.#next = ReadModels.create(this.#nextPath, this.#projections, this.#log.epoch);
    this.#scheduleSlice();
  }

  status(): ReadModelStatus {
    return {
      ready: this.#live !== null,
      position: this.#live?.position ?? 0,
      head: this.#log.head,
      rebuilding: this.#next === null ? null : { position: this.#next.position },
      rebuiltBecause: this.#rebuiltBecause,
    };
  }

  close(): void {
    this.#closed = true;
    this.#live?.close();
    this.#next?.close();
  }

  #open(): void {
    try {
      this.#live = ReadModels.open(this.#path, this.#projections, this.#log.epoch, this.#log.head);
    } catch (error) {
      if (!isCorruption(error)) throw error;
      this.#rebuiltBecause = 'the file was damaged';
    }
    if (this.#live === null) {
      this.rebuild(this.#rebuiltBecause ?? 'there was no file for these projections and this log');
      // A short log is folded before anybody can ask: a new data directory is ready at once.
      while (this.#live === null && this.#log.head < sliceEvents) this.#slice();
    } else {
      this.catchUp();
    }
  }

  #foldPage(models: ReadModels, limit: number): void {
    const records = this.#log.readAll(models.position, limit);
    const last = records.at(-1);
    if (last !== undefined) models.apply(eventsForProjections(records, this.#codec), last.position);
  }

  #rebuildIfDamaged(error: unknown): void {
    if (!isCorruption(error) || this.#live === null) return;
    this.#live.close();
    this.#live = null;
    this.rebuild('the file was damaged');
  }

  #scheduleSlice(): void {
    setImmediate(() => {
      if (this.#closed || this.#next === null) return;
      try {
        this.#slice();
      } catch {
        this.#startOver();
        return;
      }
      if (this.#next !== null) this.#scheduleSlice();
    });
  }

  /** A rebuild that failed (on a full disk, say) begins again after a while; what it has written is of no use. */
  #startOver(): void {
    this.#next?.close();
    this.#next = null;
    removeReadModels(this.#nextPath);
    setTimeout(() => {
      if (!this.#closed) this.rebuild(this.#rebuiltBecause ?? 'the last rebuild failed');
    }, startOverMs);
  }

  #slice(): void {
    const next = this.#next;
    if (next === null) return;
    if (next.position < this.#log.head) this.#foldPage(next, sliceEvents);
    if (next.position >= this.#log.head) this.#switchTo(next);
  }

  #switchTo(next: ReadModels): void {
    next.finish();
    this.#live?.close();
    removeReadModels(this.#path);
    renameSync(this.#nextPath, this.#path);
    removeReadModels(this.#nextPath);
    this.#next = null;
    this.#live = ReadModels.open(this.#path, this.#projections, this.#log.epoch, this.#log.head);
  }
}
