/**
 * The write lane: one per node, serial, synchronous. Everything that changes the world passes here,
 * in the order of the calls: checked against the published state with all pending commits laid over
 * it, given its seq and stamp, gathered into the next batch. When the batch is in the log at its
 * level the lane publishes it and answers.
 *
 * Guarantees: INV-2 (no answer leaves before what it saw is in the log; an error that saw a pending
 * commit waits too), INV-3, INV-4 (three outcomes), INV-9 (one commit for one originSeq).
 */
import type { Vector } from '../../core/index.ts';
import {
  AdastraError,
  assert,
  ByteWriter,
  type CommitFields,
  type Durability,
  type Receipt,
} from '../../core/index.ts';
import { BatchGatherer, type ReceivedBundle } from './batch-gatherer.ts';
import { checkCommitSize, fieldBytesMax } from './commit-size.ts';
import { Flusher } from './flusher.ts';
import { newDeferred } from './deferred.ts';
import type { Admission, LaneParts, PublishedCommit } from './lane-parts.ts';
import { firstLaneState, type LaneState } from './lane-state.ts';
import { newEntry, Overlay, type PendingEntry } from './overlay.ts';
import type { PendingBatch, PendingCommit } from './pending-batch.ts';
import type { Transaction } from './transaction.ts';
import { limitsOfWorld, WORLD_LIMITS_KEY } from './world-limits.ts';

const BATCH_BYTES = 4 * 1024 * 1024;

export class Lane {
  readonly overlay: Overlay;
  /** Replaced as a whole where the world's limits become known. */
  parts: LaneParts;
  /** Applied and in the log at its level: what the published state holds. */
  readonly vector: Vector;
  /** Encoded values of the call in hand. */
  readonly scratch: ByteWriter = new ByteWriter(64 * 1024);
  /** Seq of the last tombstone collection; 0 while there was none. */
  readonly collectedSeq: number = 0;
  readonly #gatherer: BatchGatherer;
  readonly #flusher: Flusher;
  #durable: LaneState;
  #publishedSeq: number;
  /** In the log, and not yet published: others are written before they are flushed together. */
  readonly #written: PendingBatch[] = [];
  #pendingBytes = 0;
  #pendingCommits = 0;
  #failure: AdastraError | undefined = undefined;
  #closed = false;
  #onFailure: ((error: AdastraError) => void) | undefined = undefined;
  #onPublish: ((commit: PublishedCommit) => void) | undefined = undefined;

  constructor(parts: LaneParts) {
    this.parts = parts;
    this.overlay = new Overlay(parts.storage, parts.origins);
    this.vector = parts.vector;
    const { env, log, author } = parts;
    const head = { seq: log.headSeq, vector: parts.vector };
    this.#gatherer = new BatchGatherer(env, author, parts, head);
    this.#durable = firstLaneState(log.headSeq);
    this.#publishedSeq = log.headSeq;
    this.#flusher = new Flusher(env, log, this.#target(), parts.flush);
  }

  /** Seq of the last commit that readers see. */
  get publishedSeq(): number {
    return this.#publishedSeq;
  }

  /** Seq of the last commit admitted. */
  get admittedSeq(): number {
    return this.#gatherer.seq;
  }

  get pendingCommits(): number {
    return this.#pendingCommits;
  }

  /** What is applied, pending included. */
  get admittedVector(): Vector {
    return this.#gatherer.vector;
  }

  /** What the log holds: for the header of a segment that begins now. */
  logVector(): Vector {
    const vector = this.vector.copy();
    for (const { advances } of this.#written) {
      for (const { origin, originSeq, digest } of advances) vector.advance(origin, originSeq, digest);
    }
    return vector;
  }

  /** Why writes are refused for good, if they are. */
  get failure(): AdastraError | undefined {
    return this.#failure;
  }

  set onPublish(listener: ((commit: PublishedCommit) => void) | undefined) {
    this.#onPublish = listener;
  }

  set onClockJump(listener: ((wallMs: number) => void) | undefined) {
    this.#gatherer.onClockJump = listener;
  }

  set onFailure(listener: ((error: AdastraError) => void) | undefined) {
    this.#onFailure = listener;
  }

  /** Throws what refuses every write now: closed, latched, overloaded. */
  checkWritable(): void {
    if (this.#closed) throw new AdastraError('closed', 'the node is closed');
    if (this.#failure !== undefined) throw latched(this.#failure);
    const { pendingBytesMax, pendingCommitsMax } = this.parts.limits;
    const bytes = this.#pendingBytes + this.#gatherer.openBytes;
    if (bytes < pendingBytesMax && this.#pendingCommits < pendingCommitsMax) return;
    throw new AdastraError(
      'overloaded',
      `${this.#pendingCommits} commits (${bytes} bytes) wait for the disk`,
      {
        hint: 'await earlier writes before sending more, then try again',
        details: { pendingBytes: bytes, pendingCommits: this.#pendingCommits },
      },
    );
  }

  /** The hot path: one put of a value that stands encoded in `scratch`. */
  admitPut(key: string, valueHead: number, admission: Admission): Promise<Receipt> {
    const gatherer = this.#gatherer;
    const { scratch } = this;
    const bytesMax = scratch.length + key.length * 3 + 128;
    checkCommitSize(bytesMax, this.parts.limits);
    const ref = this.overlay.storage.obtain(key);
    const previous = this.overlay.lastSeqAt(key, ref);
    gatherer.beginCommit(1, bytesMax, admission.fields, admission.command?.requestHash);
    const cell = gatherer.put(key, valueHead, scratch.buffer, 0, scratch.length, previous);
    const entry = newEntry(key, gatherer.seq, cell, ref);
    this.overlay.add(entry);
    return this.#admitted(entry, admission);
  }

  /** The most bytes that the commit takes; throws `limit_exceeded`. */
  checkFits(transaction: Transaction, fields: CommitFields | undefined): number {
    const bytesMax = transaction.byteLengthMax + fieldBytesMax(fields);
    checkCommitSize(bytesMax, this.parts.limits);
    return bytesMax;
  }

  /** The writes of a transaction as one commit; there must be at least one. */
  admit(transaction: Transaction, admission: Admission): Promise<Receipt> {
    const bytesMax = this.checkFits(transaction, admission.fields);
    assert(transaction.writes.size > 0, 'a commit has events');
    const gatherer = this.#gatherer;
    const { writes, scratch } = transaction;
    gatherer.beginCommit(writes.size, bytesMax, admission.fields, admission.command?.requestHash);
    let first: PendingEntry | undefined;
    let last: PendingEntry | undefined;
    // forEach: an iterator would make an array for each of a thousand writes.
    writes.forEach(({ remove, valueHead, start, end }, key) => {
      const ref = this.overlay.storage.obtain(key);
      const previous = this.overlay.lastSeqAt(key, ref);
      const cell = remove
        ? gatherer.remove(key, previous)
        : gatherer.put(key, valueHead, scratch.buffer, start, end, previous);
      const entry = newEntry(key, gatherer.seq, cell, ref);
      if (last === undefined) first = entry;
      else last.next = entry;
      last = entry;
      this.overlay.add(entry);
    });
    return this.#admitted(first, admission);
  }

  /** A received bundle that `receive` has decided; `commits` are its entries, commit by commit. */
  admitReceived(
    bundle: ReceivedBundle,
    commits: readonly (PendingEntry | undefined)[],
  ): Promise<void> {
    const firstSeq = this.#gatherer.seq + 1;
    this.#gatherer.received(bundle);
    const { batch } = this.#gatherer;
    batch.require('always');
    return new Promise((resolve, reject) => {
      commits.forEach((first, index) => {
        for (let entry = first; entry !== undefined; entry = entry.next) {
          this.overlay.add(entry);
          if (entry.key === WORLD_LIMITS_KEY) this.#takeWorldLimits();
        }
        const last = index === commits.length - 1;
        batch.commits.push({
          seq: firstSeq + index,
          first,
          receipt: NO_RECEIPT,
          resolve: last ? () => resolve() : ignore,
          reject: last ? reject : ignore,
        });
      });
      this.#pendingCommits += commits.length;
      this.#afterAdmission();
    });
  }

  /** What the world says of limits holds for the own writes that come after. */
  #takeWorldLimits(): void {
    const limits = limitsOfWorld(this.parts.limits, this.overlay.get(WORLD_LIMITS_KEY));
    this.parts = { ...this.parts, limits };
  }

  /** Calls `release` once everything that could be seen now is in the log (INV-2). */
  answer(release: () => void, fail: (error: AdastraError) => void): void {
    if (this.#gatherer.batch.builder.isEmpty && this.#pendingCommits === 0) {
      release();
      return;
    }
    this.#gatherer.batch.answers.push({ release, fail });
    this.#flusher.schedule();
  }

  /** Resolves when everything admitted so far is fdatasynced. */
  flush(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(latched(this.#failure));
    return new Promise((resolve, reject) => {
      this.#flusher.flush((error) => (error === undefined ? resolve() : reject(error)));
    });
  }

  /** Refuses further writes, waits for admitted ones. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#failure === undefined) await this.flush().catch(() => {});
    this.#flusher.stop();
  }

  /** Receipt of a commit that is not one: nothing changed. */
  unchangedReceipt(durability: Durability): Receipt {
    const { originText } = this.parts.author;
    return { ...NO_RECEIPT, seq: this.#gatherer.seq, origin: originText, durability };
  }

  #admitted(first: PendingEntry | undefined, admission: Admission): Promise<Receipt> {
    const gatherer = this.#gatherer;
    const { durability, command } = admission;
    const receipt: Receipt = {
      seq: gatherer.seq,
      origin: gatherer.author.originText,
      originSeq: gatherer.originSeq,
      stamp: gatherer.stampText(),
      durability,
      changed: true,
      replayed: false,
    };
    if (command !== undefined) this.#rememberLater(command, receipt);
    gatherer.batch.require(durability);
    this.#pendingCommits++;
    const { promise, resolve, reject } = newDeferred<Receipt>();
    gatherer.batch.commits.push({ seq: receipt.seq, first, receipt, resolve, reject });
    this.#afterAdmission();
    return promise;
  }

  /**
   * Pending commands answer a retry too: it must not run a second time while the first is in
   * flight.
   */
  readonly pendingCommands: Map<string, { requestHash: Uint8Array; receipt: Receipt }> = new Map();

  #rememberLater(command: { id: string; requestHash: Uint8Array }, receipt: Receipt): void {
    const { requestHash, id } = command;
    this.pendingCommands.set(id, { requestHash, receipt });
    const { ms, counter } = this.parts.clock;
    this.answer(
      () => {
        this.pendingCommands.delete(id);
        const { seq, origin, originSeq, durability } = receipt;
        this.parts.commands.remember(id, {
          requestHash,
          seq,
          origin,
          originSeq,
          ms,
          counter,
          durability,
        });
      },
      () => this.pendingCommands.delete(id),
    );
  }

  #afterAdmission(): void {
    if (this.#gatherer.openBytes < BATCH_BYTES) {
      this.#flusher.schedule();
      return;
    }
    const sealed = this.#seal();
    if (sealed !== undefined) this.#flusher.enqueue(sealed);
  }

  #seal(): PendingBatch | undefined {
    const sealed = this.#gatherer.seal();
    if (sealed !== undefined) this.#pendingBytes += sealed.builder.payloadBytes;
    return sealed;
  }

  #target(): {
    seal(): PendingBatch | undefined;
    hasGathered(): boolean;
    written(batch: PendingBatch): void;
    committed(batch: PendingBatch): void;
    failed(batches: readonly PendingBatch[], error: AdastraError): void;
  } {
    return {
      seal: () => this.#seal(),
      hasGathered: () => this.#gatherer.hasGathered,
      written: (batch) => this.#written.push(batch),
      committed: (batch) => this.#committed(batch),
      failed: (batches, error) => this.#failed(batches, error),
    };
  }

  #committed(batch: PendingBatch): void {
    this.#pendingBytes -= batch.builder.payloadBytes;
    this.#pendingCommits -= batch.commits.length;
    this.#durable = batch.after as LaneState;
    if (this.#written[0] === batch) this.#written.shift();
    for (const { origin, originSeq, digest } of batch.advances)
      this.vector.advance(origin, originSeq, digest);
    for (const commit of batch.commits) this.#publish(commit);
    for (const { release } of batch.answers) release();
    this.#gatherer.reuse(batch);
  }

  #publish(commit: PendingCommit): void {
    this.overlay.publish(commit.seq, commit.first);
    this.#publishedSeq = commit.seq;
    this.#onPublish?.(commit);
    commit.resolve(commit.receipt);
  }

  /** Nothing of it is visible and nothing of it will be; the lane stands where it was durable. */
  #failed(batches: readonly PendingBatch[], error: AdastraError): void {
    const latches = error.code === 'unknown_outcome' || this.parts.log.latched !== undefined;
    if (latches && this.#failure === undefined) {
      this.#failure = error;
      this.#onFailure?.(error);
    }
    this.#written.length = 0;
    this.overlay.drop();
    this.#gatherer.rollBack(this.#durable, this.vector);
    for (const batch of batches) {
      this.#pendingBytes -= batch.builder.payloadBytes;
      this.#pendingCommits -= batch.commits.length;
      for (const { fail } of batch.answers) fail(error);
      for (const { reject } of batch.commits) reject(error);
      this.#gatherer.reuse(batch);
    }
  }
}

const NO_RECEIPT: Receipt = {
  seq: 0,
  origin: '',
  originSeq: 0,
  stamp: '',
  durability: 'always',
  changed: false,
  replayed: false,
};

function ignore(): void {}

function latched(failure: AdastraError): AdastraError {
  return new AdastraError('latched', 'writes are refused since a flush failed', {
    hint: 'close the node, see to the disk, open it again; reads go on',
    cause: failure,
  });
}
