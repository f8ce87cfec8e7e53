/**
 * The reading half of `NodeApi` over one published state and the log behind it. It is the same for
 * a node that writes and for one that follows another.
 */
import {
  checkKey,
  type Commit,
  type Entry,
  type HistoryEntry,
  type Range,
  type Value,
} from '../core/index.ts';
import type { Timers } from '../env/index.ts';
import type { ChangeFeed } from './change-feed.ts';
import { DurableCommits } from './durable-commits.ts';
import type { Freshness, WaitForSeqOptions } from './freshness.ts';
import type { ProjectionStatus, QueryAnswer } from '../projections/index.ts';
import { historyIn } from './history-in.ts';
import type { ReadParts } from './engine-parts.ts';
import { PastReads } from './past-reads.ts';
import type { ChangesOptions, HistoryOptions } from './node-api.ts';
import type { Reads } from './reads.ts';
import { SeqWaiters } from './seq-waiters.ts';

export abstract class NodeReads {
  abstract readonly feed: ChangeFeed;
  /** Those of now: a snapshot of another node may replace them. */
  abstract get parts(): ReadParts;
  abstract get reads(): Reads;
  /** Seq of the last commit that readers see. */
  abstract get seq(): number;
  /** What is told to other processes for good. */
  readonly durable: DurableCommits;
  readonly #waiters: SeqWaiters;

  constructor(timers: Timers) {
    this.#waiters = new SeqWaiters(timers);
    this.durable = new DurableCommits(timers, () => ({
      log: this.parts.log,
      seq: this.seq,
      flush: () => this.flush(),
    }));
  }

  /** Throws `closed`. */
  abstract checkOpen(): void;
  abstract freshness(): Promise<Freshness>;
  /** Resolves when all that readers see is on the disk. */
  abstract flush(): Promise<void>;

  async get(key: string): Promise<Value | undefined> {
    this.checkOpen();
    return this.reads.get(key);
  }

  async getEntry(key: string): Promise<Entry | undefined> {
    this.checkOpen();
    return this.reads.getEntry(key);
  }

  async count(range?: Range): Promise<number> {
    this.checkOpen();
    return this.reads.count(range);
  }

  async *list(range?: Range): AsyncGenerator<[string, Value], void, undefined> {
    this.checkOpen();
    yield* this.reads.list(range);
  }

  async *history(
    key: string,
    options: HistoryOptions = {},
  ): AsyncGenerator<HistoryEntry, void, undefined> {
    this.checkOpen();
    checkKey(key, this.parts.limits.keyBytesMax);
    for (const entry of historyIn(this.parts, key, options)) {
      yield entry;
      this.checkOpen();
    }
  }

  at(seq: number): PastReads {
    return new PastReads(this, seq);
  }

  changes(options?: ChangesOptions): AsyncGenerator<Commit, void, undefined> {
    this.checkOpen();
    return this.feed.changes(options);
  }

  async query(projection: string, query: string, args?: Value): Promise<QueryAnswer> {
    this.checkOpen();
    return this.parts.replica.projections.query(projection, query, args);
  }

  async projections(): Promise<readonly ProjectionStatus[]> {
    this.checkOpen();
    return this.parts.replica.projections.status();
  }

  async waitForSeq(seq: number, options?: WaitForSeqOptions): Promise<void> {
    this.checkOpen();
    await this.#waiters.wait(seq, this.seq, options);
  }

  /** Readers see commit `seq`: those who wait for it, and streams, go on. */
  protected published(seq: number): void {
    this.#waiters.advance(seq);
    this.durable.published();
  }

  /** Ends those who wait, and streams. */
  protected endReads(): void {
    this.#waiters.close();
    this.durable.close();
  }
}
