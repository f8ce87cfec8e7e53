/**
 * One open node: the parts, wired. It opens them in the seed's order (configuration, log, recovery
 * of the store, then what serves), offers `NodeApi`, and closes them in reverse. It has no logic of
 * its own beyond that.
 */
import {
  AdastraError,
  checkKey,
  type Commit,
  type CommitRequest,
  type Entry,
  type HistoryEntry,
  HybridClock,
  type PreflightReport,
  type PutOptions,
  type Range,
  type Receipt,
  type Value,
  type WriteOptions,
} from '../core/index.ts';
import { OperationRegistry } from '../store/operations/index.ts';
import {
  historyOf,
  Lane,
  receiptOf,
  receiveBundle,
  type ReceiveOutcome,
  Writes,
} from '../store/transactions/index.ts';
import { authorOf } from './author.ts';
import { backupNode } from './backup.ts';
import { ChangeFeed } from './change-feed.ts';
import { Checkpointer } from './checkpointer.ts';
import type { EngineParts } from './engine-parts.ts';
import type {
  BackupReport,
  ChangesOptions,
  CheckpointInfo,
  Hashes,
  HistoryOptions,
  NodeApi,
  NodeInfo,
  NodeStatus,
  RecoveryReport,
  VerifyReport,
} from './node-api.ts';
import { Reads } from './reads.ts';
import { nodeInfoOf, statusOf } from './status.ts';
import { verifyDirectory } from './verify.ts';

export class Engine implements NodeApi {
  readonly parts: EngineParts;
  readonly reads: Reads;
  readonly feed: ChangeFeed;
  /** `undefined` where the node only reads. */
  readonly writes: Writes | undefined;
  readonly startedAtMs: number;
  readonly #lane: Lane | undefined;
  readonly #checkpointer: Checkpointer | undefined;
  #closing: Promise<void> | undefined;
  #sinceCheck = 0;
  readonly #healthListeners = new Set<HealthListener>();

  constructor(parts: EngineParts) {
    this.parts = parts;
    const { env, replica, limits, log, options } = parts;
    this.startedAtMs = env.clock.wallMs();
    const clock = new HybridClock(replica.clock, limits.toleratedForwardJumpMs);
    if (parts.lock !== undefined) {
      this.#lane = this.#makeLane(clock);
      this.writes = new Writes(this.#lane);
      const lane = this.#lane;
      replica.logVector = () => lane.logVector();
      this.#checkpointer = new Checkpointer({
        env,
        dataDir: parts.dataDir,
        replica,
        lane,
        clock,
        options,
      });
    }
    this.reads = new Reads(replica.storage, replica.origins, limits, () => this.seq);
    this.feed = new ChangeFeed({
      env,
      log,
      origins: replica.origins,
      limits,
      logger: options.logger,
      publishedSeq: () => this.seq,
    });
    this.#connect();
  }

  get recovery(): RecoveryReport {
    return this.parts.recovery;
  }

  /** Seq of the last commit that readers see. */
  get seq(): number {
    return this.#lane?.publishedSeq ?? this.parts.log.headSeq;
  }

  get lane(): Lane | undefined {
    return this.#lane;
  }

  async get(key: string): Promise<Value | undefined> {
    this.checkOpen();
    return this.reads.get(key);
  }

  async getEntry(key: string): Promise<Entry | undefined> {
    this.checkOpen();
    return this.reads.getEntry(key);
  }

  async count(range?: Range): Promise<number> {
    this.checkOpen();
    return this.reads.count(range);
  }

  async *list(range?: Range): AsyncGenerator<[string, Value], void, undefined> {
    this.checkOpen();
    yield* this.reads.list(range);
  }

  async put(key: string, value: unknown, options?: PutOptions): Promise<Receipt> {
    return this.writable().put(key, value, options);
  }

  async remove(key: string, options?: PutOptions): Promise<Receipt> {
    return this.writable().remove(key, options);
  }

  async commit(request: CommitRequest): Promise<Receipt> {
    return this.writable().commit(request);
  }

  async preflight(request: CommitRequest): Promise<PreflightReport> {
    return this.writable().preflight(request);
  }

  async revert(seq: number, options: WriteOptions & { readonly reason: string }): Promise<Receipt> {
    return this.writable().revert(seq, options);
  }

  async receiptOf(commandId: string): Promise<Receipt | undefined> {
    this.checkOpen();
    return receiptOf(this.parts.replica.commands, commandId);
  }

  /** A bundle that another node authored; resolves when what was decided is durable. */
  async receive(bundle: Uint8Array): Promise<ReceiveOutcome> {
    this.writable();
    return receiveBundle(this.#lane as Lane, bundle);
  }

  async *history(
    key: string,
    options: HistoryOptions = {},
  ): AsyncGenerator<HistoryEntry, void, undefined> {
    this.checkOpen();
    const { replica, log } = this.parts;
    const { storage, origins } = replica;
    checkKey(key, this.parts.limits.keyBytesMax);
    let left = options.limit ?? Number.POSITIVE_INFINITY;
    if (left <= 0) return;
    for (const entry of historyOf(log, origins, key, storage.lastSeq(storage.find(key)))) {
      this.checkOpen();
      if (options.signal?.aborted === true)
        throw new AdastraError('aborted', 'the signal was aborted');
      yield entry;
      if (--left <= 0) return;
    }
  }

  changes(options?: ChangesOptions): AsyncGenerator<Commit, void, undefined> {
    this.checkOpen();
    return this.feed.changes(options);
  }

  /**
   * Brings the hashes up to date in slices, so that a large state does not hold the event loop up.
   */
  async hashes(): Promise<Hashes> {
    this.checkOpen();
    const { env, replica } = this.parts;
    const { storage } = replica;
    for (const name of ['state', 'content'] as const) {
      for (
        let slice = 0;
        slice < HASH_SLICES_MAX && !storage.hashSlice(HASH_SLICE, name);
        slice++
      ) {
        await new Promise<void>((resolve) => env.timers.soon(resolve));
      }
    }
    this.checkOpen();
    const stateHash = storage.stateHash();
    return { seq: this.seq, stateHash, contentHash: storage.contentHash() };
  }

  async checkpoint(): Promise<CheckpointInfo> {
    this.writable();
    return (this.#checkpointer as Checkpointer).run();
  }

  async backup(directory: string): Promise<BackupReport> {
    this.checkOpen();
    if (this.#lane !== undefined) await this.#lane.flush();
    return backupNode(this.parts, directory);
  }

  async verify(options: { readonly signal?: AbortSignal } = {}): Promise<VerifyReport> {
    this.checkOpen();
    if (this.#lane !== undefined) await this.#lane.flush();
    return verifyDirectory(this.parts.env, this.parts.dataDir, options);
  }

  async status(): Promise<NodeStatus> {
    this.checkOpen();
    return statusOf(this.parts, { ...(await this.hashes()), lane: this.#lane });
  }

  async nodeInfo(): Promise<NodeInfo> {
    this.checkOpen();
    return nodeInfoOf(this.parts, this.startedAtMs);
  }

  async flush(): Promise<void> {
    this.writable();
    await (this.#lane as Lane).flush();
  }

  /** Idempotent; waits for admitted writes. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Calls `fn` once a failed flush has ended writing; returns what ends it. */
  onHealth(event: 'health', fn: HealthListener): () => void {
    this.checkOpen();
    if (event !== 'health')
      throw new AdastraError('invalid_argument', `there is no event ${String(event)}`);
    this.feed.checkRoom(this.#healthListeners.size);
    const own: HealthListener = (health) => fn(health);
    this.#healthListeners.add(own);
    return () => this.#healthListeners.delete(own);
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  checkOpen(): void {
    if (this.#closing !== undefined) throw new AdastraError('closed', 'the node is closed');
  }

  /** The ways to write; throws where there are none. */
  writable(): Writes {
    this.checkOpen();
    if (this.writes !== undefined) return this.writes;
    throw new AdastraError('read_only', 'this node was opened for reading', {
      hint:
        this.parts.damage === undefined
          ? 'open it without readOnly'
          : 'repair the log first: adastra log repair',
      cause: this.parts.damage,
    });
  }

  #makeLane(clock: HybridClock): Lane {
    const { env, log, replica, limits, options, identity } = this.parts;
    const { storage, origins, vector, incarnations, seen, commands } = replica;
    return new Lane({
      env,
      log,
      storage,
      origins,
      vector,
      incarnations,
      seen,
      commands,
      limits,
      clock,
      operations: new OperationRegistry(options.operations),
      author: authorOf(env, identity, replica, log.term),
      durability: options.durability,
      flush: { intervalMs: options.intervalMs, blockingFlush: options.blockingFlush },
    });
  }

  #connect(): void {
    if (this.#lane === undefined) return;
    this.#lane.onClockJump = (wallMs) => {
      const iso = new Date(wallMs).toISOString();
      this.parts.options.logger?.warn(`the clock has jumped ahead: stamps go on from ${iso}`);
    };
    this.#lane.onFailure = (error) => {
      this.parts.options.logger?.error(`writes are latched: ${error.message}`);
      for (const fn of this.#healthListeners) this.feed.soon(() => fn({ state: 'latched', error }));
    };
    this.#lane.onPublish = (commit) => {
      this.feed.published(commit);
      if (++this.#sinceCheck < CHECK_EVERY_COMMITS) return;
      this.#sinceCheck = 0;
      this.#checkpointer?.runIfDue(this.parts.log.stat().bytes);
    };
  }

  async #close(): Promise<void> {
    const { log, lock, options } = this.parts;
    await this.#checkpointer?.close();
    await this.#lane?.close();
    this.feed.close();
    if (this.#lane === undefined || this.#lane.failure !== undefined) log.abandon();
    else {
      const failure = log.close();
      if (failure !== undefined) options.logger?.error(`closing the log: ${failure.message}`);
    }
    lock?.release();
  }
}

/** Hears that the node takes no more writes. */
export type HealthListener = (health: {
  readonly state: 'latched';
  readonly error: AdastraError;
}) => void;

/**
 * Entries hashed without a turn of the event loop, and slices after which the rest is done at once.
 */
const HASH_SLICE = 2000;
const HASH_SLICES_MAX = 100_000;

/** How many commits pass between two looks at whether a checkpoint is due. */
const CHECK_EVERY_COMMITS = 256;
