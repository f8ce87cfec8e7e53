/**
 * One open node: the parts, wired. It opens them in the seed's order (configuration, log, recovery
 * of the store, then what serves), offers `NodeApi`, and closes them in reverse. It has no logic of
 * its own beyond that.
 */
import {
  AdastraError,
  type CommitRequest,
  type PreflightReport,
  type PutOptions,
  type Receipt,
  type SignedHead,
  type WriteOptions,
} from '../core/index.ts';
import type { FileLock } from '../env/index.ts';
import { type Moment, type NodeDescription } from '../metadata/index.ts';
import {
  type BundleResult,
  type Lane,
  receiptOf,
  receiveFrame,
  type ReceiveOptions,
  type Writes,
} from '../store/transactions/index.ts';
import { backupNode } from './backup.ts';
import { ChangeFeed } from './change-feed.ts';
import type { Checkpointer } from './checkpointer.ts';
import type { EngineParts } from './engine-parts.ts';
import type { Freshness } from './freshness.ts';
import type {
  BackupReport,
  CheckpointInfo,
  Hashes,
  NodeApi,
  NodeInfo,
  NodeStatus,
  RecoveryReport,
  VerifyReport,
} from './node-api.ts';
import { hashInSlices } from './hash-slices.ts';
import { LogFiles } from './log-files.ts';
import { NodeReads } from './node-reads.ts';
import { EventListeners, type NodeEventName, type NodeEvents } from './node-events.ts';
import { Opening } from './opening.ts';
import type { PeerApi } from './peer-api.ts';
import { peerCalls } from './peer-calls.ts';
import { Peering } from './peering/peering.ts';
import type { PeeringNode } from './peering/peering-node.ts';
import type { Reads } from './reads.ts';
import { openSnapshot } from './rebuild/snapshot.ts';
import { type ReplaceableNode, Replacement } from './replacement.ts';
import { openParts } from './open-parts.ts';
import { noteClockJump } from './peering/clock-warning.ts';
import { metersOf, type NodeMeters, type NotReady, notReadyOf } from './node-meters.ts';
import { describeNode, freshnessOf, nodeInfoOf, statusOf } from './status.ts';
import type { TokenApi } from './token-api.ts';
import { tokenCalls } from './token-calls.ts';
import { verifyDirectory } from './verify.ts';

// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- see the end of the file
export class Engine extends NodeReads implements NodeApi {
  readonly feed: ChangeFeed;
  readonly startedAtMs: number;
  readonly logFiles: LogFiles;
  /** `undefined` where the node only reads. */
  readonly peering: Peering | undefined;
  /** How the whole state is replaced while the node is open; `undefined` where it only reads. */
  readonly replacement: Replacement | undefined;
  readonly #description: NodeDescription;
  readonly #events: EventListeners;
  #opening: Opening;
  #closing: Promise<void> | undefined;
  #sinceCheck = 0;

  constructor(parts: EngineParts) {
    const { env } = parts;
    super(env.timers);
    this.#opening = new Opening(parts);
    this.startedAtMs = env.clock.wallMs();
    const started = { wall: this.startedAtMs, mono: env.clock.monoMs() };
    this.#description = describeNode(parts, started);
    this.logFiles = new LogFiles(() => this.parts);
    this.feed = new ChangeFeed(this.#opening.feedSource());
    this.#events = new EventListeners(this.feed);
    const node = this.#opening.peeringNode();
    if (node !== undefined) {
      const replacement = new Replacement(this, this.#replaceable);
      this.replacement = replacement;
      this.peering = new Peering(node, () => this.#description.snapshot(this.#now()), {
        changed: (what, peer) => this.#peersChanged(what, peer),
        letters: replacement,
        openSnapshot: () => openSnapshot(this),
        install: (file, offer) => replacement.install(file, offer),
        takeOut: async (leavesOut) => {
          await replacement.takeOut(leavesOut);
        },
        reauthor: () => replacement.goOn(),
      });
    }
    this.#connect();
    Object.assign(this, peerCalls(this), tokenCalls(this));
  }

  get parts(): EngineParts {
    return this.#opening.parts;
  }

  get reads(): Reads {
    return this.#opening.reads;
  }

  /** `undefined` where the node only reads. */
  get writes(): Writes | undefined {
    return this.#opening.writes;
  }

  get recovery(): RecoveryReport {
    return this.parts.recovery;
  }

  /** Seq of the last commit that readers see. */
  get seq(): number {
    return this.#opening.seq;
  }

  get lane(): Lane | undefined {
    return this.#opening.lane;
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

  /** Bundles that others authored; resolves when what was decided is durable. */
  async receiveFrame(
    bundles: readonly Uint8Array[],
    heads: readonly SignedHead[],
    options?: ReceiveOptions,
  ): Promise<readonly BundleResult[]> {
    this.writable();
    return receiveFrame(this.lane as Lane, bundles, heads, options);
  }

  /**
   * Brings the hashes up to date in slices, so that a large state does not hold the event loop up.
   */
  async hashes(): Promise<Hashes> {
    this.checkOpen();
    const { env, replica } = this.parts;
    await hashInSlices(env.timers, replica.storage);
    this.checkOpen();
    // What was replaced meanwhile is hashed at once.
    const { storage } = this.parts.replica;
    const stateHash = storage.stateHash();
    return { seq: this.seq, stateHash, contentHash: storage.contentHash() };
  }

  async freshness(): Promise<Freshness> {
    this.checkOpen();
    return freshnessOf(this.parts, { seq: this.seq, openedAtMs: this.startedAtMs });
  }

  async checkpoint(): Promise<CheckpointInfo> {
    this.writable();
    return (this.#opening.checkpointer as Checkpointer).run();
  }

  /**
   * Writes a checkpoint, or takes the newest where nothing has changed since, and keeps its file
   * until `release` is called.
   */
  async pinnedCheckpoint(): Promise<{ info: CheckpointInfo; release: () => void }> {
    this.writable();
    const checkpointer = this.#opening.checkpointer as Checkpointer;
    const info = await checkpointer.run();
    return { info, release: checkpointer.pin(info.seq) };
  }

  async backup(directory: string): Promise<BackupReport> {
    this.checkOpen();
    await this.lane?.flush();
    return backupNode(this.parts, directory);
  }

  async verify(options: { readonly signal?: AbortSignal } = {}): Promise<VerifyReport> {
    this.checkOpen();
    await this.lane?.flush();
    return verifyDirectory(this.parts.env, this.parts.dataDir, options);
  }

  async status(): Promise<NodeStatus> {
    this.checkOpen();
    const { lane, peering } = this;
    return statusOf(this.parts, { ...(await this.hashes()), lane, peering });
  }

  meters(): NodeMeters {
    return metersOf(this, this.parts.dataDir);
  }

  notReady(): NotReady {
    return notReadyOf(this);
  }

  async nodeInfo(): Promise<NodeInfo> {
    this.checkOpen();
    return nodeInfoOf(this.parts, this.#description.snapshot(this.#now()));
  }

  /** The same after looking at the machine again. */
  async refreshNodeInfo(): Promise<NodeInfo> {
    this.checkOpen();
    return nodeInfoOf(this.parts, this.#description.refresh(this.#now()));
  }

  async flush(): Promise<void> {
    this.writable();
    await (this.lane as Lane).flush();
  }

  /**
   * Ticks by itself from now on, and starts transport and discovery where options ask for them.
   * What fails there is logged and shown by `status`; the node is locally usable all the same.
   */
  async begin(): Promise<void> {
    const { peering } = this;
    if (peering === undefined) return;
    this.#opening.checkpointer?.runIfUnsaved();
    await this.replacement?.goOn();
    await peering.begin();
  }

  /** Idempotent; waits for admitted writes. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Calls `fn` when it happens; returns what ends it. */
  on<Name extends NodeEventName>(name: Name, fn: (event: NodeEvents[Name]) => void): () => void {
    this.checkOpen();
    return this.#events.on(name, fn);
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
    this.replacement?.check();
    this.peering?.gate.check();
    if (this.writes !== undefined) return this.writes;
    throw new AdastraError('read_only', 'this node was opened for reading', {
      hint:
        this.parts.damage === undefined
          ? 'open it without readOnly'
          : 'repair the log first: adastra log repair',
      cause: this.parts.damage,
    });
  }

  #now(): Moment {
    const { clock } = this.parts.env;
    return { wall: clock.wallMs(), mono: clock.monoMs() };
  }

  #peersChanged(what: 'peer' | 'sync', peer: string | undefined): void {
    if (what === 'sync') this.#events.emit('sync', { state: 'changed' });
    else if (peer !== undefined) this.#events.emit('peer', { fingerprint: peer });
  }

  #projectionFailed(error: AdastraError): void {
    this.parts.options.logger?.error(error.message);
    this.#events.emit('health', { state: 'projection_failed', error });
  }

  #connect(): void {
    this.parts.log.onDurable = () => this.logFiles.grew();
    this.logFiles.grew();
    const { lane } = this;
    const { projections } = this.parts.replica;
    projections.onFailure = (error) => this.#projectionFailed(error);
    for (const error of projections.failures()) this.#projectionFailed(error);
    if (lane === undefined) return;
    lane.onClockJump = (wallMs) => this.peering && noteClockJump(this.peering, wallMs);
    lane.onFailure = (error) => {
      this.parts.options.logger?.error(`writes are latched: ${error.message}`, {
        event: 'latched',
      });
      this.#events.emit('health', { state: 'latched', error });
    };
    const { checkpointer } = this.#opening;
    if (checkpointer !== undefined) {
      checkpointer.neededAbove = () => this.peering?.neededAbove() ?? Number.POSITIVE_INFINITY;
    }
    lane.onConflict = (key, open) => this.#events.emit('conflict', { key, open });
    const fold = projections.observer;
    lane.onPublish = (commit) => {
      // First of all: who hears of the commit may ask a projection about it.
      fold?.(commit);
      this.feed.published(commit);
      this.published(commit.seq);
      this.peering?.noticed();
      if (++this.#sinceCheck < CHECK_EVERY_COMMITS) return;
      this.#sinceCheck = 0;
      this.#opening.checkpointer?.runIfDue(this.parts.log.stat().bytes);
    };
  }

  /** What is open is closed but for the lock; `openAgain` opens what is there then. */
  readonly #replaceable: ReplaceableNode = {
    close: () => this.#opening.close(),
    openAgain: () => {
      const { env, dataDir, options, lock } = this.parts;
      const held = { lock: lock as FileLock, startMs: env.clock.monoMs(), before: this.parts };
      this.#opening = new Opening(openParts(env, dataDir, options, held));
      this.#connect();
      this.feed.follow(this.#opening.feedSource());
      this.published(this.seq);
      this.peering?.attach(this.#opening.peeringNode() as PeeringNode);
    },
  };

  /** A state that was made beside the present one takes its place, between two turns. */
  protected adopt(parts: EngineParts): void {
    this.#opening = new Opening(parts);
    this.#connect();
    this.feed.follow(this.#opening.feedSource());
    this.published(this.seq);
  }

  async #close(): Promise<void> {
    await this.replacement?.finished;
    await this.peering?.close();
    await this.#opening.close();
    this.feed.close();
    this.endReads();
    this.parts.lock?.release();
  }
}

// What is about peers and tokens is assigned at construction, from one file for each area.
export interface Engine extends PeerApi, TokenApi {}

/** How many commits pass between two looks at whether a checkpoint is due. */
const CHECK_EVERY_COMMITS = 256;
