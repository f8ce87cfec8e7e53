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
import { FollowerCursor, type Opening } from './follower-cursor.ts';
import { FRAME_HEADER_BYTES, segmentName } from './format.ts';
import { damageError, diskError, upgradeError, worldError } from './log-error.ts';
import { listSegments, type LogPaths, logPaths } from './log-files.ts';

export interface FollowerOptions {
  /** Hands out what comes after this seq; default 0. */
  readonly fromSeq?: number;
  /** The digest of the batch that ended there; another one there is a `reset`. */
  readonly fromDigest?: Uint8Array;
  readonly worldId?: Uint8Array;
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
  #mark = 0;
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
  }

  /** The last seq handed out. */
  get seq(): number {
    return this.#seq;
  }

  /** The highest mark seen: everything up to it is durable in the writer's log. */
  get markSeq(): number {
    return this.#mark;
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
    this.#mark = 0;
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
    if (this.#ahead === undefined) {
      const opened = this.#find();
      if (!(opened instanceof FollowerCursor)) return opened;
      this.#ahead = opened;
    }
    const problem = this.#lookAhead(this.#ahead);
    const batches = this.#handOut(this.#deliver);
    if (batches.length > 0 || problem === undefined) return { kind: 'batches', batches };
    return { kind: 'problem', error: problem };
  }

  /** Moves the mark; an error only for what can never become readable. */
  #lookAhead(cursor: FollowerCursor): AdastraError | undefined {
    const limit = this.#pollBytes * AHEAD_FACTOR;
    let bytes = 0;
    // While nothing can be handed out it looks further, so that an empty poll means caught up.
    while (bytes < limit || (this.#mark <= this.#seq && bytes < AHEAD_BYTES_MAX)) {
      const step = cursor.next();
      this.#mark = Math.max(this.#mark, cursor.chain.mark);
      if (step === 'unsupported') {
        return upgradeError(segmentName(cursor.segment), cursor.scanner.offset);
      }
      if (step === 'wait') return this.#stuck(cursor);
      bytes += cursor.scanner.header.frameBytes;
      cursor.take();
      this.#mark = Math.max(this.#mark, cursor.chain.mark);
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
    const markSeq = Math.max(this.#mark, cursor.markBehind());
    const lastGoodSeq = cursor.chain.headSeq;
    if (markSeq <= lastGoodSeq) return undefined;
    return damageError(this.#paths.data, {
      file: segmentName(cursor.segment),
      offset: cursor.scanner.offset,
      reason: cursor.reason,
      lastGoodSeq,
      markSeq,
    });
  }

  #handOut(cursor: FollowerCursor): Batch[] {
    const batches: Batch[] = [];
    let bytes = 0;
    while (bytes < this.#pollBytes && cursor.next() === 'frame') {
      const { header } = cursor.scanner;
      if (header.lastSeq > this.#mark) break;
      const batch = copyBatch(cursor.segment, cursor.scanner);
      cursor.take();
      batches.push(batch);
      bytes += FRAME_HEADER_BYTES + header.payloadBytes;
      if (header.count === 0) continue;
      this.#seq = header.lastSeq;
      this.#digest = batch.digest;
    }
    return batches;
  }

  /** A cursor behind the last batch handed out, or what to answer instead. */
  #find(): FollowerCursor | FollowerPoll {
    const segments = listSegments(this.#env, this.#paths);
    for (let index = segments.length - 1; index >= 0; index--) {
      const opening = FollowerCursor.open(this.#env, this.#paths, segments[index] as number);
      if (opening.kind === 'unsupported') {
        return { kind: 'problem', error: upgradeError(segmentName(opening.segment), 0) };
      }
      // A header that is not whole yet cannot hold our place.
      if (opening.kind === 'bad') continue;
      const { header } = opening;
      const isOldest = index === 0;
      if (header.firstSeq > this.#seq && !isOldest && header.firstSeq !== this.#seq + 1) {
        opening.cursor.close();
        continue;
      }
      return this.#enter(opening);
    }
    return NOTHING;
  }

  #enter(opening: Extract<Opening, { kind: 'cursor' }>): FollowerCursor | FollowerPoll {
    const { cursor, header } = opening;
    const answer = this.#faultOfHeader(header) ?? this.#goToPlace(cursor);
    if (answer === undefined) return cursor;
    cursor.close();
    return answer;
  }

  #faultOfHeader(header: {
    worldId: Uint8Array;
    logId: Uint8Array;
    firstSeq: number;
  }): FollowerPoll | undefined {
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
  #goToPlace(cursor: FollowerCursor): FollowerPoll | undefined {
    while (cursor.chain.headSeq < this.#seq) {
      const step = cursor.next();
      if (step === 'unsupported') {
        const error = upgradeError(segmentName(cursor.segment), cursor.scanner.offset);
        return { kind: 'problem', error };
      }
      if (step === 'wait') return this.#lost(`the log ends before seq ${this.#seq}`);
      const { header } = cursor.scanner;
      const isAhead = header.lastSeq > this.#seq;
      const isOurs =
        this.#digest === undefined || (!isAhead && equalBytes(header.digest, this.#digest));
      if (header.lastSeq >= this.#seq && !isOurs)
        return this.#lost('another batch stands at our place');
      if (isAhead) return undefined;
      cursor.take();
    }
    return undefined;
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
