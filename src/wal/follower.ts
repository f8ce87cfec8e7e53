/**
 * Follows a log that another process writes: read-only, without a lock, by polling. It hands out
 * batches in order, only up to the highest mark that it has seen, so nothing of it can be taken
 * back.
 *
 * It lives through rotation, through a torn tail being cut, and through the last segment being
 * replaced by a copy of itself: it then finds its place again by (seq, digest). Where that place is
 * gone (another log, retention, repair) it says `reset`. What is unfinished is never damage to it.
 * Local notes can come twice after it found its place again, and may vanish in a crash.
 */
import type { AdastraError } from '../core/index.ts';
import { equalBytes } from '../core/index.ts';
import { type Env, errorCode } from '../env/index.ts';
import { type Batch, copyBatch } from './batch.ts';
import type { LogEnd } from './commit-log.ts';
import { FollowerCursor, type Opening } from './follower-cursor.ts';
import { segmentName } from './format.ts';
import { damageError, diskError, upgradeError, worldError } from './log-error.ts';
import { listSegments, type LogPaths, logPaths } from './log-files.ts';
import type { SegmentHeader } from './segment-header.ts';

export interface FollowerOptions {
  /** Hands out what comes after this seq; default 0. */
  readonly fromSeq?: number;
  /** The digest of the batch that ended there; another one there is a `reset`. */
  readonly fromDigest?: Uint8Array;
  readonly worldId?: Uint8Array;
  /** The log that it must be, another one is a `reset`; default: the first one that it finds. */
  readonly logId?: Uint8Array;
  /** Bytes handed out per poll, at least one batch; default 4 MiB. */
  readonly pollBytes?: number;
}

/**
 * `batches`: may be empty; each has memory of its own. `reset`: the place is gone, call `restart`.
 * `problem`: `world_mismatch`, `upgrade_needed`, `log_damaged` or an error of the disk; polling
 * again is allowed.
 */
export type FollowerPoll =
  | { readonly kind: 'batches'; readonly batches: readonly Batch[] }
  | { readonly kind: 'reset'; readonly reason: string }
  | { readonly kind: 'problem'; readonly error: AdastraError };

const NOTHING: FollowerPoll = { kind: 'batches', batches: [] };
/** How much further than it hands out a poll looks for marks. */
const AHEAD_FACTOR = 4;
const AHEAD_BYTES_MAX = 64 * 1024 * 1024;

/** Makes a follower; the log is first looked at by `poll`. @public */
export function openFollower(
  env: Env,
  directory: string,
  options: FollowerOptions = {},
): LogFollower {
  return new LogFollower(env, directory, options);
}

export class LogFollower {
  readonly #env: Env;
  readonly #paths: LogPaths;
  readonly #options: FollowerOptions;
  readonly #pollBytes: number;
  #seq: number;
  /** Digest of the last batch with commits that was handed out; notes can vanish, so not theirs. */
  #digest: Uint8Array | undefined;
  #logId: Uint8Array | undefined;
  /** The highest mark that stands in the log. */
  #seen = 0;
  /** The highest one that whoever writes the log told. */
  #told = 0;
  /** Where the writer says that what is durable ends. */
  #toldEnd: LogEnd | undefined;
  #deliver: FollowerCursor | undefined;
  #ahead: FollowerCursor | undefined;
  #reset: string | undefined;
  /** Where reading stuck at the last poll, to tell what is unfinished from what is damaged. */
  #stuckAt = '';

  constructor(env: Env, directory: string, options: FollowerOptions) {
    this.#env = env;
    this.#paths = logPaths(env, directory);
    this.#options = options;
    this.#pollBytes = options.pollBytes ?? 4 * 1024 * 1024;
    this.#seq = options.fromSeq ?? 0;
    this.#digest = options.fromDigest;
    this.#logId = options.logId;
  }

  /** The last seq handed out. */
  get seq(): number {
    return this.#seq;
  }

  /** Digest of the batch that ends there, where it is known. */
  get digest(): Uint8Array | undefined {
    return this.#digest;
  }

  /** Header of the segment that it reads; `undefined` while there is no log, or it looks for it. */
  get header(): SegmentHeader | undefined {
    return this.#deliver?.header;
  }

  /** Where what was handed out ends: in the segment of `header`. */
  get offset(): number {
    return this.#deliver?.offset ?? 0;
  }

  /** The highest mark seen: everything up to it is durable in the writer's log. */
  get markSeq(): number {
    return Math.max(this.#seen, this.#told);
  }

  /**
   * Whoever writes the log says that all up to `seq`, in the files up to `end`, is durable: the
   * marks in it may be behind. What stands further on need not be looked at meanwhile.
   */
  noteMark(seq: number, end: LogEnd): void {
    this.#told = Math.max(this.#told, seq);
    this.#toldEnd = end;
  }

  /** Nobody vouches any more for what was told: only what stands in the log counts. */
  forgetTold(): void {
    this.#told = 0;
    this.#toldEnd = undefined;
  }

  poll(): FollowerPoll {
    if (this.#reset !== undefined) return { kind: 'reset', reason: this.#reset };
    try {
      return this.#poll();
    } catch (cause) {
      if (errorCode(cause) === undefined) throw cause;
      this.#forget();
      // Something was renamed or removed between two calls: the next poll sees it whole.
      if (errorCode(cause) === 'ENOENT') return NOTHING;
      return { kind: 'problem', error: diskError(cause, 'cannot follow the log', this.#paths.log) };
    }
  }

  /** Goes on from another place, after a `reset`. */
  restart(fromSeq: number, fromDigest?: Uint8Array): void {
    this.#forget();
    this.#reset = undefined;
    this.#logId = undefined;
    this.#seen = 0;
    this.forgetTold();
    this.#seq = fromSeq;
    this.#digest = fromDigest;
  }

  close(): void {
    this.#forget();
  }

  #poll(): FollowerPoll {
    if (this.#deliver?.isCurrent() === false || this.#ahead?.isCurrent() === false) this.#forget();
    if (this.#deliver === undefined) {
      const opened = this.#find();
      if (!(opened instanceof FollowerCursor)) return opened;
      this.#deliver = opened;
    }
    const deliver = this.#deliver;
    if (this.#hasAllTold(deliver)) return NOTHING;
    // Nobody has to look ahead for what is known to be durable already.
    const isTold = this.#told > this.#seq;
    const known: Batch[] = [];
    const left = this.markSeq > this.#seq ? this.#handOut(deliver, known, 'toMark') : 1;
    if (known.length > 0 && (isTold || left <= 0)) return { kind: 'batches', batches: known };
    if (this.#ahead === undefined || this.#ahead.chain.headSeq < deliver.chain.headSeq) {
      this.#ahead?.close();
      this.#ahead = deliver.copy();
    }
    const problem = this.#lookAhead(this.#ahead);
    this.#handOut(deliver, known, 'toEnd');
    if (known.length > 0 || problem === undefined) return { kind: 'batches', batches: known };
    return this.#faultOfPlace() ?? { kind: 'problem', error: problem };
  }

  /** Behind it there is nothing durable: zeros at most, which would be read at each poll. */
  #hasAllTold({ segment, offset }: FollowerCursor): boolean {
    const end = this.#toldEnd;
    if (end === undefined || this.#seq < this.markSeq) return false;
    return segment === end.segment && offset >= end.bytes;
  }

  /** Whether, where nothing goes on, our place itself is gone: then it is not damage. */
  #faultOfPlace(): FollowerPoll | undefined {
    const opened = this.#find();
    if (!(opened instanceof FollowerCursor)) return opened;
    opened.close();
    return undefined;
  }

  /** Moves the mark; an error only for what can never become readable. */
  #lookAhead(cursor: FollowerCursor): AdastraError | undefined {
    const limit = this.#pollBytes * AHEAD_FACTOR;
    let bytes = 0;
    // While nothing can be handed out it looks further, so that an empty poll means caught up.
    while (bytes < limit || (this.markSeq <= this.#seq && bytes < AHEAD_BYTES_MAX)) {
      const step = cursor.next();
      this.#seen = Math.max(this.#seen, cursor.chain.mark);
      if (step === 'unsupported') {
        return upgradeError(segmentName(cursor.segment), cursor.scanner.offset);
      }
      if (step === 'wait') return this.#stuck(cursor);
      bytes += cursor.scanner.header.frameBytes;
      cursor.take();
      this.#seen = Math.max(this.#seen, cursor.chain.mark);
    }
    return undefined;
  }

  /**
   * The same bytes are no frame at two polls: look whether what stands behind proves them
   * committed.
   */
  #stuck(cursor: FollowerCursor): AdastraError | undefined {
    if (cursor.reason === undefined) return undefined;
    const here = `${cursor.segment}:${cursor.scanner.offset}:${cursor.fileBytes}`;
    if (here !== this.#stuckAt) {
      this.#stuckAt = here;
      return undefined;
    }
    const markSeq = Math.max(this.markSeq, cursor.markBehind());
    const lastGoodSeq = cursor.chain.headSeq;
    if (markSeq <= lastGoodSeq) return undefined;
    this.#seen = markSeq;
    return damageError(this.#paths.data, {
      file: segmentName(cursor.segment),
      offset: cursor.scanner.offset,
      reason: cursor.reason,
      lastGoodSeq,
      markSeq,
    });
  }

  /**
   * Adds to `batches`; how many bytes more could be added. `toMark`: without a look at what stands
   * behind the mark.
   */
  #handOut(cursor: FollowerCursor, batches: Batch[], until: 'toMark' | 'toEnd'): number {
    let left = this.#pollBytes;
    for (const { frameBytes } of batches) left -= frameBytes;
    if (until === 'toMark') cursor.expectMore();
    while (left > 0) {
      if (until === 'toMark' && this.#seq >= this.markSeq) break;
      if (cursor.next() !== 'frame') break;
      const { header } = cursor.scanner;
      if (header.lastSeq > this.markSeq) break;
      const batch = copyBatch(cursor.segment, cursor.scanner);
      cursor.take();
      batches.push(batch);
      left -= batch.frameBytes;
      if (header.count === 0) continue;
      this.#seq = header.lastSeq;
      this.#digest = batch.digest;
    }
    return left;
  }

  /** A cursor behind the last batch handed out, or what to answer instead. */
  #find(): FollowerCursor | FollowerPoll {
    const segments = listSegments(this.#env, this.#paths);
    let newest: SegmentHeader | undefined;
    for (let index = segments.length - 1; index >= 0; index--) {
      const opening = FollowerCursor.open(this.#env, this.#paths, segments[index] as number);
      if (opening.kind === 'unsupported') {
        return { kind: 'problem', error: upgradeError(segmentName(opening.segment), 0) };
      }
      // A header that is not whole yet cannot hold our place.
      if (opening.kind === 'bad') continue;
      newest ??= opening.header;
      if (index === 0 || this.#mayHoldPlace(opening.header)) return this.#enter(opening, newest);
      opening.cursor.close();
    }
    return NOTHING;
  }

  #mayHoldPlace({ firstSeq, previousDigest }: SegmentHeader): boolean {
    if (firstSeq !== this.#seq + 1) return firstSeq <= this.#seq;
    // Notes may stand between our place and the end of the segment before.
    return this.#digest === undefined || equalBytes(previousDigest, this.#digest);
  }

  #enter(
    opening: Extract<Opening, { kind: 'cursor' }>,
    newest: SegmentHeader,
  ): FollowerCursor | FollowerPoll {
    const { cursor, header } = opening;
    const answer = this.#faultOfHeader(header) ?? this.#goToPlace(cursor, header);
    if (answer !== undefined) {
      cursor.close();
      return answer;
    }
    // A segment begins when all before it is on the disk.
    if (equalBytes(newest.logId, header.logId)) {
      this.#seen = Math.max(this.#seen, newest.syncedThrough);
    }
    return cursor;
  }

  #faultOfHeader(header: SegmentHeader): FollowerPoll | undefined {
    const { worldId } = this.#options;
    if (worldId !== undefined && !equalBytes(worldId, header.worldId)) {
      return { kind: 'problem', error: worldError(this.#paths.log, worldId, header.worldId) };
    }
    this.#logId ??= header.logId;
    if (!equalBytes(this.#logId, header.logId)) return this.#lost('this is another log');
    if (header.firstSeq > this.#seq + 1)
      return this.#lost(`the log begins with seq ${header.firstSeq}`);
    return undefined;
  }

  /** Moves to just behind `#seq`. */
  #goToPlace(cursor: FollowerCursor, start: SegmentHeader): FollowerPoll | undefined {
    const digest = this.#digest;
    if (digest !== undefined && start.firstSeq === this.#seq + 1) {
      if (equalBytes(start.previousDigest, digest)) return undefined;
      return this.#lost('another batch stood at our place');
    }
    while (cursor.chain.headSeq < this.#seq) {
      const step = cursor.next();
      if (step === 'unsupported') {
        const error = upgradeError(segmentName(cursor.segment), cursor.scanner.offset);
        return { kind: 'problem', error };
      }
      if (step === 'wait') return this.#lost(`the log ends before seq ${this.#seq}`);
      const { header } = cursor.scanner;
      const { lastSeq } = header;
      if (lastSeq > this.#seq) return digest === undefined ? undefined : this.#strangerHere();
      const isOurs = digest === undefined || equalBytes(header.digest, digest);
      cursor.take();
      if (lastSeq === this.#seq && !isOurs) return this.#goToNote(cursor, digest);
    }
    return undefined;
  }

  /** A checkpoint may name the digest of a note that stood right behind its last commit. */
  #goToNote(cursor: FollowerCursor, digest: Uint8Array): FollowerPoll | undefined {
    while (cursor.next() === 'frame' && cursor.scanner.header.count === 0) {
      cursor.take();
      if (equalBytes(cursor.chain.digest, digest)) return undefined;
    }
    return this.#strangerHere();
  }

  #strangerHere(): FollowerPoll {
    return this.#lost('another batch stands at our place');
  }

  #lost(reason: string): FollowerPoll {
    this.#reset = reason;
    this.#forget();
    return { kind: 'reset', reason };
  }

  #forget(): void {
    this.#deliver?.close();
    this.#ahead?.close();
    this.#deliver = undefined;
    this.#ahead = undefined;
  }
}
