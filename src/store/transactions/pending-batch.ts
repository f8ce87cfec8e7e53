/**
 * One batch on its way to the log: the frame being built, the commits in it with those who wait for
 * them, and what the lane's state is once it is durable. Used again for a later batch after it was
 * published, since the frame's memory is worth keeping.
 */
import type {
  AdastraError,
  ByteWriter,
  Durability,
  Receipt,
  SignedHead,
  Vector,
} from '../../core/index.ts';
import { BatchBuilder } from '../../wal/index.ts';
import type { DecidedKey } from './decided-note.ts';
import { ignore, NO_RECEIPT } from './lane-answers.ts';
import { AdmissionTimes } from './lane-meter.ts';
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
  /** Of those of its commits that somebody waits for. */
  readonly times: AdmissionTimes = new AdmissionTimes();
  /** What its bundles add to the vector. */
  readonly advances: VectorAdvance[] = [];
  /** Signed heads among its records. */
  readonly heads: SignedHead[] = [];
  /** Conflicts that its commits ended. */
  readonly decided: DecidedKey[] = [];
  /** The lane's state behind this batch; set when it is sealed. */
  after: LaneState | undefined = undefined;

  require(level: Durability): void {
    if (RANK[level] > RANK[this.level]) this.level = level;
  }

  /** Adds a record that holds no bundle; `firstSeq`: that of the batch if it is the first in it. */
  addRecord(kind: number, firstSeq: number, write: (body: ByteWriter) => void): void {
    const { builder } = this;
    if (builder.isEmpty) this.firstSeq = firstSeq;
    builder.beginRecord(kind);
    write(builder.frame);
    builder.endRecord();
  }

  /** A commit that somebody waits for, admitted at `ms` of the monotonic clock. */
  addOwn(commit: PendingCommit, ms: number): void {
    this.commits.push(commit);
    this.times.note(ms);
  }

  /** The commits of a received bundle; the last one answers for all. */
  addReceived(
    firstSeq: number,
    commits: readonly (PendingEntry | undefined)[],
    resolve: () => void,
    reject: (error: AdastraError) => void,
  ): void {
    commits.forEach((first, index) => {
      const last = index === commits.length - 1;
      const answers = last ? { resolve, reject } : { resolve: ignore, reject: ignore };
      this.commits.push({ seq: firstSeq + index, first, receipt: NO_RECEIPT, ...answers });
    });
  }

  /** A local record that took a seq: nobody waits for it. */
  addLocal(seq: number, first: PendingEntry | undefined): void {
    this.commits.push({ seq, first, receipt: NO_RECEIPT, resolve: ignore, reject: ignore });
  }

  /** What it adds, into `vector`. */
  advance(vector: Vector): void {
    for (const { origin, originSeq, digest } of this.advances)
      vector.advance(origin, originSeq, digest);
  }

  /** Everybody who waits for it learns that it is not in the log, or that nobody knows. */
  fail(error: AdastraError): void {
    for (const answer of this.answers) answer.fail(error);
    for (const { reject } of this.commits) reject(error);
  }

  reset(): void {
    this.builder.reset();
    this.firstSeq = 0;
    this.level = 'os';
    this.commits.length = 0;
    this.answers.length = 0;
    this.times.reset();
    this.advances.length = 0;
    this.decided.length = 0;
    this.heads.length = 0;
    this.after = undefined;
  }
}
