/**
 * The commits of a node that a power cut cannot take back, each with its place in the log: what is
 * told to other processes for good. Read from the log, so who is slow costs no memory; who listens
 * is called once for all that became durable in a turn. Where commits are published before they are
 * on the disk (levels `interval`, `os`), a listener has them brought there.
 */
import { AdastraError, type Commit, equalBytes } from '../core/index.ts';
import type { Timers } from '../env/index.ts';
import { commitsOf } from '../store/transactions/index.ts';
import type { CommitLog } from '../wal/index.ts';

/** Where a commit stands: two logs that have the same digest there are the same up to there. */
export interface LogPlace {
  readonly seq: number;
  /** The first 8 bytes of the digest of its batch. */
  readonly digest: Uint8Array;
}

/** A commit, system keys and void ones included. */
export interface PlacedCommit {
  readonly commit: Commit;
  readonly place: LogPlace;
}

/** `more`: commits are durable that were not. `reset`: another log took the place of the log. */
export type DurableEvent = 'more' | 'reset' | 'closed';

export interface DurableSource {
  readonly log: CommitLog;
  /** Seq of the last commit that readers see. */
  readonly seq: number;
  /** Brings what is published to the disk; nothing where it is there already. */
  flush(): Promise<void>;
}

const PLACE_BYTES = 8;

export class DurableCommits {
  readonly #timers: Timers;
  readonly #present: () => DurableSource;
  readonly #listeners = new Set<(event: DurableEvent) => void>();
  #log: CommitLog | undefined;
  #isNoticed = false;
  #isClosed = false;

  /** `present` gives what is open now: a snapshot of another node may replace it. */
  constructor(timers: Timers, present: () => DurableSource) {
    this.#timers = timers;
    this.#present = present;
  }

  /** Seq of the last commit that readers see and the disk has. */
  get seq(): number {
    const { log, seq } = this.#present();
    return Math.min(seq, log.durableSeq);
  }

  /** The commit before the first one that the log still holds. */
  get baseSeq(): number {
    return this.#present().log.baseSeq;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * The place of commit `seq`; where the log begins behind it, a place that stands for the log.
   * Throws `history_truncated` below that, `not_yet` above the last durable commit.
   */
  placeAt(seq: number): LogPlace {
    const { log } = this.#present();
    if (seq < log.baseSeq) throw truncated(seq, log.baseSeq);
    if (seq === log.baseSeq) return { seq, digest: log.logId.slice(0, PLACE_BYTES) };
    if (seq > this.seq) {
      throw new AdastraError('not_yet', `commit ${seq} is not here yet: the last is ${this.seq}`, {
        details: { seq, headSeq: this.seq },
      });
    }
    for (const batch of log.read(seq, { toSeq: seq })) {
      if (batch.firstSeq > seq || batch.firstSeq + batch.count <= seq) continue;
      return { seq, digest: batch.digest.slice(0, PLACE_BYTES) };
    }
    throw truncated(seq, log.baseSeq);
  }

  /**
   * Throws where this log does not go on from `place`: `reset` for another log, `history_truncated`
   * where what follows it was let go, `not_yet` where this node has not come there.
   */
  checkPlace(place: LogPlace): void {
    const { log } = this.#present();
    if (isSame(this.placeAt(place.seq), place)) return;
    // The digest of a commit that was let go is not known any more.
    const isBase = place.seq === log.baseSeq && place.seq > 0;
    throw isBase ? truncated(place.seq, log.baseSeq) : foreign(place.seq);
  }

  /** Commits from `fromSeq` up to the last one that is durable now. */
  *read(fromSeq: number): Generator<PlacedCommit, void, undefined> {
    const { log } = this.#present();
    const toSeq = this.seq;
    if (fromSeq > toSeq) return;
    if (fromSeq <= log.baseSeq && log.baseSeq > 0) throw truncated(fromSeq - 1, log.baseSeq);
    const from = Math.max(fromSeq, 1);
    for (const batch of log.read(from, { toSeq })) {
      const digest = batch.digest.slice(0, PLACE_BYTES);
      for (const { links: _, effects: __, ...commit } of commitsOf(batch, {
        fromSeq: from,
        toSeq,
      })) {
        yield { commit, place: { seq: commit.seq, digest } };
      }
    }
  }

  /** Returns what ends it. The listener is never called inside the writer's stack. */
  listen(listener: (event: DurableEvent) => void): () => void {
    const own = (event: DurableEvent): void => listener(event);
    if (this.#listeners.size === 0) this.#log = this.#present().log;
    this.#listeners.add(own);
    this.published();
    return () => this.#listeners.delete(own);
  }

  /** Readers see more; or something else is open now. Costs nothing while nobody listens. */
  published(): void {
    if (this.#listeners.size === 0 || this.#isNoticed || this.#isClosed) return;
    this.#isNoticed = true;
    this.#timers.soon(() => void this.#tell());
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#call('closed');
    this.#listeners.clear();
  }

  async #tell(): Promise<void> {
    this.#isNoticed = false;
    if (this.#isClosed) return;
    const { log } = this.#present();
    const isReset = this.#log !== log;
    this.#log = log;
    if (isReset) this.#call('reset');
    else this.#call('more');
    await this.#flush();
  }

  async #flush(): Promise<void> {
    const source = this.#present();
    if (source.log.durableSeq >= source.seq) return;
    try {
      await source.flush();
    } catch {
      // The log is latched and has told so.
      return;
    }
    if (!this.#isClosed) this.#call('more');
  }

  #call(event: DurableEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}

function isSame(one: LogPlace, other: LogPlace): boolean {
  return one.seq === other.seq && equalBytes(one.digest, other.digest);
}

function truncated(seq: number, baseSeq: number): AdastraError {
  const message = `what follows commit ${seq} was let go: the log begins behind ${baseSeq}`;
  return new AdastraError('history_truncated', message, {
    hint: 'read the present state, then go on from the place that comes with it',
    details: { seq, baseSeq },
  });
}

function foreign(seq: number): AdastraError {
  return new AdastraError('reset', `another commit ${seq} stands in this log: it was replaced`, {
    hint: 'read the present state, then go on from the place that comes with it',
    details: { seq },
  });
}
