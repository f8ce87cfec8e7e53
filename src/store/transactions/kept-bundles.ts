/**
 * Which bundles of a damaged log can be kept behind a checkpoint: as after a snapshot, exactly
 * those that the vector lacks and that extend it, each next in the chain of its origin, with all
 * that its author had seen and all that its effects name there too. Authored bytes stay as they
 * are, signed and chained, so what is kept is a state that the commits kept give by themselves
 * (INV-6, INV-7).
 */
import {
  BundleReader,
  CHAIN_START,
  equalBytes,
  MalformedBytes,
  NeedsNewerLevel,
  type Vector,
} from '../../core/index.ts';
import type { Crypto } from '../../env/index.ts';
import { type Batch, type BatchBuilder, type LogRecord, RECORD_KIND } from '../../wal/index.ts';
import { type BundleRecord, bundleRecord } from './bundle-record.ts';
import { movedLocalPart, type NewPlaces } from './moved-local-part.ts';
import { chainDigest } from './chain-digest.ts';
import { headRecord, SIGNED_HEAD_BYTES } from './signed-head.ts';
import { movedViewChange } from './view-change.ts';

/** What was not kept, in seqs of the old log. */
export interface LostCommits {
  readonly lost: { readonly fromSeq: number; readonly throughSeq: number } | undefined;
  readonly lostCommits: number;
}

interface Judged {
  readonly commits: number;
  readonly localPart: Uint8Array;
}

/** Goes over the batches behind a checkpoint, in order, and gathers what of them is kept. */
export class KeptBundles implements NewPlaces {
  /** How far what is kept reaches; grows with it. */
  readonly vector: Vector;
  readonly #crypto: Crypto;
  readonly #baseSeq: number;
  readonly #reader = new BundleReader();
  /** New seqs of commits behind the first that is lost; before it they are what they were. */
  readonly #moved = new Map<number, number>();
  #oldSeq: number;
  #newSeq: number;
  #firstLost = Number.POSITIVE_INFINITY;
  #lastLost = 0;

  /** `vector`: that of the checkpoint at `baseSeq`; an own copy is made. */
  constructor(crypto: Crypto, baseSeq: number, vector: Vector) {
    this.#crypto = crypto;
    this.#baseSeq = baseSeq;
    this.#oldSeq = baseSeq;
    this.#newSeq = baseSeq;
    this.vector = vector.copy();
  }

  /** Seq of the last commit kept. */
  get headSeq(): number {
    return this.#newSeq;
  }

  get keptCommits(): number {
    return this.#newSeq - this.#baseSeq;
  }

  /** Whether nothing is lost so far: seqs and links are what they were. */
  get isWhole(): boolean {
    return this.#firstLost === Number.POSITIVE_INFINITY;
  }

  /** What is lost, if the old log reached to `reachedSeq`. */
  lost(reachedSeq: number): LostCommits {
    const reached = Math.max(reachedSeq, this.#oldSeq);
    const lostCommits = reached - this.#baseSeq - this.keptCommits;
    if (lostCommits === 0) return { lost: undefined, lostCommits };
    const fromSeq = Math.min(this.#firstLost, this.#oldSeq + 1);
    const throughSeq = reached > this.#oldSeq ? reached : this.#lastLost;
    return { lost: { fromSeq, throughSeq }, lostCommits };
  }

  /** Takes what can be kept of a batch; adds it to `builder`, if one is given. */
  take(batch: Batch, builder?: BatchBuilder): void {
    if (batch.count === 0 || batch.firstSeq <= this.#oldSeq) return;
    this.#lose(batch.firstSeq - 1 - this.#oldSeq);
    const end = batch.firstSeq + batch.count - 1;
    for (const record of batch.records) {
      if (record.kind === RECORD_KIND.viewChanged) {
        this.#takeViews(record, builder);
        continue;
      }
      const bundle = bundleRecord(record);
      if (bundle === undefined) {
        // With all that stands in it the batch keeps its digest; behind a loss it has another
        // anyway.
        if (builder !== undefined && this.#isKept(record)) copyRecord(builder, record);
        continue;
      }
      const commits = this.#commitCount(bundle);
      if (commits === undefined || this.#oldSeq + commits > end) break;
      const judged = this.#judge(bundle);
      if (judged === undefined) {
        this.#lose(commits);
        continue;
      }
      this.#keep(bundle, commits);
      if (builder !== undefined) copyBundle(builder, record, bundle, judged);
    }
    // Whatever of the batch is not understood counts as lost.
    this.#lose(end - this.#oldSeq);
  }

  /** A changed view is no bundle: what of it holds without the commits that are lost is kept. */
  #takeViews(record: LogRecord, builder: BatchBuilder | undefined): void {
    const moved = this.isWhole ? bodyOf(record) : this.#movedViews(record);
    if (moved === undefined) {
      this.#lose(1);
      return;
    }
    this.#next();
    if (builder === undefined) return;
    builder.beginRecord(record.kind);
    builder.frame.bytes(moved);
    builder.endRecord();
    builder.count++;
  }

  #movedViews(record: LogRecord): Uint8Array | undefined {
    try {
      return movedViewChange(record, this);
    } catch (error) {
      if (error instanceof MalformedBytes) return undefined;
      throw error;
    }
  }

  /** Behind a loss a signed head is kept where what it vouches for was. */
  #isKept(record: LogRecord): boolean {
    if (this.isWhole) return true;
    if (record.end - record.start !== SIGNED_HEAD_BYTES) return false;
    const head = headRecord(record);
    if (head === undefined || this.vector.originSeqOf(head.origin) !== head.originSeq) return false;
    return equalBytes(this.vector.digestOf(head.origin), head.digest);
  }

  newSeqOf(seq: number): number | undefined {
    if (seq <= this.#baseSeq || seq < this.#firstLost) return seq;
    return this.#moved.get(seq);
  }

  covers(origin: string, originSeq: number): boolean {
    return this.vector.originSeqOf(origin) >= originSeq;
  }

  #lose(commits: number): void {
    if (commits <= 0) return;
    this.#firstLost = Math.min(this.#firstLost, this.#oldSeq + 1);
    this.#oldSeq += commits;
    this.#lastLost = this.#oldSeq;
  }

  #commitCount({ source, authoredStart, authoredEnd }: BundleRecord): number | undefined {
    try {
      this.#reader.open(source, authoredStart, authoredEnd);
      return this.#reader.commitCount;
    } catch (error) {
      if (error instanceof MalformedBytes || error instanceof NeedsNewerLevel) return undefined;
      throw error;
    }
  }

  /** `undefined` for what cannot be kept; the reader stands at the beginning of the bundle. */
  #judge(bundle: BundleRecord): Judged | undefined {
    const reader = this.#reader;
    const { source, digestStart, authoredStart, authoredEnd } = bundle;
    if (!this.#isNext()) return undefined;
    const before = this.vector.digestOf(reader.origin);
    const chain = chainDigest(this.#crypto, before, source.subarray(authoredStart, authoredEnd));
    if (!equalBytes(chain, source.subarray(digestStart, digestStart + chain.length))) {
      return undefined;
    }
    const eventCounts: number[] = [];
    try {
      while (reader.nextCommit()) {
        eventCounts.push(reader.eventCount);
        while (reader.nextEvent());
      }
      const bounds = { start: authoredEnd, end: bundle.localEnd };
      const localPart = movedLocalPart(source, bounds, eventCounts, this.#placesWithin());
      return localPart === undefined ? undefined : { commits: eventCounts.length, localPart };
    } catch (error) {
      if (error instanceof MalformedBytes || error instanceof NeedsNewerLevel) return undefined;
      throw error;
    }
  }

  /** A commit may link to one before it in its own bundle, which is kept or lost with it. */
  #placesWithin(): NewPlaces {
    const { origin, firstOriginSeq, commitCount } = this.#reader;
    const [oldSeq, newSeq] = [this.#oldSeq, this.#newSeq];
    return {
      newSeqOf: (seq) => (seq > oldSeq ? seq - oldSeq + newSeq : this.newSeqOf(seq)),
      covers: (other, originSeq) =>
        other === origin ? originSeq < firstOriginSeq + commitCount : this.covers(other, originSeq),
    };
  }

  /** The next of its origin's chain, and all that its author had seen is there. */
  #isNext(): boolean {
    const { origin, firstOriginSeq, predecessor, seen } = this.#reader;
    if (this.vector.originSeqOf(origin) !== firstOriginSeq - 1) return false;
    for (const entry of seen) {
      if (!this.#agrees(entry.origin, entry.originSeq, entry.digestHead)) return false;
    }
    if (!predecessor) return true;
    return this.#agrees(predecessor.origin, predecessor.lastOriginSeq, predecessor.digestHead);
  }

  #agrees(origin: string, originSeq: number, head: Uint8Array): boolean {
    const here = this.vector.originSeqOf(origin);
    if (here !== originSeq) return here > originSeq;
    const digest = this.vector.digestOf(origin);
    return digest !== CHAIN_START && equalBytes(digest.subarray(0, head.length), head);
  }

  #keep({ source, digestStart }: BundleRecord, commits: number): void {
    const { origin, firstOriginSeq } = this.#reader;
    const digest = new Uint8Array(source.subarray(digestStart, digestStart + CHAIN_START.length));
    this.vector.advance(origin, firstOriginSeq + commits - 1, digest);
    for (let index = 0; index < commits; index++) this.#next();
  }

  /** One seq of the old log is kept. */
  #next(): void {
    this.#oldSeq++;
    this.#newSeq++;
    if (this.#firstLost <= this.#oldSeq) this.#moved.set(this.#oldSeq, this.#newSeq);
  }
}

function bodyOf({ source, start, end }: LogRecord): Uint8Array {
  return source.subarray(start, end);
}

/** Adds a record that holds no bundle, as it is. */
export function copyRecord(builder: BatchBuilder, { kind, source, start, end }: LogRecord): void {
  builder.beginRecord(kind);
  builder.frame.bytes(source, start, end);
  builder.endRecord();
}

function copyBundle(
  builder: BatchBuilder,
  { kind }: LogRecord,
  { source, digestStart, authoredStart, authoredEnd }: BundleRecord,
  { commits, localPart }: Judged,
): void {
  builder.beginRecord(kind);
  const { frame } = builder;
  // Not spread over two calls: the chain digest and the length stand right before what is authored.
  const start = frame.length + authoredStart - digestStart;
  frame.bytes(source, digestStart, authoredEnd);
  frame.bytes(localPart);
  builder.endBundleRecord(start, start + authoredEnd - authoredStart);
  builder.count += commits;
}
