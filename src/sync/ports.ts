/**
 * What sync needs of the node that it runs in. Every call is synchronous and answers from memory or
 * from a file that is at hand; where the host has to fetch or to sign first, it says so and calls
 * `advanced` when it has. Sync itself reads no clock, holds no bundle bytes beyond the call that it
 * got them in, and never asks twice for what has not changed.
 */
import type {
  Role,
  SignedHead,
  SnapshotOfferMessage,
  Vector,
  VectorStatement,
} from '../core/index.ts';

/** Milliseconds: `wall` since the Unix epoch, for people and stamps; `mono` for every interval. */
export interface Now {
  readonly wall: number;
  readonly mono: number;
}

/** What membership says of one key. */
export interface MemberView {
  readonly fingerprint: string;
  readonly role: Role;
  readonly state: 'member' | 'closing' | 'closed';
}

/** The incarnation that an origin followed, and up to where it had applied it. */
export interface NamedEnd {
  readonly origin: string;
  readonly lastOriginSeq: number;
}

/** A run of one origin's bundles among those that `readOutbox` gave. */
export interface OutboxRun {
  readonly origin: string;
  readonly firstOriginSeq: number;
  readonly lastOriginSeq: number;
}

export interface OutboxWindow {
  /** Where to read up to, included: never above what is durable (INV-2). */
  readonly toSeq: number;
  /**
   * What the peer has; bundles at or below it are passed over. Only the originSeqs count, digests
   * may be unknown; ended incarnations are filled in as far as this node knows them.
   */
  readonly vector: Vector;
  /** Bundles that this peer would not take now: passed over, the first one is told. */
  readonly skips: (origin: string, firstOriginSeq: number, lastOriginSeq: number) => boolean;
  /** Whole bundles up to this many bytes together; */
  readonly bytesMax: number;
  /** or the first one alone, where it is larger than that and not above this. */
  readonly largestMax: number;
}

export interface OutboxRead {
  /** In log order; may be empty where all that was read is at the peer, or skipped. */
  readonly bundles: readonly Uint8Array[];
  /** Cover every bundle here; of own origins signed for it. */
  readonly heads: readonly SignedHead[];
  /** The log was read up to here, included; from the next seq the next call goes on. */
  readonly lastSeq: number;
  readonly runs: readonly OutboxRun[];
  readonly commits: number;
  readonly bytes: number;
  /** Where the first bundle lies that `skips` left out. */
  readonly firstSkippedSeq: number | undefined;
  /**
   * `later`: bytes or a signature are not at hand; the host calls `advanced` when they are.
   * `larger`: the next bundle alone is above `largestMax`.
   */
  readonly blockedBy: 'later' | 'larger' | undefined;
}

/** What became of one bundle that was handed over; `store`'s outcome with what sync adds to it. */
export type BundleOutcome =
  | { readonly kind: 'applied'; readonly commits: number; readonly voids: readonly VoidCommit[] }
  | { readonly kind: 'duplicate' }
  /** The vector does not cover what its author had seen. */
  | {
      readonly kind: 'waiting';
      readonly missing: readonly { readonly origin: string; readonly originSeq: number }[];
    }
  /** Two commits under one name: `origin` is to be frozen. */
  | { readonly kind: 'fork'; readonly origin: string; readonly originSeq: number }
  | { readonly kind: 'malformed'; readonly reason: string }
  /** No head covers it, or the signature is wrong. */
  | { readonly kind: 'unsigned'; readonly reason: string }
  /** Not from a member, above what a closed one ended at, … */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Needs a newer version or world level: held, not refused. */
  | { readonly kind: 'unsupported'; readonly reason: string }
  /** Not tried, for a reason that is about this node (disk full, closing): to be sent again. */
  | { readonly kind: 'deferred'; readonly reason: string };

export interface VoidCommit {
  readonly originSeq: number;
  readonly reason: string;
}

export interface SyncHost {
  /** Of this node's key: text before the dot of its origins. */
  readonly fingerprint: string;

  // Log
  /**
   * Applied and durable, every incarnation. Not changed by sync; may be the live map, which is read
   * at once.
   */
  vector(): Vector;
  /** Applied, durable or not. */
  receivedVector(): Vector;
  /**
   * Chain digest behind the bundle that ends at `originSeq`, at or below `vector()`; `undefined`
   * where no bundle ends there or it is no longer known. With it a fork shows at the next open even
   * where the two sides are not equally far.
   */
  digestAt?(origin: string, originSeq: number): Uint8Array | undefined;
  /** The same, and may read the whole log for it: asked where a peer refused what it was sent. */
  findDigest?(origin: string, originSeq: number): Uint8Array | undefined;
  /** What a first bundle said of the incarnation before; `undefined` where none or not known. */
  predecessorOf(origin: string): NamedEnd | undefined;
  /** The last seq that is fdatasynced. */
  durableSeq(): number;
  /** Commits up to here are no longer in the log (0: all are). */
  baseSeq(): number;
  /**
   * Where the first bundle begins that `vector` lacks, at most `durableSeq() + 1`. At or below
   * `baseSeq` where it lacks what the log no longer has.
   */
  startFor(vector: Vector): number;
  /** Reads at most a few MiB of log in one call. */
  readOutbox(fromSeq: number, window: OutboxWindow): OutboxRead;
  /** Mean bytes of a commit in the log, for estimates; 0 where nothing is known. */
  meanCommitBytes(): number;

  // Members
  member(fingerprint: string): MemberView | undefined;
  /** All of them, this node and closed ones included. */
  members(): readonly MemberView[];
  /** By key of the statement's member. */
  verifyStatement(statement: VectorStatement): boolean;
  verifyOffer(offer: SnapshotOfferMessage): boolean;

  /** An admin has named the branch of this origin that stays: a fork of it freezes nothing more. */
  isDecided?(origin: string): boolean;
  /**
   * Commits may have been taken out again by whoever had them: they lay behind the end of a
   * membership or in a branch that did not stay, or had seen what did.
   */
  mayGoBack?(): boolean;

  // State
  /** At `vector()`; `undefined` where it would cost too much now. */
  stateHash(): Uint8Array | undefined;
  /** 256 sums of 32 bytes at `vector()`. */
  buckets(): Uint8Array;
  /** Milliseconds that a stamp may be ahead of the wall clock: a limit of the world. */
  driftLimitMs(): number;
  /** Bytes that are here of the snapshot with this id; 0 for none. */
  snapshotBytesHere(id: string): number;
}
