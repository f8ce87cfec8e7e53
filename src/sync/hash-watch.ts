/**
 * Equal vectors must mean equal states (INV-6, INV-7). Whenever a peer's words show the same vector
 * as here, received and durable alike, the state hashes are compared; where they differ both sides
 * send their bucket sums, once for each state, and an alarm names the buckets. Where they agree a
 * snapshot that was not checked yet counts as checked.
 */
import { type BucketsMessage, equalBytes, hexOf, type Vector } from '../core/index.ts';
import type { PeerVectors } from './peer-vectors.ts';
import type { SyncContext } from './sync-context.ts';
import { compactVector, expandVector } from './wire-vector.ts';

const BUCKETS = 256;
const SUM_BYTES = 32;

/** How the last comparison with a peer came out. */
export type HashVerdict = 'unknown' | 'equal' | 'different';

export class HashWatch {
  readonly #context: SyncContext;
  readonly #peer: string;
  verdict: HashVerdict = 'unknown';
  /** The pairs of states that were reported, so that each is reported once. */
  #reported: string | undefined;
  #bucketsSentFor: string | undefined;
  #alarmedFor: string | undefined;
  /** The peer's hash at its durable vector, as long as that is its last word. */
  #theirs: Uint8Array | undefined;

  constructor(context: SyncContext, peer: string) {
    this.#context = context;
    this.#peer = peer;
  }

  /** What came with an open or an ack; `moved`: its durable vector is another one than before. */
  said(hash: Uint8Array | undefined, moved: boolean): void {
    if (hash !== undefined) this.#theirs = hash;
    else if (moved) this.#theirs = undefined;
  }

  /** Whether the states are known to agree now. */
  compare(vectors: PeerVectors): boolean {
    const theirs = this.#theirs;
    if (theirs === undefined || !this.#isSame(vectors)) return false;
    const own = this.#context.host.stateHash();
    if (own === undefined) return false;
    if (equalBytes(own, theirs)) {
      this.verdict = 'equal';
      this.#reported = this.#bucketsSentFor = this.#alarmedFor = undefined;
      return true;
    }
    this.verdict = 'different';
    const pair = `${hexOf(own)} ${hexOf(theirs)}`;
    if (this.#reported === pair) return false;
    this.#reported = pair;
    this.#context.counters.hashMismatches++;
    this.#context.work.peerChanged(this.#peer);
    this.#sendBuckets(own);
    return false;
  }

  /** The sums of the other side. */
  buckets(message: BucketsMessage): void {
    const { host, work } = this.#context;
    const vector = this.#ownVector();
    if (message.buckets.length !== BUCKETS * SUM_BYTES || !vector.equals(message.vector)) return;
    const own = host.stateHash();
    if (own === undefined) return;
    const differing = differingBuckets(host.buckets(), message.buckets);
    if (differing.length === 0) return;
    this.verdict = 'different';
    this.#sendBuckets(own);
    if (this.#alarmedFor === hexOf(own)) return;
    this.#alarmedFor = hexOf(own);
    const detail = `equal vectors, but ${differing.length} of ${BUCKETS} buckets differ`;
    work.alarm({ alarm: 'diverged', peer: this.#peer, detail, buckets: differing });
  }

  #sendBuckets(own: Uint8Array): void {
    if (this.#bucketsSentFor === hexOf(own)) return;
    this.#bucketsSentFor = hexOf(own);
    const { host, work } = this.#context;
    const buckets = host.buckets();
    work.send(this.#peer, { kind: 'buckets', vector: this.#ownVector(), buckets });
  }

  #isSame({ saidReceived, saidDurable }: PeerVectors): boolean {
    const { host, predecessorOf } = this.#context;
    const own = this.#ownVector();
    if (!own.equals(compactVector(host.receivedVector(), predecessorOf))) return false;
    // What the chain implies is filled in first: of three incarnations two may have been named.
    const same = (said: Vector): boolean =>
      own.equals(compactVector(expandVector(said, predecessorOf), predecessorOf));
    return same(saidDurable) && same(saidReceived);
  }

  #ownVector(): Vector {
    return compactVector(this.#context.host.vector(), this.#context.predecessorOf);
  }
}

/** Numbers of the buckets whose sums differ. */
export function differingBuckets(left: Uint8Array, right: Uint8Array): number[] {
  const differing: number[] = [];
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    const start = bucket * SUM_BYTES;
    const end = start + SUM_BYTES;
    if (!equalBytes(left.subarray(start, end), right.subarray(start, end))) differing.push(bucket);
  }
  return differing;
}
