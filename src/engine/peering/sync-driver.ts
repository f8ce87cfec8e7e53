/**
 * Runs the sync engine: gives it messages, outcomes, new commits and time, and does what it asks
 * for. The only loop of sync: something came in, take the work, do it, arm the next tick. It knows
 * the lane and the log; the network only as outlets. Nothing here is waited for by a local write
 * (INV-11).
 */
import {
  AdastraError,
  type PeerMessage,
  Prng,
  type SignedHead,
  type Vector,
} from '../../core/index.ts';
import type { Timer } from '../../env/index.ts';
import {
  type BundleResult,
  receiveFrame,
  TombstoneCollector,
} from '../../store/transactions/index.ts';
import {
  type BundleOutcome,
  type Now,
  SyncEngine,
  type SyncTick,
  type SyncWork,
} from '../../sync/index.ts';
import type { PeeringNode } from './peering-node.ts';
import { NodeSyncHost } from './sync-host.ts';
import type { SnapshotExchange } from './snapshot-exchange.ts';
import type { SyncMemory } from './sync-memory.ts';
import { signStatement } from './vector-statement.ts';

/** Where the work that is not the lane's goes. */
export interface SyncOutlets {
  send(peer: string, message: PeerMessage): void;
  pause(peer: string): void;
  resume(peer: string): void;
  close(peer: string, reason: string): void;
  alarm(work: Extract<SyncWork, { kind: 'alarm' }>): void;
  changed(what: 'peer' | 'sync', peer: string | undefined): void;
  /** Whom to take the world from while this node has none. */
  trusted(): string | undefined;
  /** Public key that the link with this node has proved. */
  keyOf(fingerprint: string): Uint8Array | undefined;
  /** A bundle of this origin does not fit the chain that is here. */
  misfit(origin: string): void;
}

/** Nothing ticks more often than this by itself. */
const TICK_MIN_MS = 10;

export class SyncDriver {
  readonly sync: SyncEngine;
  readonly #node: PeeringNode;
  readonly #outlets: SyncOutlets;
  readonly #snapshots: SnapshotExchange;
  readonly #collector: TombstoneCollector;
  #timer: Timer | undefined = undefined;
  #isNoticed = false;
  #isPumping = false;
  #isGoingOn = false;
  #isClosed = false;

  constructor(
    node: PeeringNode,
    outlets: SyncOutlets,
    { snapshots, memory }: { snapshots: SnapshotExchange; memory: SyncMemory },
  ) {
    this.#node = node;
    this.#outlets = outlets;
    this.#snapshots = snapshots;
    this.#collector = new TombstoneCollector(node.lane);
    const { env, options } = node;
    const { ackTimeoutMs, retryMinMs, retryMaxMs } = options.peers.sync;
    const [a = 0, b = 0, c = 0, d = 0] = env.random.bytes(4);
    this.sync = new SyncEngine({
      host: new NodeSyncHost(node, {
        snapshots,
        trusted: () => outlets.trusted(),
        keyOf: (fingerprint) => outlets.keyOf(fingerprint),
      }),
      statements: memory.statements,
      unchecked: memory.unchecked === undefined ? undefined : { from: memory.unchecked },
      prng: new Prng(((a << 24) | (b << 16) | (c << 8) | d) >>> 0),
      options: { ackTimeoutMs, retryBaseMs: retryMinMs, retryMaxMs },
    });
  }

  now(): Now {
    const { clock } = this.#node.env;
    return { wall: clock.wallMs(), mono: clock.monoMs() };
  }

  /** Feeds the engine and does what it asks for. */
  feed<T>(input: (sync: SyncEngine, now: Now) => T): T | undefined {
    if (this.#isClosed) return undefined;
    const result = input(this.sync, this.now());
    this.#pump();
    return result;
  }

  /** A link is up: new commits are sent at once, not with the next tick. */
  linkCount = 0;
  #isDirty = false;

  /** Commits were published: what is not on the disk yet is brought there, then sent (INV-2). */
  noticed(): void {
    if (this.#isNoticed || this.#isClosed) return;
    this.#isDirty = true;
    if (this.linkCount === 0) return;
    this.#isNoticed = true;
    this.#node.env.timers.soon(() => {
      this.#isNoticed = false;
      void this.#advance();
    });
  }

  /** One step: what is new is made durable and offered, then time is told. */
  async step(options: { readonly prune?: boolean } = {}): Promise<SyncTick> {
    if (this.#isDirty) await this.#advance();
    return this.#tick(options);
  }

  /** What is not on the disk yet is brought there first; a failure is the log's to tell. */
  async #advance(): Promise<void> {
    this.#isDirty = false;
    const { log, lane } = this.#node;
    try {
      if (log.durableSeq < lane.publishedSeq) await lane.flush();
    } catch {
      return;
    }
    this.feed((sync, now) => sync.advanced(now));
  }

  #tick(options: { readonly prune?: boolean }): SyncTick {
    const tick = this.sync.tick(this.now(), options);
    this.#pump();
    return tick;
  }

  /** The next tick comes by itself. */
  start(): void {
    this.#arm();
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  #pump(): void {
    // Work that feeds the engine again is taken by the loop that is running already.
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      for (let work = this.sync.take(); work.length > 0; work = this.sync.take()) {
        for (const one of work) if (!this.#isClosed) this.#perform(one);
      }
    } finally {
      this.#isPumping = false;
    }
    this.#goOn();
    this.#arm();
  }

  /** A peer that lacks much gets it in steps, each in its own turn: local writes go between. */
  #goOn(): void {
    if (this.#isGoingOn || this.#isClosed || !this.sync.view.isHungry) return;
    this.#isGoingOn = true;
    this.#node.env.timers.soon(() => {
      this.#isGoingOn = false;
      this.feed((sync, now) => sync.advanced(now));
    });
  }

  #arm(): void {
    const { env, options } = this.#node;
    if (this.#isClosed || !options.peers.sync.autoTick) return;
    this.#timer?.cancel();
    const waitMs = Math.max(TICK_MIN_MS, this.sync.nextTickMs(this.now()));
    this.#timer = env.timers.after(waitMs, () => {
      if (this.#isClosed) return;
      if (this.#isDirty) void this.#advance();
      this.#tick({});
    });
  }

  #perform(work: SyncWork): void {
    switch (work.kind) {
      case 'send':
        return this.#outlets.send(work.peer, work.message);
      case 'receive':
        void this.#receive(work);
        return undefined;
      case 'pause':
        return this.#outlets.pause(work.peer);
      case 'resume':
        return this.#outlets.resume(work.peer);
      case 'close':
        return this.#outlets.close(work.peer, work.reason);
      case 'sign':
        return this.#sign(work.vector);
      case 'collect':
        return this.#collect(work.frontier);
      case 'alarm':
        return this.#outlets.alarm(work);
      case 'changed':
        return this.#outlets.changed(work.what, work.peer);
      default:
        return this.#snapshots.perform(work, (input) => this.feed(input));
    }
  }

  async #receive(work: {
    readonly peer: string;
    readonly frame: number;
    readonly bundles: readonly Uint8Array[];
    readonly heads: readonly SignedHead[];
  }): Promise<void> {
    const { peer, frame, bundles, heads } = work;
    let outcomes: readonly BundleOutcome[];
    try {
      const results = await receiveFrame(this.#node.lane, bundles, heads);
      for (const result of results) {
        if (result.kind === 'fork') this.#outlets.misfit(result.fork.origin);
      }
      outcomes = results.map(outcomeOf);
    } catch (error) {
      // About this node, not about the bundles: they are sent again when it can take them.
      const reason = AdastraError.is(error) ? error.message : `fault: ${String(error)}`;
      if (!AdastraError.is(error)) this.#node.options.logger?.error(`receiving: ${reason}`);
      outcomes = bundles.map(() => ({ kind: 'deferred', reason }) as const);
    }
    // In a turn of its own: whoever waits for what was published is told before the peer is.
    this.#node.env.timers.soon(() => {
      this.feed((sync, now) => sync.received(peer, frame, outcomes, now));
    });
  }

  #sign(vector: Vector): void {
    const { env, identity, log } = this.#node;
    const timeMs = env.clock.wallMs();
    const statement = signStatement(env.crypto, identity, log.worldId, { vector, timeMs });
    this.sync.signed(statement, this.now());
  }

  /** A step now, and the others in turns of their own, so that nothing waits long. */
  #collect(frontier: Vector): void {
    const { collected, done } = this.#collector.step(frontier);
    if (collected > 0) this.sync.collected(collected);
    if (done || this.#isClosed) return;
    this.#node.env.timers.soon(() => {
      if (!this.#isClosed) this.#collect(frontier);
    });
  }
}

/** What the lane says, in the words of sync. */
function outcomeOf(result: BundleResult): BundleOutcome {
  const { origin, firstOriginSeq, lastOriginSeq, voids } = result;
  switch (result.kind) {
    case 'applied':
      return { kind: 'applied', commits: lastOriginSeq - firstOriginSeq + 1, voids };
    case 'fork':
      // Unproven, it may be bytes that changed on the way: nobody's origin is frozen for that.
      if (result.proven) return { kind: 'fork', ...result.fork };
      return { kind: 'unsigned', reason: 'its chain is not the one that is here' };
    case 'stale':
      // What a rolled-back image wrote: frozen and shown as two commits of one name are.
      return { kind: 'fork', origin, originSeq: firstOriginSeq };
    case 'forged':
      return { kind: 'unsigned', reason: result.reason };
    default:
      return result;
  }
}
