/**
 * A node as sync sees it, in memory: a log of real bundles, each chained and causally placed as the
 * lane does it, with a tail that is not durable yet. Its state is the set of bundles applied, its
 * state hash the sum of their hashes: order does not count.
 */
import { createHash } from 'node:crypto';
import {
  BundleReader,
  equalBytes,
  type SignedHead,
  type SnapshotOfferMessage,
  Vector,
  type VectorStatement,
} from '../../src/core/index.ts';
import type {
  BundleOutcome,
  MemberView,
  NamedEnd,
  OutboxRead,
  OutboxWindow,
  SyncHost,
} from '../../src/sync/index.ts';
import { plantedBundle } from '../support/planted-bundle.ts';

export const DRIFT_MS = 60_000;

interface LogEntry {
  readonly bundle: Uint8Array;
  readonly origin: string;
  readonly firstOriginSeq: number;
  readonly lastOriginSeq: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly digest: Uint8Array;
}

/** Who is a member; shared by all hosts of a test. */
export type Membership = Map<string, MemberView>;

const sha256 = (...parts: Uint8Array[]): Uint8Array => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};

export function fingerprintOf(index: number): string {
  return (index + 1).toString(16).padStart(2, '0').repeat(16);
}

export class FakeHost implements SyncHost {
  readonly fingerprint: string;
  readonly membership: Membership;
  log: LogEntry[] = [];
  #durable = new Vector();
  #admitted = new Vector();
  #durableEntries = 0;
  readonly #ends = new Map<string, NamedEnd>();
  #base: { seq: number; vector: Vector } | undefined;
  #incarnation = 0;
  #ended: string | undefined;
  /** Makes the state differ, as a bug would. */
  corruption = 0;
  /** Host calls, for tests of idleness. */
  reads = 0;
  starts = 0;
  later = false;
  refuses: ((origin: string) => BundleOutcome | undefined) | undefined;
  snapshotHere = 0;

  constructor(index: number, membership: Membership) {
    this.fingerprint = fingerprintOf(index);
    this.membership = membership;
  }

  get origin(): string {
    return `${this.fingerprint}.${(this.#incarnation + 1).toString(16).padStart(32, '0')}`;
  }

  vector(): Vector {
    return this.#durable;
  }

  receivedVector(): Vector {
    return this.#admitted;
  }

  digestAt(origin: string, originSeq: number): Uint8Array | undefined {
    return this.log.find((entry) => entry.origin === origin && entry.lastOriginSeq === originSeq)
      ?.digest;
  }

  predecessorOf(origin: string): NamedEnd | undefined {
    return this.#ends.get(origin);
  }

  durableSeq(): number {
    return this.log[this.#durableEntries - 1]?.lastSeq ?? this.#base?.seq ?? 0;
  }

  headSeq(): number {
    return this.log.at(-1)?.lastSeq ?? this.#base?.seq ?? 0;
  }

  baseSeq(): number {
    return this.#base?.seq ?? 0;
  }

  startFor(vector: Vector): number {
    this.starts++;
    if (this.#base !== undefined && !coversAll(vector, this.#base.vector)) return 1;
    const lacking = this.log
      .slice(0, this.#durableEntries)
      .find((entry) => vector.originSeqOf(entry.origin) < entry.lastOriginSeq);
    return lacking?.firstSeq ?? this.durableSeq() + 1;
  }

  readOutbox(fromSeq: number, window: OutboxWindow): OutboxRead {
    this.reads++;
    const read = {
      bundles: [] as Uint8Array[],
      heads: [] as SignedHead[],
      runs: [] as { origin: string; firstOriginSeq: number; lastOriginSeq: number }[],
      lastSeq: fromSeq - 1,
      commits: 0,
      bytes: 0,
      firstSkippedSeq: undefined as number | undefined,
      blockedBy: undefined as OutboxRead['blockedBy'],
    };
    if (this.later) return { ...read, blockedBy: 'later' };
    for (const entry of this.log) {
      if (entry.lastSeq < fromSeq) continue;
      if (entry.lastSeq > window.toSeq) break;
      const { origin, firstOriginSeq, lastOriginSeq, bundle } = entry;
      const isThere = window.vector.originSeqOf(origin) >= lastOriginSeq;
      const skipped = !isThere && window.skips(origin, firstOriginSeq, lastOriginSeq);
      if (skipped) read.firstSkippedSeq ??= entry.firstSeq;
      if (!isThere && !skipped) {
        const first = read.bundles.length === 0;
        if (first && bundle.length > window.largestMax) {
          read.blockedBy = 'larger';
          break;
        }
        if (!first && read.bytes + bundle.length > window.bytesMax) break;
        read.bundles.push(bundle);
        read.runs.push({ origin, firstOriginSeq, lastOriginSeq });
        read.commits += lastOriginSeq - firstOriginSeq + 1;
        read.bytes += bundle.length;
        read.heads.push(headOf(entry));
      }
      read.lastSeq = entry.lastSeq;
    }
    return read;
  }

  meanCommitBytes(): number {
    const bytes = this.log.reduce((sum, { bundle }) => sum + bundle.length, 0);
    return this.headSeq() === 0 ? 0 : bytes / this.headSeq();
  }

  member(fingerprint: string): MemberView | undefined {
    return this.membership.get(fingerprint);
  }

  members(): readonly MemberView[] {
    return [...this.membership.values()];
  }

  verifyStatement({ fingerprint, vector, signature }: VectorStatement): boolean {
    return equalBytes(signature, statementSignature(fingerprint, vector));
  }

  verifyOffer({ signature }: SnapshotOfferMessage): boolean {
    return signature[0] === 1;
  }

  stateHash(): Uint8Array | undefined {
    return sha256(this.buckets());
  }

  buckets(): Uint8Array {
    const buckets = new Uint8Array(256 * 32);
    for (const { bundle } of this.log.slice(0, this.#durableEntries)) {
      const hash = sha256(bundle);
      const at = (hash[0] as number) * 32;
      for (let byte = 0; byte < 32; byte++) {
        buckets[at + byte] = ((buckets[at + byte] as number) ^ (hash[byte] as number)) & 0xff;
      }
    }
    if (this.corruption > 0) buckets[7 * 32] = this.corruption;
    return buckets;
  }

  driftLimitMs(): number {
    return DRIFT_MS;
  }

  snapshotBytesHere(): number {
    return this.snapshotHere;
  }

  // What the test does with it

  /** Writes one bundle of own commits; durable only after `flush`. */
  author(commits: number, ms: number, valueBytes = 8): void {
    const { origin } = this;
    const firstOriginSeq = this.#admitted.originSeqOf(origin) + 1;
    const ended = this.#ended;
    const predecessor =
      firstOriginSeq > 1
        ? undefined
        : ended === undefined
          ? null
          : {
              origin: ended,
              lastOriginSeq: this.#admitted.originSeqOf(ended),
              digestHead: this.#admitted.digestOf(ended).slice(0, 8),
            };
    const seen = this.#admitted
      .entries()
      .filter(([other, { originSeq }]) => other !== origin && originSeq > 0)
      .map(([other, { originSeq, digest }]) => ({
        origin: other,
        originSeq,
        digestHead: digest.slice(0, 8),
      }));
    const key = `${this.fingerprint.slice(0, 2)}/${firstOriginSeq}`;
    const events = Array.from({ length: commits }, () => [{ key, value: 'x'.repeat(valueBytes) }]);
    this.admit(plantedBundle({ origin, firstOriginSeq, predecessor, seen, ms, commits: events }));
  }

  /** As the lane: placed by its author's chain and by what it has seen. */
  admit(bundle: Uint8Array): BundleOutcome {
    const reader = new BundleReader();
    reader.open(bundle, 0, bundle.length);
    const { origin, firstOriginSeq, commitCount, seen, predecessor } = reader;
    const refusal = this.refuses?.(origin);
    if (refusal !== undefined) return refusal;
    const applied = this.#admitted.originSeqOf(origin);
    const lastOriginSeq = firstOriginSeq + commitCount - 1;
    if (lastOriginSeq <= applied) return { kind: 'duplicate' };
    if (firstOriginSeq <= applied) return { kind: 'fork', origin, originSeq: firstOriginSeq };
    const needs = seen.map((entry) => ({ origin: entry.origin, originSeq: entry.originSeq }));
    if (predecessor) {
      needs.push({ origin: predecessor.origin, originSeq: predecessor.lastOriginSeq });
    }
    if (firstOriginSeq > 1) needs.push({ origin, originSeq: firstOriginSeq - 1 });
    const missing = needs.filter(
      (need) => this.#admitted.originSeqOf(need.origin) < need.originSeq,
    );
    if (missing.length > 0) return { kind: 'waiting', missing };
    if (predecessor) this.#ends.set(origin, predecessor);
    const digest = sha256(this.#admitted.digestOf(origin), bundle);
    const firstSeq = this.headSeq() + 1;
    const lastSeq = firstSeq + commitCount - 1;
    this.log.push({ bundle, origin, firstOriginSeq, lastOriginSeq, firstSeq, lastSeq, digest });
    this.#admitted.advance(origin, lastOriginSeq, digest);
    return { kind: 'applied', commits: commitCount, voids: [] };
  }

  /** Everything admitted is on the disk. */
  flush(): void {
    this.#durableEntries = this.log.length;
    this.#durable = this.#admitted.copy();
  }

  /** A crash: what was not flushed is gone; the next own write is of a new incarnation. */
  crash(): void {
    this.log = this.log.slice(0, this.#durableEntries);
    this.#admitted = this.#durable.copy();
    if (this.#durable.originSeqOf(this.origin) === 0) {
      // Nothing of this incarnation was durable, but its name may not be used again.
      this.#incarnation++;
      return;
    }
    this.#ended = this.origin;
    this.#incarnation++;
  }

  /** Lets go of the log up to the last durable commit. */
  truncate(): void {
    this.#base = { seq: this.durableSeq(), vector: this.#durable.copy() };
    this.log = this.log.slice(this.#durableEntries);
    this.#durableEntries = 0;
  }

  statement(vector: Vector, timeMs: number): VectorStatement {
    const { fingerprint } = this;
    return { fingerprint, timeMs, vector, signature: statementSignature(fingerprint, vector) };
  }
}

function headOf({ origin, lastOriginSeq, digest }: LogEntry): SignedHead {
  const publicKey = new Uint8Array(32);
  return { origin, originSeq: lastOriginSeq, digest, publicKey, signature: new Uint8Array(64) };
}

export function statementSignature(fingerprint: string, vector: Vector): Uint8Array {
  return sha256(new TextEncoder().encode(fingerprint), vector.encode());
}

export function coversAll(vector: Vector, other: Vector): boolean {
  return other
    .entries()
    .every(([origin, { originSeq }]) => vector.originSeqOf(origin) >= originSeq);
}

/** Members 0 … count − 1, all admins. */
export function membershipOf(count: number): Membership {
  const membership: Membership = new Map();
  for (let index = 0; index < count; index++) {
    const fingerprint = fingerprintOf(index);
    membership.set(fingerprint, { fingerprint, role: 'admin', state: 'member' });
  }
  return membership;
}
