/**
 * The SDK. Reads are synchronous over the local store, writes resolve when they are durable at the
 * chosen level, and nothing here waits for a network. One `Client` for a directory; it keeps no
 * process alive, writes to no console and installs no handler.
 */
import {
  AdastraError,
  type Commit,
  type CommitRequest,
  type Entry,
  type HistoryEntry,
  type PreflightReport,
  type PutOptions,
  type Range,
  type Receipt,
  type Value,
  type WriteOptions,
} from '../core/index.ts';
import {
  type BackupReport,
  type ChangesOptions,
  type CheckpointInfo,
  type Engine,
  type Freshness,
  type Hashes,
  type HistoryOptions,
  type NodeApi,
  type NodeEventName,
  type NodeEvents,
  type NodeInfo,
  type NodeOptions,
  type NodeStatus,
  type PeerApi,
  type ProjectionStatus,
  type Queries,
  type QueryAnswer,
  notFound,
  openEngine,
  type RecoveryReport,
  type ResolvedOptions,
  resolveOptions,
  type Snapshot,
  stateAt,
  type TransactionResult,
  type VerifyReport,
  type WaitForSeqOptions,
} from '../engine/index.ts';
import { MEMORY_DIRECTORY, memoryEnvironment, realEnvironment } from './node-environment.ts';
import { withSignal } from './signal.ts';
import { Sub } from './sub.ts';
import { ClientTransaction } from './client-transaction.ts';
import { peerMethods } from './peer-methods.ts';
import { type AnyQuery, observeQuery, ProjectionView, type QueryOf } from './projection-view.ts';
import type { KeySchema, ValueAt } from './typed-keys.ts';
import {
  type Change,
  observeKey,
  observeRange,
  type Observed,
  subscribe,
  type Watched,
} from './watch.ts';

/** A receipt together with what the function given to `transact` returned. */
export type TransactReceipt<T> = Receipt & { readonly value: T | undefined };

// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- see the end of the file
export class Client<Schema extends KeySchema = {}> {
  readonly options: NodeOptions;
  readonly #resolved: ResolvedOptions;
  #engine: Engine | undefined;
  #opening: Promise<Engine> | undefined;
  #closed = false;

  /** Checks the options, all together; throws `invalid_options`. Nothing is opened yet. */
  constructor(options: NodeOptions) {
    this.#resolved = resolveOptions(options);
    this.options = options;
    Object.assign(
      this,
      peerMethods(() => this.#open()),
    );
  }

  /** `new Client(options)` and `open()`. */
  // biome-ignore lint/complexity/noBannedTypes: as above
  static async open<Schema extends KeySchema = {}>(options: NodeOptions): Promise<Client<Schema>> {
    const client = new Client<Schema>(options);
    await client.open();
    return client;
  }

  /** Opens or makes the directory and recovers the state. Idempotent. */
  async open(): Promise<this> {
    if (this.#closed) throw new AdastraError('closed', 'the client was closed');
    const memory = this.#resolved.dataDir === undefined;
    const directory = this.#resolved.dataDir ?? MEMORY_DIRECTORY;
    const env = memory ? memoryEnvironment() : realEnvironment();
    this.#opening ??= openEngine(env, directory, this.#resolved, { create: true });
    try {
      this.#engine = await this.#opening;
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
    return this;
  }

  /**
   * Idempotent; waits for admitted writes. Afterwards every call is `closed`, live iterators end.
   */
  async close(): Promise<void> {
    this.#closed = true;
    const engine = await this.#opening?.catch(() => undefined);
    await engine?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  // Reads: synchronous

  /** The value, a copy of its own; `undefined` where there is none. */
  get<Key extends string>(key: Key): ValueAt<Schema, Key> | undefined {
    return this.#open().reads.get(key) as ValueAt<Schema, Key> | undefined;
  }

  /** Throws `not_found`. */
  getOrThrow<Key extends string>(key: Key): ValueAt<Schema, Key> {
    const value = this.#open().reads.get(key);
    if (value === undefined) throw notFound(key);
    return value as ValueAt<Schema, Key>;
  }

  /** The key with every sibling; `undefined` where no put is left. */
  getEntry(key: string): Entry | undefined {
    return this.#open().reads.getEntry(key);
  }

  getMany(keys: readonly string[]): (Value | undefined)[] {
    const { reads } = this.#open();
    return keys.map((key) => reads.get(key));
  }

  contains(key: string): boolean {
    return this.#open().reads.contains(key);
  }

  count(range?: Range): number {
    return this.#open().reads.count(range);
  }

  /** `[key, value]` in key order, lazily, over the state at the call. */
  list(range?: Range): IterableIterator<[string, Value]> {
    return this.#open().reads.list(range);
  }

  keys(range?: Range): IterableIterator<string> {
    return this.#open().reads.keys(range);
  }

  values(range?: Range): IterableIterator<Value> {
    return this.#open().reads.values(range);
  }

  /** The present state for as long as wanted; later writes do not disturb it. */
  snapshot(): Snapshot {
    return this.#open().reads.snapshot();
  }

  /** The state as it was at an earlier seq, rebuilt from checkpoint and log. */
  at(seq: number): Snapshot {
    const { parts, seq: headSeq } = this.#open();
    const { env, dataDir, limits, log } = parts;
    return stateAt(env, dataDir, seq, { limits, headSeq, baseSeq: log.baseSeq });
  }

  // Writes: resolve when durable at the chosen level

  put<Key extends string>(
    key: Key,
    value: ValueAt<Schema, Key>,
    options?: PutOptions,
  ): Promise<Receipt> {
    // The common case takes the short way: a closure for each put shows in profiles.
    if (options === undefined && !this.#closed && this.#engine?.writes !== undefined) {
      return this.#engine.writes.put(key, value);
    }
    return this.#write(options?.signal, (engine) => engine.writable().put(key, value, options));
  }

  remove(key: string, options?: PutOptions): Promise<Receipt> {
    return this.#write(options?.signal, (engine) => engine.writable().remove(key, options));
  }

  /** Read-modify-write of one key in one transaction; `undefined` leaves it as it is. */
  update<Key extends string>(
    key: Key,
    fn: (value: ValueAt<Schema, Key> | undefined) => ValueAt<Schema, Key> | undefined,
    options?: PutOptions,
  ): Promise<Receipt> {
    const change = fn as (value: unknown) => unknown;
    return this.#write(options?.signal, (engine) => engine.writable().update(key, change, options));
  }

  /** Runs a synchronous function as one atomic commit. */
  transact<T>(
    fn: (tx: ClientTransaction<Schema>) => T extends PromiseLike<unknown> ? never : T,
    options?: WriteOptions,
  ): Promise<TransactReceipt<T>> {
    return this.#write(options?.signal, async (engine) => {
      const run = (tx: ConstructorParameters<typeof ClientTransaction>[0]): T =>
        fn(new ClientTransaction<Schema>(tx));
      const { receipt, value }: TransactionResult<T> = await engine
        .writable()
        .transact(run, options);
      return { ...receipt, value };
    });
  }

  /** A commit made of named operations. */
  commit(request: CommitRequest): Promise<Receipt> {
    return this.#write(request?.signal, (engine) => engine.commit(request));
  }

  preflight(request: CommitRequest): Promise<PreflightReport> {
    return this.#write(request?.signal, (engine) => engine.preflight(request));
  }

  revert(seq: number, options: WriteOptions & { readonly reason: string }): Promise<Receipt> {
    return this.#write(options?.signal, (engine) => engine.revert(seq, options));
  }

  /** Resolves when all that was admitted is fdatasynced, whatever the level. */
  flush(): Promise<void> {
    return this.#write(undefined, (engine) => engine.flush());
  }

  // Watching and history

  subscribe(
    watched: Watched,
    fn: (change: Change) => void,
    options?: { immediate?: boolean },
  ): () => void {
    return subscribe(this.#open(), watched, fn, options);
  }

  observe(key: string): Observed<Value | undefined>;
  observe(range: Range): Observed<readonly [string, Value][]>;
  observe(query: QueryOf): Observed<Value | undefined>;
  observe(watched: Watched | QueryOf): Observed<unknown> {
    const engine = this.#open();
    if (typeof watched === 'object' && 'projection' in watched)
      return observeQuery(engine, watched);
    return typeof watched === 'string'
      ? observeKey(engine, watched)
      : observeRange(engine, watched);
  }

  /** Commits from the log, `from` inclusive; with `live` (default) it goes on with new ones. */
  changes(options?: ChangesOptions): AsyncGenerator<Commit, void, undefined> {
    return this.#open().changes(options);
  }

  /** Writes of one key, newest first. */
  history(key: string, options?: HistoryOptions): AsyncGenerator<HistoryEntry, void, undefined> {
    return this.#open().history(key, options);
  }

  /**
   * A projection by its definition, with its types, or by its name. Throws `projection_unknown`.
   */
  projection<Asked extends Queries<never>>(definition: {
    readonly name: string;
    readonly queries?: Asked;
  }): ProjectionView<Asked>;
  projection(name: string): ProjectionView<Record<string, AnyQuery>>;
  projection(of: string | { readonly name: string }): ProjectionView<Queries<never>> {
    return new ProjectionView(() => this.#open(), typeof of === 'string' ? of : of.name);
  }

  /** Reads and writes relative to a prefix, with one value type. */
  sub<T = Value>(prefix: string): Sub<T> {
    return new Sub<T>(this as never, prefix);
  }

  /** Calls `fn` when it happens, after this turn; returns what ends it. */
  on<Name extends NodeEventName>(event: Name, fn: (event: NodeEvents[Name]) => void): () => void {
    return this.#open().on(event, fn);
  }

  // The node

  get recovery(): RecoveryReport {
    return this.#open().recovery;
  }

  receiptOf(commandId: string): Promise<Receipt | undefined> {
    return this.#write(undefined, (engine) => engine.receiptOf(commandId));
  }

  /** As `projection(name).query`, for whoever takes a `NodeApi` too. */
  query(projection: string, query: string, args?: Value): Promise<QueryAnswer> {
    return this.#write(undefined, (engine) => engine.query(projection, query, args));
  }

  /** How each projection stands. */
  projections(): Promise<readonly ProjectionStatus[]> {
    return this.#write(undefined, (engine) => engine.projections());
  }

  hashes(): Promise<Hashes> {
    return this.#write(undefined, (engine) => engine.hashes());
  }

  freshness(): Promise<Freshness> {
    return this.#write(undefined, (engine) => engine.freshness());
  }

  /** Resolves when reads here show commit `seq`, a receipt's for instance. */
  waitForSeq(seq: number, options?: WaitForSeqOptions): Promise<void> {
    return this.#write(undefined, (engine) => engine.waitForSeq(seq, options));
  }

  checkpoint(): Promise<CheckpointInfo> {
    return this.#write(undefined, (engine) => engine.checkpoint());
  }

  backup(directory: string): Promise<BackupReport> {
    return this.#write(undefined, (engine) => engine.backup(directory));
  }

  verify(options?: { readonly signal?: AbortSignal }): Promise<VerifyReport> {
    return this.#write(undefined, (engine) => engine.verify(options));
  }

  status(): Promise<NodeStatus> {
    return this.#write(undefined, (engine) => engine.status());
  }

  nodeInfo(): Promise<NodeInfo> {
    return this.#write(undefined, (engine) => engine.nodeInfo());
  }

  refreshNodeInfo(): Promise<NodeInfo> {
    return this.#write(undefined, (engine) => engine.refreshNodeInfo());
  }

  /** The asynchronous interface that every surface calls. */
  get api(): NodeApi {
    return this.#open();
  }

  #open(): Engine {
    if (this.#closed) throw new AdastraError('closed', 'the client was closed');
    if (this.#engine !== undefined) return this.#engine;
    throw new AdastraError('closed', 'the client is not open yet', {
      hint: 'await client.open() first',
    });
  }

  /** A call that answers by a promise rejects rather than throws. */
  #write<T>(signal: AbortSignal | undefined, call: (engine: Engine) => Promise<T>): Promise<T> {
    try {
      const result = call(this.#open());
      return signal === undefined ? result : withSignal(result, signal);
    } catch (error) {
      return Promise.reject(error);
    }
  }
}

// The peer half of the SDK (members, peers, sync, conflicts) is assigned at construction.
// oxlint-disable-next-line no-unused-vars -- both declarations need the same parameters
export interface Client<Schema extends KeySchema = {}> extends PeerApi {}
