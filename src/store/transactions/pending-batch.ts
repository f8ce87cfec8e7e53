/**
 * One batch on its way to the log: the frame being built, the commits in it with those who wait for
 * them, and what the lane's state is once it is durable. Used again for a later batch after it was
 * published, since the frame's memory is worth keeping.
 */
import type { AdastraError, Durability, Receipt } from '../../core/index.ts';
import { BatchBuilder } from '../../wal/index.ts';
import type { LaneState } from './lane-state.ts';
import type { PendingEntry } from './overlay.ts';

/** One commit that waits for its batch. */
export interface PendingCommit {
  readonly seq: number;
  /** Its keys, linked by `next`; `undefined` for a void commit. */
  readonly first: PendingEntry | undefined;
  readonly receipt: Receipt;
  readonly resolve: (receipt: Receipt) => void;
  readonly reject: (error: AdastraError) => void;
}

/** An answer that saw pending commits and may leave only with them (INV-2). */
export interface PendingAnswer {
  readonly release: () => void;
  readonly fail: (error: AdastraError) => void;
}

/** One origin goes on to a new bundle end. */
export interface VectorAdvance {
  readonly origin: string;
  readonly originSeq: number;
  readonly digest: Uint8Array;
}

const RANK: Record<Durability, number> = { os: 0, interval: 1, always: 2 };

export class PendingBatch {
  readonly builder: BatchBuilder = new BatchBuilder();
  firstSeq = 0;
  /** The strictest level that one of its commits asks for. */
  level: Durability = 'os';
  readonly commits: PendingCommit[] = [];
  readonly answers: PendingAnswer[] = [];
  /** What its bundles add to the vector. */
  readonly advances: VectorAdvance[] = [];
  /** The lane's state behind this batch; set when it is sealed. */
  after: LaneState | undefined = undefined;

  require(level: Durability): void {
    if (RANK[level] > RANK[this.level]) this.level = level;
  }

  reset(): void {
    this.builder.reset();
    this.firstSeq = 0;
    this.level = 'os';
    this.commits.length = 0;
    this.answers.length = 0;
    this.advances.length = 0;
    this.after = undefined;
  }
}
