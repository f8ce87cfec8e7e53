/**
 * A log that another process writes, as far as it was followed: a `CommitLog` that grows, and can
 * be read from again wherever it came by. Whoever follows polls it, applies each batch and accepts
 * it; readers see what was accepted, and nothing of it can be taken back. Where the log of that
 * name is gone (`reset` at a poll) another one takes this one's place; what is read of this one
 * then is `reset` too.
 */
import { AdastraError, equalBytes } from '../core/index.ts';
import { type Env, errorCode } from '../env/index.ts';
import type { Batch } from './batch.ts';
import type { DropOutcome, LogEnd, LogStat, ReadOptions } from './commit-log.ts';
import { type FollowerPoll, LogFollower } from './follower.ts';
import {
  listSegments,
  type LogPaths,
  logPaths,
  readHeader,
  segmentPath,
  withFile,
} from './log-files.ts';
import { SegmentEntry, segmentStats, startFor } from './log-index.ts';
import { readBatches } from './log-reader.ts';
import { ReadOnlyLog } from './read-only-log.ts';

/** Where following begins: behind a commit of a log. */
export interface FollowedPlace {
  readonly worldId: Uint8Array;
  readonly logId: Uint8Array;
  readonly seq: number;
  /** Digest of the batch that ends there, 32 bytes; what stands there must have it. */
  readonly digest: Uint8Array;
  /** The digest cannot be compared with the log: the place is the base that the log begins at. */
  readonly isBase?: boolean;
}

/** The log that lies in a directory. */
export interface FoundLog {
  readonly worldId: Uint8Array;
  readonly logId: Uint8Array;
  /** The commit before the first one that is still there. */
  readonly baseSeq: number;
}

/** By the first header that can be read; `undefined` where there is none. Throws disk errors. */
export function findLog(env: Env, directory: string): FoundLog | undefined {
  const paths = logPaths(env, directory);
  for (const segment of listSegments(env, paths)) {
    const path = segmentPath(env, paths, segment);
    const reading = withFile(env.fs, path, (file) => readHeader(env, file));
    if (reading.kind !== 'header' || reading.header.segment !== segment) continue;
    const { worldId, logId, firstSeq } = reading.header;
    return { worldId, logId, baseSeq: firstSeq - 1 };
  }
  return undefined;
}

export interface FollowedLogOptions {
  /** Bytes handed out per poll, at least one batch; default 4 MiB. */
  readonly pollBytes?: number;
}

export class FollowedLog extends ReadOnlyLog {
  readonly worldId: Uint8Array;
  readonly logId: Uint8Array;
  /** The last commit accepted. */
  headSeq: number;
  /** Digest of the batch that ends there. */
  headDigest: Uint8Array;
  term = 0;
  readonly #env: Env;
  readonly #paths: LogPaths;
  readonly #follower: LogFollower;
  readonly #entries: SegmentEntry[] = [];
  #isGone = false;

  /** The log in `directory` is first looked at by `poll`. */
  constructor(
    env: Env,
    directory: string,
    place: FollowedPlace,
    { pollBytes }: FollowedLogOptions = {},
  ) {
    super();
    this.#env = env;
    this.#paths = logPaths(env, directory);
    this.worldId = place.worldId;
    this.logId = place.logId;
    this.headSeq = place.seq;
    this.headDigest = place.digest;
    this.#follower = new LogFollower(env, directory, {
      fromSeq: place.seq,
      ...(place.isBase === true ? {} : { fromDigest: place.digest }),
      logId: place.logId,
      ...(pollBytes === undefined ? {} : { pollBytes }),
    });
  }

  /** What the log is known to hold on the disk, accepted or not. */
  get durableSeq(): number {
    return Math.max(this.#follower.markSeq, this.headSeq);
  }

  get durableEnd(): LogEnd {
    const last = this.#entries.at(-1);
    return last === undefined
      ? { segment: 0, bytes: 0 }
      : { segment: last.number, bytes: last.bytes };
  }

  get baseSeq(): number {
    const first = this.#entries[0];
    return first === undefined ? 0 : first.firstSeq - 1;
  }

  get baseVector(): Uint8Array {
    return this.#entries[0]?.vector ?? new Uint8Array(0);
  }

  /** What comes next, in order; each batch is to be accepted, or none after it. */
  poll(): FollowerPoll {
    const polled = this.#follower.poll();
    if (polled.kind === 'reset') this.#isGone = true;
    if (polled.kind === 'batches') this.#enter();
    return polled;
  }

  /** The batch was applied: readers may see it. */
  accept(batch: Batch): void {
    const entry = this.#entryOf(batch.segment);
    if (entry !== undefined) {
      entry.note(batch.firstSeq, batch.offset);
      // Not the greatest: a note that vanished in a crash may have stood further on.
      entry.bytes = batch.offset + batch.frameBytes;
    }
    this.term = Math.max(this.term, batch.term);
    if (batch.count === 0) return;
    this.headSeq = batch.firstSeq + batch.count - 1;
    this.headDigest = batch.digest;
  }

  /** Whoever writes the log says that all up to `seq`, in the files up to `end`, is durable. */
  noteMark(seq: number, end: LogEnd): void {
    this.#follower.noteMark(seq, end);
  }

  /** Nobody vouches any more for what was told. */
  forgetTold(): void {
    this.#follower.forgetTold();
  }

  /** What the writer keeps is its own business. */
  override dropBelow(): DropOutcome {
    return { removed: 0, error: undefined };
  }

  *read(fromSeq: number, options: ReadOptions = {}): Generator<Batch, void, undefined> {
    this.#checkThere(fromSeq);
    const { worldId, logId } = this;
    const source = {
      env: this.#env,
      directory: this.#paths.data,
      worldId,
      logId,
      entries: this.#entries,
    };
    const toSeq = Math.min(options.toSeq ?? this.headSeq, this.headSeq + 1);
    try {
      yield* readBatches(source, fromSeq, toSeq);
    } catch (error) {
      // What looks like damage, or is missing, may be another log in the place of this one.
      if (isAnother(this.#env, this.#paths.data, this.logId)) this.#isGone = true;
      this.#checkThere(fromSeq);
      throw error;
    }
  }

  startFor(isCovered: (vector: Uint8Array) => boolean): number {
    return this.#entries.length === 0 ? this.headSeq + 1 : startFor(this.#entries, isCovered);
  }

  stat(): LogStat {
    return {
      ...segmentStats(this.#entries),
      headSeq: this.headSeq,
      durableSeq: this.durableSeq,
      batchCount: 0,
      syncCount: 0,
      syncMsLast: 0,
      syncMsMean: 0,
      syncSeconds: undefined,
      latched: undefined,
    };
  }

  override abandon(): void {
    this.#follower.close();
  }

  /** Entries of segments that it came to since it looked last. */
  #enter(): void {
    const { header, offset } = this.#follower;
    if (header === undefined || this.#entries.at(-1)?.number === header.segment) return;
    try {
      const from = (this.#entries.at(-1)?.number ?? 0) + 1;
      for (const number of listSegments(this.#env, this.#paths)) {
        if (number >= from && number <= header.segment) this.#add(number);
      }
    } catch (cause) {
      // What was handed out is good all the same; the next poll looks again.
      if (errorCode(cause) === undefined) throw cause;
    }
    const own = this.#entries.at(-1);
    if (own?.number === header.segment) own.bytes = offset;
  }

  #add(number: number): void {
    const path = segmentPath(this.#env, this.#paths, number);
    const file = this.#env.fs.open(path, 'read');
    try {
      const reading = readHeader(this.#env, file);
      if (reading.kind !== 'header' || !equalBytes(reading.header.logId, this.logId)) return;
      const { header, bytes } = reading;
      this.#entries.push(new SegmentEntry(path, header, bytes, file.stat().sizeBytes));
    } finally {
      file.close();
    }
  }

  #entryOf(segment: number): SegmentEntry | undefined {
    const first = this.#entries[0];
    return first && this.#entries[segment - first.number];
  }

  /** Lets go of segments that the writer removed; throws where the log cannot be read from. */
  #checkThere(fromSeq: number): void {
    if (!this.#isGone) this.#dropRemoved();
    if (this.#isGone) {
      throw new AdastraError(
        'reset',
        'the log that was followed is gone: another one stands there',
        {
          hint: 'read the present state, then begin again',
        },
      );
    }
    if (this.#entries.length > 0 || fromSeq > this.headSeq) return;
    throw new AdastraError('unavailable', `the log in ${this.#paths.data} cannot be reached`, {
      hint: 'the state can be read all the same; its history when the source is there again',
    });
  }

  #dropRemoved(): void {
    const entries = this.#entries;
    try {
      while (
        entries.length > 1 &&
        this.#env.fs.stat((entries[0] as SegmentEntry).path) === undefined
      ) {
        entries.shift();
      }
    } catch (cause) {
      if (errorCode(cause) === undefined) throw cause;
    }
  }
}

function isAnother(env: Env, directory: string, logId: Uint8Array): boolean {
  try {
    const found = findLog(env, directory);
    return found !== undefined && !equalBytes(found.logId, logId);
  } catch (cause) {
    if (errorCode(cause) === undefined) throw cause;
    return false;
  }
}
