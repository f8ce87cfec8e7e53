/**
 * The commit log as a port. The file driver is `FileCommitLog`; a later driver can keep a world's
 * log on a database or a replicated stream. A log is a chain of batches that are there whole or not
 * at all; it knows nothing of what the records mean.
 *
 * What a disk can do never comes as an exception but as an outcome: `rejected` means that nothing
 * of the batch is in the log, `unknown` that a flush failed and only the next open can tell.
 */
import type { AdastraError, HistogramReading } from '../core/index.ts';
import type { Batch } from './batch.ts';
import type { BatchBuilder } from './batch-builder.ts';

export type AppendOutcome =
  | { readonly kind: 'ok' }
  /** Somebody else's seq: the log stands at `head`. Nothing was written. */
  | { readonly kind: 'conflict'; readonly head: number }
  /** Nothing of it is in the log; the error says why (`disk_full`, `io_error`, `latched`, …). */
  | { readonly kind: 'rejected'; readonly error: AdastraError }
  /** A flush failed: what waited for it may or may not be there after the next open. */
  | { readonly kind: 'unknown'; readonly error: AdastraError };

/** `none`: not flushed. `now`: flushed before `append` returns. `background`: beside other work. */
export type SyncMode = 'none' | 'now' | 'background';

export interface SegmentStat {
  readonly number: number;
  readonly firstSeq: number;
  readonly bytes: number;
}

/** Counters since the log was opened; sizes in bytes, durations in ms. */
export interface LogStat {
  readonly segments: readonly SegmentStat[];
  readonly bytes: number;
  readonly headSeq: number;
  readonly durableSeq: number;
  readonly batchCount: number;
  readonly syncCount: number;
  readonly syncMsLast: number;
  /** Moving average; 0 before the first flush. */
  readonly syncMsMean: number;
  /** How long flushes took, in seconds; `undefined` where nothing is flushed. */
  readonly syncSeconds: HistogramReading | undefined;
  readonly latched: string | undefined;
}

/** A place in the files of a log: the end of a frame, or of a segment's header. */
export interface LogEnd {
  readonly segment: number;
  /** Bytes of that segment before it. */
  readonly bytes: number;
}

/** How many segments `dropBelow` removed, and what stopped it, if anything. */
export interface DropOutcome {
  readonly removed: number;
  readonly error: AdastraError | undefined;
}

export interface ReadOptions {
  /**
   * The last seq wanted; default: the head when reading begins. One above the head asks for local
   * notes behind the last commit as well.
   */
  readonly toSeq?: number;
}

export interface CommitLog {
  readonly worldId: Uint8Array;
  readonly logId: Uint8Array;
  /** The seq of the last commit; `baseSeq` when there is none. */
  readonly headSeq: number;
  /** The digest of the last batch. */
  readonly headDigest: Uint8Array;
  /** Commits up to this one are on the disk. */
  readonly durableSeq: number;
  /** Everything before it is on the disk for good: nothing there is ever written again. */
  readonly durableEnd: LogEnd;
  /** Called when more became durable, inside the flush, before its callers hear of it. */
  onDurable: () => void;
  /** The commit before the first one that is still here. */
  readonly baseSeq: number;
  /** The store's vector there, as it encoded it; empty bytes where nothing was. */
  readonly baseVector: Uint8Array;
  /** Stamped into every batch; one higher at each opening for writing. */
  readonly term: number;
  /** Why no more writes are taken, once a flush failed or another writer was noticed. */
  readonly latched: AdastraError | undefined;

  /**
   * Writes one batch if `expectedSeq` is the next seq. `done` is called exactly once: inside this
   * call for `none`, `now` and whatever was not written, later for `background`. One append or sync
   * may be unfinished at a time. The builder can be used again when this returns.
   */
  append(
    expectedSeq: number,
    batch: BatchBuilder,
    mode: SyncMode,
    done: (outcome: AppendOutcome) => void,
  ): void;
  /** Makes all that was written durable. */
  sync(mode: 'now' | 'background', done: (outcome: AppendOutcome) => void): void;
  /**
   * Appends a local note with the mark, if the last one written is behind `durableSeq`, so that
   * readers in other processes get to the last durable commit. No flush; a failure is left to the
   * next append.
   */
  writeMark(): void;
  /**
   * Batches from the one that holds `fromSeq` on (local notes right before it may be left out).
   * What a batch holds is valid until the next one is asked for. Throws `log_damaged` or `io_error`
   * when the disk no longer has what was written, `history_truncated` below the base.
   */
  read(fromSeq: number, options?: ReadOptions): Generator<Batch, void, undefined>;
  /**
   * The seq from which on something may be missing to somebody: the first of the last segment whose
   * vector at its start (as the store encoded it) `isCovered`; else the first of all.
   */
  startFor(isCovered: (vector: Uint8Array) => boolean): number;
  stat(): LogStat;
  /**
   * Removes whole segments of which every commit is at or below `seq`, never the newest; how many.
   */
  dropBelow(seq: number): DropOutcome;
  /** A clean end: flush, seal, flush, close. Returns what failed, if anything; never throws. */
  close(): AdastraError | undefined;
  /** Closes the files and writes nothing more. */
  abandon(): void;
}

/** The outcome of all that went well. */
export const OUTCOME_OK: AppendOutcome = { kind: 'ok' };

/** The outcome of what was not written at all. */
export function rejected(error: AdastraError): AppendOutcome {
  return { kind: 'rejected', error };
}
