/**
 * What two nodes tell each other once their keys are proved and their hellos exchanged: the values
 * that `sync` makes and reads and that `transport` encodes. Neither knows the other; these shapes
 * are all that they share.
 */
import type { Vector } from './vector.ts';

/** A signature over the end of an origin's chain: it vouches for every bundle before it. */
export interface SignedHead {
  readonly origin: string;
  readonly originSeq: number;
  /** Chain digest there, 32 bytes. */
  readonly digest: Uint8Array;
  /** Of the origin's key, whose hash begins the origin. */
  readonly publicKey: Uint8Array;
  /** Ed25519, 64 bytes. */
  readonly signature: Uint8Array;
}

/** How far a member had everything durable, signed by it, passed on by anybody. */
export interface VectorStatement {
  readonly fingerprint: string;
  /** Wall time of its author, for people. */
  readonly timeMs: number;
  readonly vector: Vector;
  readonly signature: Uint8Array;
}

/** The first of each side on a new link: where it stands. */
export interface OpenMessage {
  readonly kind: 'open';
  /** Applied and durable, ended incarnations left out. */
  readonly vector: Vector;
  /** World levels that it understands. */
  readonly levelMin: number;
  readonly levelMax: number;
  /** What it wants: everything. */
  readonly filter: 'all';
  readonly stateHash: Uint8Array | undefined;
  readonly wallMs: number;
}

/** Whole bundles in a causal order, every one of them covered by a head in the same message. */
export interface BundlesMessage {
  readonly kind: 'bundles';
  /** Counts up from 1 on each link. */
  readonly frame: number;
  readonly bundles: readonly Uint8Array[];
  readonly heads: readonly SignedHead[];
}

/** Why a bundle or commit that arrived is not (yet) in effect at the receiver. */
export interface Refusal {
  readonly origin: string;
  readonly originSeq: number;
  readonly kind: 'held' | 'void' | 'refused' | 'fork' | 'unsupported';
  readonly reason: string;
  /** `held`: wall time of the receiver at which it will be taken; 0 where it depends on others. */
  readonly untilMs: number;
}

export interface AckMessage {
  readonly kind: 'ack';
  /** The last frame that was dealt with on this link; 0 for none. */
  readonly frame: number;
  /** Everything that is applied here, durable or not; ended incarnations left out. */
  readonly received: Vector;
  /** The same, durable: what the sender's cursor may pass. */
  readonly durable: Vector;
  /** State hash at `durable`, where it is at hand. */
  readonly stateHash: Uint8Array | undefined;
  readonly refusals: readonly Refusal[];
  /** Bundles are missing that the sender believed to have been received: begin again. */
  readonly again: boolean;
  readonly wallMs: number;
}

export interface StatementsMessage {
  readonly kind: 'statements';
  readonly statements: readonly VectorStatement[];
}

/** Equal vectors and unequal hashes: where the difference lies. */
export interface BucketsMessage {
  readonly kind: 'buckets';
  /** At which vector. */
  readonly vector: Vector;
  /** 256 sums of 32 bytes. */
  readonly buckets: Uint8Array;
}

/** The log of the other side no longer reaches down to where this one stands. */
export interface SnapshotRequestMessage {
  readonly kind: 'snapshotRequest';
  /** Bytes that are here already of the snapshot that was offered under this id. */
  readonly id: string;
  readonly offset: number;
}

/** What a member with role admin or witness stands for with its signature. */
export interface SnapshotOfferMessage {
  readonly kind: 'snapshotOffer';
  /** Names this snapshot, so that a broken transfer can go on. */
  readonly id: string;
  readonly fingerprint: string;
  readonly byteLength: number;
  /** SHA-256 over the SHA-256 of each MiB of its bytes. */
  readonly digest: Uint8Array;
  readonly stateHash: Uint8Array;
  readonly vector: Vector;
  readonly signature: Uint8Array;
}

export interface SnapshotChunkMessage {
  readonly kind: 'snapshotChunk';
  readonly id: string;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export type PeerMessage =
  | OpenMessage
  | BundlesMessage
  | AckMessage
  | StatementsMessage
  | BucketsMessage
  | SnapshotRequestMessage
  | SnapshotOfferMessage
  | SnapshotChunkMessage;

/** What a node says of itself in its hello; for people and for choosing a link, never for trust. */
export interface NodeMetadata {
  readonly nodeId: string;
  readonly displayName: string;
  readonly hostname: string;
  readonly platform: string;
  readonly version: string;
  readonly capabilities: readonly string[];
  readonly startedAtMs: number;
  readonly uptimeMs: number;
}

/** What a member may do. */
export type Role = 'read' | 'write' | 'admin' | 'witness';
