/**
 * The log of an open node as files, for those who follow it: what is durable of each segment, its
 * checkpoints, and who wants to hear when that grows. Bytes are never given out before they are on
 * the disk for good.
 */
import { AdastraError, hexOf } from '../core/index.ts';
import { type Env, errorCode } from '../env/index.ts';
import { listCheckpoints } from '../store/checkpoint/index.ts';
import { type CommitLog, segmentName } from '../wal/index.ts';
import { checkpointDirectory, diskError, logDirectory } from './directory.ts';
import type { LogDescription, LogPosition } from './follow/source.ts';

/** What is given out at once, at most. */
const BYTES_MAX = 4 * 1024 * 1024;

/** Whose files they are; a snapshot may replace the log. */
export interface LogOwner {
  readonly env: Env;
  readonly dataDir: string;
  readonly log: CommitLog;
}

export class LogFiles {
  readonly #owner: () => LogOwner;
  readonly #listeners = new Set<() => void>();
  #isTelling = false;

  constructor(owner: () => LogOwner) {
    this.#owner = owner;
  }

  get position(): LogPosition {
    const { env, log } = this.#owner();
    const { segment, bytes } = log.durableEnd;
    // Who follows may know of more than it has.
    const seq = Math.min(log.durableSeq, log.headSeq);
    const atMs = Math.floor(env.clock.monoMs());
    return { logId: hexOf(log.logId), seq, baseSeq: log.baseSeq, segment, bytes, atMs };
  }

  describe(): LogDescription {
    const { env, dataDir, log } = this.#owner();
    const { position } = this;
    const segments = log
      .stat()
      .segments.filter(({ number }) => number <= position.segment)
      .map((one) => (one.number === position.segment ? { ...one, bytes: position.bytes } : one));
    const checkpoints = listCheckpoints(env, checkpointDirectory(env, dataDir)).map(
      ({ seq, file }) => ({ seq, bytes: env.fs.stat(file)?.sizeBytes ?? 0 }),
    );
    return { ...position, worldId: hexOf(log.worldId), segments, checkpoints };
  }

  /**
   * Durable bytes of one segment from `from` on, at most 4 MiB; none where there are none yet.
   * Throws `reset` where the log is not `logId`, `history_truncated` for a segment that is not
   * there.
   */
  segment(number: number, from: number, logId?: string): Uint8Array {
    const { env, dataDir, log } = this.#owner();
    if (logId !== undefined && logId !== hexOf(log.logId)) throw otherLog();
    const found = this.describe().segments.find((one) => one.number === number);
    if (found === undefined) throw notThere(`segment ${number} of the log`, log.baseSeq);
    const path = env.fs.resolve(logDirectory(env, dataDir), segmentName(number));
    return readRange(env, path, from, found.bytes);
  }

  /** Bytes of a checkpoint from `from` on, at most 4 MiB. Throws `history_truncated`. */
  checkpoint(seq: number, from: number): Uint8Array {
    const { env, dataDir, log } = this.#owner();
    const listed = listCheckpoints(env, checkpointDirectory(env, dataDir));
    const found = listed.find((one) => one.seq === seq);
    if (found === undefined) throw notThere(`a checkpoint at seq ${seq}`, log.baseSeq);
    return readRange(env, found.file, from, Number.MAX_SAFE_INTEGER);
  }

  /** Hears, after this turn, that more is durable; returns what ends it. */
  listen(listener: () => void): () => void {
    const own = (): void => listener();
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** More became durable: whoever waits for that in this process goes first. */
  grew(): void {
    if (this.#isTelling || this.#listeners.size === 0) return;
    this.#isTelling = true;
    this.#owner().env.timers.soon(() => {
      this.#isTelling = false;
      for (const listener of this.#listeners) listener();
    });
  }
}

function readRange(env: Env, path: string, from: number, end: number): Uint8Array {
  try {
    const file = env.fs.open(path, 'read');
    try {
      const to = Math.min(end, file.stat().sizeBytes, from + BYTES_MAX);
      const bytes = new Uint8Array(Math.max(0, to - from));
      let filled = 0;
      while (filled < bytes.length) {
        const count = file.read(bytes, filled, bytes.length - filled, from + filled);
        if (count === 0) break;
        filled += count;
      }
      return bytes.subarray(0, filled);
    } finally {
      file.close();
    }
  } catch (error) {
    // Retention took it between two requests.
    if (errorCode(error) === 'ENOENT') throw notThere(path, 0);
    throw diskError(error, `cannot read ${path}`);
  }
}

function otherLog(): AdastraError {
  return new AdastraError('reset', 'the log that was followed is gone: another one stands there', {
    hint: 'begin again with the log that is there: GET /v1/log',
  });
}

function notThere(what: string, baseSeq: number): AdastraError {
  return new AdastraError('history_truncated', `there is no ${what}`, {
    hint: 'look at what is there: GET /v1/log',
    details: { baseSeq },
  });
}
