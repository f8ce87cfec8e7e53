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
import { BatchGatherer } from './batch-gatherer.ts';
import { checkCommitSize, fieldBytesMax } from './commit-size.ts';
import { Flusher, type FlushTarget } from './flusher.ts';
import { newDeferred } from './deferred.ts';
import { checkQueue, latched, ownReceipt, unchanged } from './lane-answers.ts';
import { LaneMembership } from './lane-membership.ts';
import { LaneMeter } from './lane-meter.ts';
import type { Admission, LaneParts, PublishedCommit } from './lane-parts.ts';
import { firstLaneState, type LaneState } from './lane-state.ts';
import {
  type ConflictListener,
  entryOfSeveral,
  linkedEntries,
  newEntry,
  Overlay,
  type PendingEntry,
} from './overlay.ts';
import { writeOwnEntries } from './own-entries.ts';
import { addOwnMetas, ownMeta } from './own-meta.ts';
import type { PendingBatch, PendingCommit } from './pending-batch.ts';
import { rememberLater, type PendingCommand } from './pending-command.ts';
import { concernsPolicies, PolicyTable } from './policy-table.ts';
import type { ReceivedBundle } from './received-bundle.ts';
import { redecide } from './redecide.ts';
import type { Statement } from './statement.ts';
import type { Transaction } from './transaction.ts';
import type { ChangedView } from './view-change.ts';

const BATCH_BYTES = 4 * 1024 * 1024;

export class Lane {
  readonly overlay: Overlay;
  readonly policies: PolicyTable;
  readonly membership: LaneMembership;
  /** Replaced as a whole where the world's limits change. */
  parts: LaneParts;
  /** Applied and in the log at its level: what the published state holds. */
  readonly vector: Vector;
  readonly meter: LaneMeter;
  /** Encoded values of the call in hand. */
  readonly scratch: ByteWriter = new ByteWriter(64 * 1024);
  readonly #gatherer: BatchGatherer;
  readonly #flusher: Flusher;
  #durable: LaneState;
  #publishedSeq: number;
  /** In the log, and not yet published: others are written before they are flushed together. */
  readonly #written: PendingBatch[] = [];
  #pendingBytes = 0;
  /** Commits admitted and not yet in the log. */
  pendingCommits = 0;
  /** Why writes are refused for good, if they are. */
  failure: AdastraError | undefined = undefined;
  #closed = false;
  onFailure: ((error: AdastraError) => void) | undefined = undefined;
  onPublish: ((commit: PublishedCommit) => void) | undefined = undefined;

  constructor(parts: LaneParts) {
    this.membership = new LaneMembership(parts);
    this.parts = { ...parts, limits: this.membership.limits() };
    this.meter = parts.meter ?? new LaneMeter();
    this.overlay = new Overlay(parts.storage, parts.origins);
    this.vector = parts.vector;
    const { env, log, author } = parts;
    this.policies = new PolicyTable(parts.origins, author.originText.slice(0, 32), parts.policies);
    this.#loadRules();
    const decidedSeq = parts.decided.seq;
    const head = { seq: log.headSeq, vector: parts.vector, decidedSeq };
    this.#gatherer = new BatchGatherer(env, author, parts, head);
    this.#durable = firstLaneState(log.headSeq, decidedSeq);
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

  /** Seq of the last event that a tombstone collection forgot; 0 while there was none. */
  get collectedSeq(): number {
    return this.parts.collected.seq;
  }

  /** Bytes of commits that are admitted and not yet in the log. */
  get pendingBytes(): number {
    return this.#pendingBytes + this.#gatherer.openBytes;
  }

  /** What is applied, pending included. */
  get admittedVector(): Vector {
    return this.#gatherer.vector;
  }

  /** What the log holds: for the header of a segment that begins now. */
  logVector(): Vector {
    const vector = this.vector.copy();
    for (const batch of this.#written) batch.advance(vector);
    return vector;
  }

  set onConflict(listener: ConflictListener | undefined) {
    this.overlay.onConflict = listener;
  }

  set onClockJump(listener: ((wallMs: number) => void) | undefined) {
    this.#gatherer.onClockJump = listener;
  }

  /** Throws what refuses every write now: closed, latched, overloaded. */
  checkWritable(): void {
    if (this.#closed) throw new AdastraError('closed', 'the node is closed');
    if (this.failure !== undefined) throw latched(this.failure);
    this.policies.checkNotDeciding();
    checkQueue(this.pendingCommits, this.pendingBytes, this.parts.limits);
  }

  /** The hot path: one put of a value that stands encoded in `scratch`. */
  admitPut(key: string, valueHead: number, admission: Admission): Promise<Receipt> {
    const gatherer = this.#gatherer;
    const { scratch } = this;
    const { length } = scratch;
    const meta = this.policies.hasMerge
      ? ownMeta(this, key, scratch, { valueHead, start: 0, end: length })
      : undefined;
    const bytesMax = length + (meta?.length ?? 0) + key.length * 3 + 128;
    checkCommitSize(bytesMax, this.parts.limits);
    const reason = this.membership.judgePut(key, gatherer.originSeq + 1);
    const ref = this.overlay.storage.obtain(key);
    const previous = this.overlay.lastSeqAt(key, ref);
    gatherer.beginCommit(1, bytesMax, admission, reason);
    const cell = gatherer.put(key, valueHead, scratch.buffer, 0, length, previous, meta);
    const entry = reason === undefined ? newEntry(key, gatherer.seq, cell, ref) : undefined;
    if (entry !== undefined) this.#add(entry);
    return this.#admitted(entry, admission);
  }

  /** The most bytes that the commit takes; throws `limit_exceeded`. */
  checkFits(transaction: Transaction, fields: CommitFields | undefined): number {
    const metaBytes = this.policies.hasMerge ? addOwnMetas(this, transaction) : 0;
    const bytesMax = transaction.byteLengthMax + fieldBytesMax(fields) + metaBytes;
    checkCommitSize(bytesMax, this.parts.limits);
    return bytesMax;
  }

  /** The writes of a transaction as one commit; there must be at least one. */
  admit(transaction: Transaction, admission: Admission): Promise<Receipt> {
    const bytesMax = this.checkFits(transaction, admission.fields);
    assert(transaction.writes.size > 0, 'a commit has events');
    const gatherer = this.#gatherer;
    const { reason, statements } = this.membership.judge(transaction, gatherer.originSeq + 1);
    gatherer.beginCommit(transaction.writes.size, bytesMax, admission, reason);
    const first = writeOwnEntries(gatherer, this.overlay, transaction, reason !== undefined);
    const concerns = this.#addAll(first);
    const receipt = this.#admitted(first, admission);
    this.#take(statements);
    if (concerns) this.#takeRules();
    return receipt;
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
    let concerns = this.policies.takePostponed();
    return new Promise((resolve, reject) => {
      for (const first of commits) if (this.#addAll(first)) concerns = true;
      batch.addReceived(firstSeq, commits, resolve, reject);
      this.pendingCommits += commits.length;
      this.#take(bundle.statements);
      this.#afterAdmission();
      if (concerns) this.#takeRules();
    });
  }

  #add(entry: PendingEntry): void {
    if (this.overlay.add(entry)) this.#gatherer.batch.decided.push(entry);
  }

  /** Views of open conflicts, decided anew (`redecide`). */
  admitViews(body: Uint8Array, views: readonly ChangedView[]): void {
    this.#gatherer.viewChanged(body);
    const { batch, seq } = this.#gatherer;
    batch.require('always');
    const entries = views.map(({ key, siblings, view }) =>
      entryOfSeveral(key, seq, siblings, view),
    );
    for (const entry of entries) this.overlay.add(entry);
    batch.addLocal(seq, linkedEntries(entries));
    this.pendingCommits++;
    this.#afterAdmission();
  }

  #loadRules(): void {
    this.policies.load(this.overlay, this.membership.table.limits());
  }

  /** Rules count from the commit on that states them: open conflicts are decided anew behind it. */
  #takeRules(): void {
    this.#loadRules();
    redecide(this, 'policy changed');
  }

  /** What is stated holds for all that comes after. */
  #take(statements: readonly Statement[]): void {
    if (statements.length === 0) return;
    this.membership.add(statements);
    this.parts = { ...this.parts, limits: this.membership.limits() };
  }

  /** Calls `release` once everything that could be seen now is in the log (INV-2). */
  answer(release: () => void, fail: (error: AdastraError) => void): void {
    if (this.#gatherer.batch.builder.isEmpty && this.pendingCommits === 0) {
      release();
      return;
    }
    this.#gatherer.batch.answers.push({ release, fail });
    this.#flusher.schedule();
  }

  /**
   * Logs a local note, which takes no seq; the commit that it stands behind. `release` once it is
   * in the log, `fail` if it will not be.
   */
  note(write: (body: ByteWriter) => void, release: () => void, fail: () => void): number {
    this.#gatherer.note(write);
    this.#gatherer.batch.answers.push({ release, fail });
    this.#flusher.schedule();
    return this.#gatherer.seq;
  }

  /** Resolves when everything admitted so far is fdatasynced. */
  flush(): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(latched(this.failure));
    return new Promise((resolve, reject) => {
      this.#flusher.flush((error) => (error === undefined ? resolve() : reject(error)));
    });
  }

  /** Refuses further writes, waits for admitted ones. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.failure === undefined) await this.flush().catch(() => {});
    this.#flusher.stop();
  }

  /** Receipt of a commit that is not one: nothing changed. */
  unchangedReceipt(durability: Durability): Receipt {
    return unchanged(this.admittedSeq, this.parts.author.originText, durability);
  }

  /** The entries of one commit; whether they concern how conflicts are shown. */
  #addAll(first: PendingEntry | undefined): boolean {
    let concerns = false;
    for (let entry = first; entry !== undefined; entry = entry.next) {
      this.#add(entry);
      concerns ||= concernsPolicies(entry.key);
    }
    return concerns;
  }

  #admitted(first: PendingEntry | undefined, admission: Admission): Promise<Receipt> {
    const gatherer = this.#gatherer;
    const { durability, command } = admission;
    const receipt = ownReceipt(gatherer, durability);
    if (command !== undefined) rememberLater(this, command, receipt);
    gatherer.batch.require(durability);
    this.pendingCommits++;
    const { promise, resolve, reject } = newDeferred<Receipt>();
    const ms = this.meter.admissionMs(this.parts.env.clock, this.#flusher.turn);
    gatherer.batch.addOwn({ seq: receipt.seq, first, receipt, resolve, reject }, ms);
    this.#afterAdmission();
    return promise;
  }

  /**
   * Pending commands answer a retry too: it must not run a second time while the first is in
   * flight.
   */
  readonly pendingCommands: Map<string, PendingCommand> = new Map();

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

  #target(): FlushTarget {
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
    this.pendingCommits -= batch.commits.length;
    this.#durable = batch.after as LaneState;
    this.parts.decided.seq = this.#durable.decidedSeq;
    if (this.#written[0] === batch) this.#written.shift();
    batch.advance(this.vector);
    for (const head of batch.heads) this.parts.heads.note(head);
    for (const commit of batch.commits) this.#publish(commit);
    for (const { release } of batch.answers) release();
    this.meter.committed(batch.times, batch.commits.length, this.parts.env.clock.monoMs());
    this.#gatherer.reuse(batch);
  }

  #publish(commit: PendingCommit): void {
    this.overlay.publish(commit.seq, commit.first);
    this.#publishedSeq = commit.seq;
    this.onPublish?.(commit);
    commit.resolve(commit.receipt);
  }

  /** Nothing of it is visible and nothing of it will be; the lane stands where it was durable. */
  #failed(batches: readonly PendingBatch[], error: AdastraError): void {
    const latches = error.code === 'unknown_outcome' || this.parts.log.latched !== undefined;
    if (latches && this.failure === undefined) {
      this.failure = error;
      this.onFailure?.(error);
    }
    this.#written.length = 0;
    this.overlay.drop();
    this.membership.reload();
    this.parts = { ...this.parts, limits: this.membership.limits() };
    this.#loadRules();
    // Views that were to follow what stands may be among what failed.
    this.policies.postpone();
    this.#gatherer.rollBack(this.#durable, this.vector);
    for (const batch of batches) {
      this.meter.failed(error.code, batch.commits.length, this.parts.env.clock.monoMs());
      this.#pendingBytes -= batch.builder.payloadBytes;
      this.pendingCommits -= batch.commits.length;
      batch.fail(error);
      this.#gatherer.reuse(batch);
    }
  }
}
