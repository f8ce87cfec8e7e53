/**
 * A log opened for reading only, beside a writer or without one: it stands at the highest mark seen
 * when it was opened and stays there. To follow a log that grows, use `LogFollower`.
 */
import type { Batch } from './batch.ts';
import type { LogEnd, LogStat, ReadOptions } from './commit-log.ts';
import { type SegmentEntry, segmentStats, startFor } from './log-index.ts';
import { type ReadSource, readBatches } from './log-reader.ts';
import { ReadOnlyLog } from './read-only-log.ts';

export class LogView extends ReadOnlyLog {
  readonly worldId: Uint8Array;
  readonly logId: Uint8Array;
  readonly headSeq: number;
  readonly headDigest: Uint8Array;
  readonly term: number;
  readonly #source: ReadSource;

  constructor(source: ReadSource, head: { seq: number; digest: Uint8Array; term: number }) {
    super();
    this.#source = source;
    this.worldId = source.worldId;
    this.logId = source.logId;
    this.headSeq = head.seq;
    this.headDigest = head.digest;
    this.term = head.term;
  }

  get durableSeq(): number {
    return this.headSeq;
  }

  get durableEnd(): LogEnd {
    const { number: segment, bytes } = this.#source.entries.at(-1) as SegmentEntry;
    return { segment, bytes };
  }

  get baseSeq(): number {
    return (this.#source.entries[0] as SegmentEntry).firstSeq - 1;
  }

  get baseVector(): Uint8Array {
    return (this.#source.entries[0] as SegmentEntry).vector;
  }

  startFor(isCovered: (vector: Uint8Array) => boolean): number {
    return startFor(this.#source.entries, isCovered);
  }

  read(fromSeq: number, options: ReadOptions = {}): Generator<Batch, void, undefined> {
    return readBatches(
      this.#source,
      fromSeq,
      Math.min(options.toSeq ?? this.headSeq, this.headSeq + 1),
    );
  }

  stat(): LogStat {
    return {
      ...segmentStats(this.#source.entries),
      headSeq: this.headSeq,
      durableSeq: this.headSeq,
      batchCount: 0,
      syncCount: 0,
      syncMsLast: 0,
      syncMsMean: 0,
      syncSeconds: undefined,
      latched: undefined,
    };
  }
}
