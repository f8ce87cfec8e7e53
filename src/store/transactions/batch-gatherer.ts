/**
 * Turns what the lane admits into the bytes of the next batch: opens and closes own bundles, gives
 * seqs and stamps, writes events straight into the frame, and keeps the local part (links to the
 * previous event of each key) beside it. It decides nothing and waits for nobody.
 *
 * A bundle is closed when it grows to its limit, when a received bundle comes between (all commits
 * of a bundle have seen the same), and when the batch is sealed.
 */
import type { Vector } from '../../core/index.ts';
import {
  BundleWriter,
  ByteWriter,
  type HybridClock,
  type Limits,
  type SeenEntry,
} from '../../core/index.ts';
import type { Env } from '../../env/index.ts';
import { type Cell, KIND_PUT, KIND_REMOVE, makeCell, type OriginTable } from '../storage/index.ts';
import { RECORD_KIND } from '../../wal/index.ts';
import type { Incarnations } from './incarnations.ts';
import type { Author } from './author.ts';
import type { Admission } from './lane-parts.ts';
import { writeDecidedNote } from './decided-note.ts';
import { firstLaneState, type LaneState } from './lane-state.ts';
import { LOCAL_HAS_REQUEST_HASH, LOCAL_VOID } from './local-part.ts';
import { PendingBatch } from './pending-batch.ts';
import { type ReceivedBundle, writeReceived } from './received-bundle.ts';
import type { SeenTable } from './seen-table.ts';

const EMPTY_CELL_BYTES = new Uint8Array(0);
const DIGEST_BYTES = 32;
const DIGEST_HEAD_BYTES = 8;
const FREE_BATCHES_MAX = 4;

export class BatchGatherer {
  readonly author: Author;
  /** Told of a wall clock that is further ahead of the last stamp than tolerated (C2). */
  onClockJump: ((wallMs: number) => void) | undefined = undefined;
  readonly #env: Env;
  readonly #incarnations: Incarnations;
  readonly #seen: SeenTable;
  readonly #clock: HybridClock;
  readonly #limits: Limits;
  readonly #authorIndex: number;
  readonly #local = new ByteWriter(4096);
  readonly #free: PendingBatch[] = [];
  #bundle: BundleWriter;
  #bundleOpen = false;
  #batch: PendingBatch;
  #state: LaneState;
  /** What is applied, pending included, at bundle ends. */
  #vector: Vector;
  /** Counts received bundles, and those of them that own bundles have named as seen. */
  #receivedCount = 0;
  #namedCount = 0;
  // What runs ahead of `#state` until the bundle is closed
  #seq: number;
  #originSeq: number;
  #stampMs = -1;
  #stampHead = '';
  readonly #stampTail: string;

  constructor(
    env: Env,
    author: Author,
    parts: {
      origins: OriginTable;
      incarnations: Incarnations;
      seen: SeenTable;
      clock: HybridClock;
      limits: Limits;
    },
    durable: { seq: number; vector: Vector; decidedSeq: number },
  ) {
    this.#env = env;
    this.author = author;
    this.#incarnations = parts.incarnations;
    this.#seen = parts.seen;
    this.#clock = parts.clock;
    this.#stampTail = `.${author.originText}`;
    this.#limits = parts.limits;
    this.#authorIndex = parts.origins.indexOf(author.origin);
    this.#state = firstLaneState(durable.seq, durable.decidedSeq);
    this.#vector = durable.vector.copy();
    this.#seq = durable.seq;
    this.#originSeq = 0;
    this.#batch = this.#newBatch();
    this.#bundle = new BundleWriter(this.#batch.builder.frame);
  }

  /** The batch being gathered. */
  get batch(): PendingBatch {
    return this.#batch;
  }

  /** Seq of the last commit admitted. */
  get seq(): number {
    return this.#seq;
  }

  get originSeq(): number {
    return this.#originSeq;
  }

  /** What is applied, pending included, up to the last closed bundle. */
  get vector(): Vector {
    return this.#vector;
  }

  /** Whether `seal` would give a batch. */
  get hasGathered(): boolean {
    return !this.#batch.builder.isEmpty || this.#batch.answers.length > 0;
  }

  /** Bytes gathered and not yet sealed. */
  get openBytes(): number {
    return this.#batch.builder.payloadBytes;
  }

  /** Text of the stamp of the commit that was begun last: `formatStamp`, with what repeats kept. */
  stampText(): string {
    const { ms, counter } = this.#clock;
    if (ms !== this.#stampMs) {
      this.#stampMs = ms;
      this.#stampHead = `${ms}.`;
    }
    const middle = `${counter}.${this.#originSeq}`;
    return this.#stampHead + middle + this.#stampTail;
  }

  /**
   * Begins an own commit of at most `bytesMax` bytes: gives it seq and stamp. Exactly `eventCount`
   * calls of `put` or `remove` must follow. `voidReason`: it is logged without effect.
   */
  beginCommit(
    eventCount: number,
    bytesMax: number,
    { fields, command }: Pick<Admission, 'fields' | 'command'>,
    voidReason?: string,
  ): void {
    if (this.#clock.tick(this.#env.clock.wallMs())) this.onClockJump?.(this.#clock.ms);
    if (this.#bundleOpen && this.#bundle.byteLength + bytesMax > this.#limits.bundleBytesMax) {
      this.closeBundle();
    }
    if (!this.#bundleOpen) this.#openBundle();
    this.#seq++;
    this.#originSeq++;
    this.#batch.builder.count++;
    this.#bundle.commit(this.#clock.ms, this.#clock.counter, eventCount, fields);
    const hasHash = command === undefined ? 0 : LOCAL_HAS_REQUEST_HASH;
    this.#local.u8(hasHash | (voidReason === undefined ? 0 : LOCAL_VOID));
    if (command !== undefined) this.#local.bytes(command.requestHash);
    if (voidReason !== undefined) this.#local.lengthAndText(voidReason);
  }

  /**
   * Writes the event; the cell points into the frame. `previousSeq` links to the key's last event.
   */
  put(
    key: string,
    valueHead: number,
    source: Uint8Array,
    start: number,
    end: number,
    previousSeq: number,
    meta?: Uint8Array,
  ): Cell {
    if (meta === undefined) this.#bundle.putBytes(key, valueHead, source, start, end);
    else this.#bundle.put(key, { valueHead, source, start, end }, meta);
    this.#local.varint(previousSeq);
    const { frame } = this.#batch.builder;
    const frameEnd = frame.length;
    return this.#cell(KIND_PUT, valueHead, frame.buffer, frameEnd - (end - start), frameEnd, meta);
  }

  remove(key: string, previousSeq: number): Cell {
    this.#bundle.remove(key);
    this.#local.varint(previousSeq);
    return this.#cell(KIND_REMOVE, 0, EMPTY_CELL_BYTES, 0, 0);
  }

  #cell(
    kind: 0 | 1,
    head: number,
    source: Uint8Array,
    start: number,
    end: number,
    meta?: Uint8Array,
  ): Cell {
    const { ms, counter } = this.#clock;
    return makeCell(
      kind,
      head,
      source,
      start,
      end,
      meta,
      ms,
      counter,
      this.#authorIndex,
      this.#originSeq,
    );
  }

  /** Logs a received bundle; its commits take the next seqs. */
  received(bundle: ReceivedBundle): void {
    this.closeBundle();
    writeReceived(this.#batch, bundle, this.#seq + 1);
    this.#seq += bundle.commitCount;
    this.#advance(bundle.origin, bundle.lastOriginSeq, bundle.digest);
  }

  /** Adds a local note; `write` gives its body. */
  note(write: (body: ByteWriter) => void): void {
    this.closeBundle();
    this.#batch.addRecord(RECORD_KIND.localNote, this.#seq + 1, write);
  }

  /** Logs a changed view, which takes a seq and has no author. */
  viewChanged(bytes: Uint8Array): void {
    this.closeBundle();
    this.#seq++;
    this.#batch.addRecord(RECORD_KIND.viewChanged, this.#seq, (body) => body.bytes(bytes));
    this.#batch.builder.count++;
    this.#state = { ...this.#state, seq: this.#seq };
  }

  /** Closes the open bundle, if there is one: chain digest, local part, vector. */
  closeBundle(): void {
    if (!this.#bundleOpen) return;
    const { builder } = this.#batch;
    const { frame } = builder;
    this.#bundle.close();
    const { start } = this.#bundle;
    const end = frame.length;
    frame.putU32(start - 4, end - start);
    const digestAt = start - 4 - DIGEST_BYTES;
    frame.buffer.set(this.#state.chain, digestAt);
    const chain = this.#env.crypto.sha256(frame.buffer.subarray(digestAt, end));
    frame.buffer.set(chain, digestAt);
    frame.bytes(this.#local.view());
    this.#local.reset();
    builder.endBundleRecord(start, end);
    this.#bundleOpen = false;
    this.#advance(this.author.originText, this.#originSeq, chain);
    this.#state = { ...this.#state, originSeq: this.#originSeq, chain };
  }

  /** Ends the batch and begins another; `undefined` if nothing was gathered. */
  seal(): PendingBatch | undefined {
    this.closeBundle();
    const sealed = this.#batch;
    if (sealed.builder.isEmpty && sealed.answers.length === 0) return undefined;
    if (sealed.decided.length > 0) this.#noteDecided();
    sealed.after = this.#state;
    this.#batch = this.#newBatch();
    return sealed;
  }

  #noteDecided(): void {
    const note = { previousSeq: this.#state.decidedSeq, decided: this.#batch.decided };
    this.note((body) => writeDecidedNote(body, note));
    this.#state = { ...this.#state, decidedSeq: this.#seq };
  }

  /** Gives a batch's memory back once nobody needs its bytes. */
  reuse(batch: PendingBatch): void {
    batch.reset();
    if (this.#free.length < FREE_BATCHES_MAX) this.#free.push(batch);
  }

  /** Forgets everything gathered since `durable`. */
  rollBack(durable: LaneState, vector: Vector): void {
    this.#vector = vector.copy();
    this.#receivedCount++;
    this.#bundleOpen = false;
    this.#local.reset();
    this.#batch = this.#newBatch();
    this.#state = durable;
    this.#seq = durable.seq;
    this.#originSeq = durable.originSeq;
  }

  /** The state before anything of this opening was written. */
  get state(): LaneState {
    return this.#state;
  }

  #newBatch(): PendingBatch {
    return this.#free.pop() ?? new PendingBatch();
  }

  #openBundle(): void {
    const { builder } = this.#batch;
    if (builder.isEmpty) this.#batch.firstSeq = this.#seq + 1;
    builder.beginRecord(RECORD_KIND.ownBundle);
    const { frame } = builder;
    frame.ensure(DIGEST_BYTES + 4);
    frame.length += DIGEST_BYTES;
    frame.u32(0);
    const first = this.#state.originSeq === 0;
    const predecessor = first ? this.author.predecessor : undefined;
    const seen = this.#seenSince(first);
    // What others will learn of this bundle this node must know too, and not only after a replay.
    this.#seen.noteEntries(this.author.originText, seen, predecessor);
    this.#bundle.open(frame, {
      origin: this.author.origin,
      term: this.author.term,
      firstOriginSeq: this.#state.originSeq + 1,
      baseMs: this.#clock.ms,
      predecessor,
      seen,
    });
    this.#bundleOpen = true;
  }

  /** What is new of other origins since the own bundle before; whole in the first. */
  #seenSince(first: boolean): SeenEntry[] {
    if (!first && this.#namedCount === this.#receivedCount) return [];
    const seen: SeenEntry[] = [];
    const named = new Map(this.#state.named);
    for (const [origin, { originSeq, digest }] of this.#vector.entries()) {
      if (origin === this.author.originText || this.#isImplied(origin, originSeq)) continue;
      if (named.get(origin) === originSeq) continue;
      seen.push({ origin, originSeq, digestHead: digest.slice(0, DIGEST_HEAD_BYTES) });
      named.set(origin, originSeq);
    }
    this.#namedCount = this.#receivedCount;
    this.#state = { ...this.#state, named };
    return seen;
  }

  /** An ended incarnation is left out where its successor is in, or is the one that writes. */
  #isImplied(origin: string, originSeq: number): boolean {
    const { predecessor } = this.author;
    if (predecessor?.origin === origin && predecessor.lastOriginSeq === originSeq) return true;
    return this.#incarnations.isEndedAt(origin, originSeq, this.#vector);
  }

  #advance(origin: string, originSeq: number, digest: Uint8Array): void {
    this.#vector.advance(origin, originSeq, digest);
    this.#batch.advances.push({ origin, originSeq, digest });
    if (origin !== this.author.originText) this.#receivedCount++;
    this.#state = { ...this.#state, seq: this.#seq };
  }
}
