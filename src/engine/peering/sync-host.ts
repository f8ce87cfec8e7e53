/**
 * What sync sees of its node: log, lane, members, state. It answers from memory or from the page
 * cache and changes nothing. What is applied and what is durable are two vectors: at the levels
 * `interval` and `os` the published state runs ahead of the disk, and only what is on the disk goes
 * to others (INV-2).
 */
import {
  bytesOfHex,
  type SnapshotOfferMessage,
  Vector,
  ByteReader,
  type VectorStatement,
} from '../../core/index.ts';
import type { MemberView, NamedEnd, OutboxRead, OutboxWindow, SyncHost } from '../../sync/index.ts';
import {
  type Member,
  type MembershipTable,
  PRESENT,
  signHead,
} from '../../store/transactions/index.ts';
import type { PeeringNode } from './peering-node.ts';
import { verifySnapshotOffer } from '../rebuild/snapshot.ts';
import { digestInLog } from '../rebuild/fork.ts';
import { readOutbox } from './outbox-reader.ts';
import { isStatementSigned } from './vector-statement.ts';

/** What the host asks beside log and lane. */
export interface HostSurroundings {
  /** What has arrived so far of the snapshot with this id. */
  readonly snapshots: { bytesHere(id: string): number };
  /** Fingerprint of the inviter while this node joins: an admin, though it has no statement yet. */
  trusted(): string | undefined;
  /** Public key that the link with this node has proved. */
  keyOf(fingerprint: string): Uint8Array | undefined;
}

/** A state whose hash is not at hand is hashed in slices first, by `status` or the checkpointer. */
const HASH_SLICE_ENTRIES = 2000;

export class NodeSyncHost implements SyncHost {
  readonly fingerprint: string;
  readonly #node: PeeringNode;
  readonly #around: HostSurroundings;
  #durable: Vector;
  #durableSeq: number;

  constructor(node: PeeringNode, around: HostSurroundings) {
    this.#node = node;
    this.#around = around;
    this.fingerprint = node.identity.fingerprint;
    this.#durable = node.lane.vector.copy();
    this.#durableSeq = node.log.durableSeq;
  }

  vector(): Vector {
    const { log, lane } = this.#node;
    const isAllDurable = log.durableSeq >= lane.publishedSeq;
    if (isAllDurable && this.#durableSeq !== lane.publishedSeq) {
      this.#durable = lane.vector.copy();
      this.#durableSeq = lane.publishedSeq;
    }
    return this.#durable;
  }

  receivedVector(): Vector {
    return this.#node.lane.vector;
  }

  findDigest(origin: string, originSeq: number): Uint8Array | undefined {
    return digestInLog(this.#node.log, origin, originSeq);
  }

  predecessorOf(origin: string): NamedEnd | undefined {
    return this.#node.replica.incarnations.predecessorOf(origin);
  }

  durableSeq(): number {
    this.vector();
    return this.#durableSeq;
  }

  baseSeq(): number {
    return this.#node.log.baseSeq;
  }

  startFor(vector: Vector): number {
    const { log } = this.#node;
    const own = this.vector();
    if (own.entries().every(([origin, { originSeq }]) => vector.originSeqOf(origin) >= originSeq)) {
      return this.#durableSeq + 1;
    }
    const isCovered = (bytes: Uint8Array): boolean => coversAll(vector, bytes);
    if (log.baseSeq > 0 && !isCovered(log.baseVector)) return log.baseSeq;
    return log.startFor(isCovered);
  }

  readOutbox(fromSeq: number, window: OutboxWindow): OutboxRead {
    const { log, identity, env } = this.#node;
    const { worldId } = log;
    const sign = (origin: string, originSeq: number, digest: Uint8Array) =>
      signHead(env.crypto, identity, worldId, { origin, originSeq, digest });
    return readOutbox({ log, fingerprint: this.fingerprint, sign }, fromSeq, window);
  }

  meanCommitBytes(): number {
    const { log } = this.#node;
    const commits = log.headSeq - log.baseSeq;
    return commits === 0 ? 0 : log.stat().bytes / commits;
  }

  member(fingerprint: string): MemberView | undefined {
    const standing = this.#table.rightsOf(fingerprint, PRESENT);
    if (standing !== undefined) return viewOf({ fingerprint, ...standing });
    if (fingerprint !== this.#around.trusted()) return undefined;
    return { fingerprint, role: 'admin', state: 'member' };
  }

  members(): readonly MemberView[] {
    return this.#table.members().map(viewOf);
  }

  verifyStatement(statement: VectorStatement): boolean {
    const { env, log } = this.#node;
    const standing = this.#table.rightsOf(statement.fingerprint, PRESENT);
    if (standing === undefined) return false;
    return isStatementSigned(env.crypto, log.worldId, standing.publicKey, statement);
  }

  verifyOffer(offer: SnapshotOfferMessage): boolean {
    const { env, log } = this.#node;
    const { fingerprint, vector } = offer;
    const standing = this.#table.rightsOf(fingerprint, PRESENT);
    // A node that joins knows of no member yet: the link has proved the key of its inviter.
    const isTrusted = standing === undefined && fingerprint === this.#around.trusted();
    const publicKey = isTrusted ? this.#around.keyOf(fingerprint) : standing?.publicKey;
    if (publicKey === undefined) return false;
    // What this log has let go nobody could put on top of it.
    if (!coversAll(vector, log.baseVector)) return false;
    // Who does not know which branch stays may hold the other one.
    const knows = this.#table
      .branches()
      .every(({ statement }) => vector.originSeqOf(statement.origin) >= statement.originSeq);
    return knows && verifySnapshotOffer(env.crypto, log.worldId, offer, publicKey);
  }

  isDecided(origin: string): boolean {
    return this.#table.branches().some((branch) => branch.origin === origin);
  }

  mayGoBack(): boolean {
    return this.#table.closings().length > 0 || this.#table.branches().length > 0;
  }

  get #table(): MembershipTable {
    return this.#node.lane.membership.table;
  }

  stateHash(): Uint8Array | undefined {
    const { replica, lane } = this.#node;
    if (this.#durableSeq !== lane.publishedSeq) return undefined;
    const { storage } = replica;
    return storage.hashSlice(HASH_SLICE_ENTRIES) ? bytesOfHex(storage.stateHash()) : undefined;
  }

  buckets(): Uint8Array {
    const buckets = this.#node.replica.storage.stateHashBuckets();
    const bytes = new Uint8Array(buckets.length * 32);
    buckets.forEach((bucket, index) => bytes.set(bucket, index * 32));
    return bytes;
  }

  driftLimitMs(): number {
    return this.#table.limits().driftMsMax;
  }

  snapshotBytesHere(id: string): number {
    return this.#around.snapshots.bytesHere(id);
  }
}

/** Whether `vector` holds all that an encoded one names. */
function coversAll(vector: Vector, bytes: Uint8Array): boolean {
  if (bytes.length === 0) return true;
  const other = Vector.decode(new ByteReader(bytes)).entries();
  return other.every(([origin, { originSeq }]) => vector.originSeqOf(origin) >= originSeq);
}

function viewOf({ fingerprint, role, state }: Member): MemberView {
  return { fingerprint, role, state };
}
