/**
 * The commit log on files, open for writing. One batch is one write; a batch that does not go in
 * whole is taken back; a flush that fails latches the log for good, because after it nobody knows
 * what is on the disk. Rotation puts a new segment in place only after the old one is synced, so
 * damage in any older segment is damage to committed data.
 *
 * Opening, torn tails and damage are `recovery.ts`; the lock of the directory is the engine's.
 */
import { assert } from '../core/index.ts';
import type { AdastraError } from '../core/index.ts';
import type { Env } from '../env/index.ts';
import type { Batch } from './batch.ts';
import { BatchBuilder } from './batch-builder.ts';
import {
  type AppendOutcome,
  type CommitLog,
  type DropOutcome,
  type LogEnd,
  type LogStat,
  OUTCOME_OK,
  rejected,
  type ReadOptions,
  type SyncMode,
} from './commit-log.ts';
import { NOTE_KIND, RECORD_KIND } from './format.ts';
import { type FramePlace, FrameSealer } from './frame.ts';
import { closedError, diskError, latchedError, tooLargeError, unknownError } from './log-error.ts';
import type { LogPaths } from './log-files.ts';
import { type SegmentEntry, segmentStats, startFor } from './log-index.ts';
import { readBatches } from './log-reader.ts';
import { LogTail } from './log-tail.ts';
import type { ResolvedLogOptions } from './options.ts';
import { dropSegments } from './retention.ts';
import { SyncMeter } from './sync-meter.ts';

/** How a log stands when it is opened for writing. */
export interface LogStart {
  readonly paths: LogPaths;
  readonly options: ResolvedLogOptions;
  readonly worldId: Uint8Array;
  readonly logId: Uint8Array;
  readonly term: number;
  readonly headSeq: number;
  readonly headDigest: Uint8Array;
  readonly sealed: boolean;
  readonly entries: SegmentEntry[];
  readonly vector: () => Uint8Array;
}

export class FileCommitLog implements CommitLog {
  readonly worldId: Uint8Array;
  readonly logId: Uint8Array;
  readonly term: number;
  headSeq: number;
  headDigest: Uint8Array;
  durableSeq: number;
  durableEnd: LogEnd;
  onDurable: () => void = () => {};
  latched: AdastraError | undefined;
  readonly #env: Env;
  readonly #start: LogStart;
  readonly #options: ResolvedLogOptions;
  readonly #sealer: FrameSealer;
  readonly #place: FramePlace;
  readonly #note: BatchBuilder = new BatchBuilder(256);
  readonly #syncs: SyncMeter;
  readonly #tail: LogTail;
  #sealed: boolean;
  /** Whether anything was written since the last flush began. */
  #dirty = false;
  #closed = false;
  #busy = false;
  #mark: number;
  #fencedMs: number;
  #batchCount = 0;

  /** Everything in `start` is on the disk and synced. Throws errors of the file system. */
  constructor(env: Env, start: LogStart) {
    this.#env = env;
    this.#start = start;
    this.#options = start.options;
    this.worldId = start.worldId;
    this.logId = start.logId;
    this.term = start.term;
    this.headSeq = start.headSeq;
    this.headDigest = start.headDigest;
    this.durableSeq = start.headSeq;
    this.#mark = start.sealed ? start.headSeq : -1;
    this.#sealed = start.sealed;
    this.#tail = new LogTail(env, start.paths, start.entries);
    this.#tail.identify(start.worldId, start.logId);
    this.durableEnd = this.#tail.place;
    this.#sealer = new FrameSealer(env.crypto, start.worldId);
    this.#syncs = new SyncMeter(env.clock);
    this.#fencedMs = env.clock.monoMs();
    const { term, headDigest: previousDigest } = start;
    this.#place = { seed: 0, term, firstSeq: 0, syncedThrough: 0, previousDigest };
  }

  get baseSeq(): number {
    return (this.#tail.entries[0] as SegmentEntry).firstSeq - 1;
  }

  get baseVector(): Uint8Array {
    return (this.#tail.entries[0] as SegmentEntry).vector;
  }

  append(
    expectedSeq: number,
    batch: BatchBuilder,
    mode: SyncMode,
    done: (outcome: AppendOutcome) => void,
  ): void {
    assert(!this.#busy, 'one append or sync is unfinished at a time');
    assert(!batch.isEmpty && batch.isComplete, 'a batch has whole records');
    const refusal = this.#refusal(expectedSeq, batch) ?? this.#rotateIfFull();
    if (refusal !== undefined) return done(refusal);
    const outcome = this.#write(batch, mode !== 'none');
    if (outcome.kind !== 'ok' || mode === 'none') return done(outcome);
    this.#flush(mode, done);
  }

  sync(mode: 'now' | 'background', done: (outcome: AppendOutcome) => void): void {
    assert(!this.#busy, 'one append or sync is unfinished at a time');
    if (this.latched !== undefined) return done(rejected(this.latched));
    if (this.#closed) return done(rejected(closedError()));
    if (!this.#dirty) return done(OUTCOME_OK);
    this.#flush(mode, done);
  }

  writeMark(): void {
    if (this.#busy || this.#closed || this.latched !== undefined) return;
    if (this.#mark >= this.durableSeq || this.headSeq === this.baseSeq) return;
    this.#writeNote(RECORD_KIND.localNote, NOTE_KIND.markOnly);
  }

  read(fromSeq: number, options: ReadOptions = {}): Generator<Batch, void, undefined> {
    // Local notes behind the last commit have the seq that would come next.
    const toSeq = Math.min(options.toSeq ?? this.headSeq, this.headSeq + 1);
    const { worldId, logId } = this;
    const { entries } = this.#tail;
    const directory = this.#start.paths.data;
    const source = { env: this.#env, directory, worldId, logId, entries };
    return readBatches(source, fromSeq, toSeq);
  }

  startFor(isCovered: (vector: Uint8Array) => boolean): number {
    return startFor(this.#tail.entries, isCovered);
  }

  stat(): LogStat {
    return {
      ...segmentStats(this.#tail.entries),
      headSeq: this.headSeq,
      durableSeq: this.durableSeq,
      batchCount: this.#batchCount,
      ...this.#syncs.stat(),
      latched: this.latched?.message,
    };
  }

  dropBelow(seq: number): DropOutcome {
    return dropSegments(this.#env.fs, this.#start.paths, this.#tail.entries, seq);
  }

  close(): AdastraError | undefined {
    assert(!this.#busy, 'nothing is unfinished when the log is closed');
    if (this.#closed) return undefined;
    this.#closed = true;
    if (this.latched === undefined && !this.#sealed) this.#seal();
    this.#tail.close();
    return this.latched;
  }

  abandon(): void {
    if (this.#closed) return;
    this.#closed = true;
    // A flush that is under way needs the file; it closes it when it is done.
    if (!this.#busy) this.#tail.close();
  }

  /** Why this batch is not taken, or `undefined`. */
  #refusal(expectedSeq: number, batch: BatchBuilder): AppendOutcome | undefined {
    if (this.latched !== undefined) return rejected(this.latched);
    if (this.#closed) return rejected(closedError());
    if (expectedSeq !== this.headSeq + 1) return { kind: 'conflict', head: this.headSeq };
    if (batch.payloadBytes > this.#options.frameBytesMax) {
      return rejected(tooLargeError(batch.payloadBytes, this.#options.frameBytesMax));
    }
    const now = this.#env.clock.monoMs();
    if (now - this.#fencedMs < this.#options.fenceIntervalMs) return undefined;
    this.#fencedMs = now;
    return this.#fence();
  }

  /** Another process that took the directory over cannot be stopped, but it can be noticed. */
  #fence(): AppendOutcome | undefined {
    let strange: string | undefined;
    try {
      strange = this.#tail.strangeness();
    } catch (cause) {
      return this.#rejected(cause, 'cannot look at the log');
    }
    if (strange === undefined) return undefined;
    return rejected(this.#latch(latchedError(strange)));
  }

  #writeNote(kind: number, body?: number): AppendOutcome {
    const note = this.#note;
    note.reset();
    note.beginRecord(kind);
    if (body !== undefined) note.frame.u8(body);
    note.endRecord();
    return this.#write(note, false);
  }

  #write(batch: BatchBuilder, synced: boolean): AppendOutcome {
    const [tail, place] = [this.#tail, this.#place];
    const { frame, count } = batch;
    const firstSeq = this.headSeq + 1;
    place.seed = tail.placeSeed();
    place.firstSeq = firstSeq;
    place.syncedThrough = this.durableSeq;
    place.previousDigest = this.headDigest;
    const digest = this.#sealer.seal(batch, place);
    if (this.#options.preallocate) tail.makeRoom(frame.length, synced, this.#options);
    try {
      tail.write(frame.buffer, frame.length);
    } catch (cause) {
      return this.#takeBack(cause);
    }
    tail.advance(firstSeq, frame.length);
    this.headSeq = firstSeq + count - 1;
    this.headDigest = digest;
    this.#mark = this.durableSeq;
    this.#sealed = false;
    this.#dirty = true;
    this.#batchCount++;
    return OUTCOME_OK;
  }

  /** A write that failed is undone; where even that fails, the log is of unknown shape. */
  #takeBack(cause: unknown): AppendOutcome {
    try {
      this.#tail.cutToEnd();
    } catch (failed) {
      const reason = 'a failed write could not be taken back';
      this.#latch(latchedError(reason, failed));
      return { kind: 'unknown', error: unknownError(reason, cause) };
    }
    return this.#rejected(cause, 'cannot write to the log');
  }

  #flush(mode: 'now' | 'background', done: (outcome: AppendOutcome) => void): void {
    const target = this.headSeq;
    if (mode === 'now') return done(this.#flushNow());
    this.#busy = true;
    const begun = this.#syncs.begin();
    this.#tail.syncAsync((failed) => {
      this.#busy = false;
      if (this.#closed) this.#tail.close();
      if (failed !== undefined) return done(this.#flushFailed(failed));
      this.#flushed(begun, target);
      done(OUTCOME_OK);
    });
  }

  #flushNow(): AppendOutcome {
    const begun = this.#syncs.begin();
    try {
      this.#tail.sync();
    } catch (cause) {
      return this.#flushFailed(cause);
    }
    this.#flushed(begun, this.headSeq);
    return OUTCOME_OK;
  }

  #flushed(begun: number, seq: number): void {
    this.#syncs.end(begun);
    this.#dirty = false;
    this.durableSeq = seq;
    this.durableEnd = this.#tail.place;
    this.onDurable();
  }

  #flushFailed(cause: unknown): AppendOutcome {
    this.#latch(latchedError('a flush failed', cause));
    return { kind: 'unknown', error: unknownError('a flush failed', cause) };
  }

  #rotateIfFull(): AppendOutcome | undefined {
    const tail = this.#tail;
    if (tail.end < this.#options.segmentBytes || tail.isEmpty) return undefined;
    const strange = this.#fence();
    if (strange !== undefined) return strange;
    if (tail.hasRoom) tail.tryCut();
    if (this.#dirty && this.#flushNow().kind !== 'ok') {
      return rejected(this.latched as AdastraError);
    }
    const failure = tail.rotate({
      worldId: this.worldId,
      logId: this.logId,
      segment: tail.segment + 1,
      term: this.term,
      firstSeq: this.headSeq + 1,
      syncedThrough: this.headSeq,
      previousDigest: this.headDigest,
      vector: this.#start.vector(),
    });
    if (failure === undefined) {
      this.#mark = Math.max(this.#mark, this.headSeq);
      this.durableEnd = tail.place;
      return undefined;
    }
    if (!failure.renamed) return this.#rejected(failure.cause, 'cannot begin a new segment');
    const error = latchedError('a new segment may not be in place', failure.cause);
    return rejected(this.#latch(error));
  }

  /**
   * Flush, seal, flush. A seal that may not be on the disk must not be found later: it is cut off.
   */
  #seal(): void {
    if (this.durableSeq !== this.headSeq && this.#flushNow().kind !== 'ok') return;
    const beforeSeal = this.#tail.end;
    const written = this.#writeNote(RECORD_KIND.seal);
    if (written.kind === 'rejected') this.latched ??= written.error;
    if (written.kind !== 'ok') return;
    if (this.#tail.hasRoom) this.#tail.tryCut();
    if (this.#flushNow().kind === 'ok') return;
    this.#tail.tryReturnTo(beforeSeal);
  }

  #rejected(cause: unknown, what: string): AppendOutcome {
    return rejected(diskError(cause, what, this.#tail.path));
  }

  #latch(error: AdastraError): AdastraError {
    this.latched ??= error;
    return this.latched;
  }
}
