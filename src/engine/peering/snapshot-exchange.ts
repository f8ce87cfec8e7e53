/**
 * Snapshots on their way: the ones that this node gives (a checkpoint, held open while somebody
 * reads it) and the one that it takes (a file beside the data, gone on with after a broken link,
 * verified whole before anything is installed). What happens when is decided by sync.
 */
import { AdastraError, type SnapshotOfferMessage } from '../../core/index.ts';
import type { Timer } from '../../env/index.ts';
import type { Now, SyncEngine, SyncWork } from '../../sync/index.ts';
import type { NodeIdentity } from '../identity.ts';
import { type OpenSnapshot, signSnapshotOffer, verifySnapshot } from '../rebuild/snapshot.ts';
import { IncomingFile } from './incoming-file.ts';
import type { PeeringEvents } from './peering-events.ts';
import type { PeeringNode } from './peering-node.ts';
import type { SyncMemory } from './sync-memory.ts';

type SnapshotWork = Extract<
  SyncWork,
  { kind: 'offer' | 'readSnapshot' | 'storeSnapshot' | 'install' | 'snapshotChecked' }
>;

/** How what was done goes back to sync. */
export type Feed = (input: (sync: SyncEngine, now: Now) => void) => void;

/** Whose snapshots they are, as of now. */
export interface SnapshotNode {
  readonly node: PeeringNode;
  readonly memory: SyncMemory;
  readonly reconsideration: { readonly isTainted: boolean };
}

type SnapshotEvents = Pick<PeeringEvents, 'openSnapshot' | 'install'>;

/** Nobody has read of it for so long: the file is let go. */
const IDLE_MS = 10 * 60_000;

export class SnapshotExchange {
  readonly #peering: SnapshotNode;
  readonly #events: SnapshotEvents;
  readonly #incoming: IncomingFile;
  #given: OpenSnapshot | undefined;
  #giving: Promise<OpenSnapshot> | undefined;
  #idle: Timer | undefined;
  /** Somebody has begun to read the one that is given. */
  #isRead = false;

  constructor(peering: SnapshotNode, events: SnapshotEvents) {
    this.#peering = peering;
    this.#events = events;
    const { env, dataDir } = peering.node;
    this.#incoming = new IncomingFile(env, dataDir);
  }

  /** Bytes that are here of the snapshot with this id. */
  bytesHere(id: string): number {
    return this.#incoming.bytesHere(id);
  }

  perform(work: SnapshotWork, feed: Feed): void {
    switch (work.kind) {
      case 'offer':
        return this.#settle(this.#offer(work.peer, feed));
      case 'readSnapshot':
        return this.#settle(this.#read(work, feed));
      case 'storeSnapshot':
        return this.#store(work, feed);
      case 'install':
        return this.#settle(this.#install(work.offer, feed));
      case 'snapshotChecked':
        return this.#settle(this.#checked());
    }
  }

  close(): void {
    this.#letGo();
    this.#incoming.close();
  }

  /** While somebody reads a snapshot, the log stays above it: whoever gets it can go on there. */
  get givenSeq(): number {
    return this.#given?.seq ?? Number.POSITIVE_INFINITY;
  }

  async #offer(peer: string, feed: Feed): Promise<void> {
    const { env, identity, log } = this.#peering.node;
    if (this.#peering.reconsideration.isTainted) return feed((sync) => sync.snapshotRefused(peer));
    const given = await this.#open();
    const { id, byteLength, digest, stateHash, vector } = given;
    const facts = { id, byteLength, digest, stateHash, vector };
    const signature = signSnapshotOffer(
      env.crypto,
      identity satisfies NodeIdentity,
      log.worldId,
      facts,
    );
    const { fingerprint } = identity;
    feed((sync) =>
      sync.snapshotReady(peer, { kind: 'snapshotOffer', ...facts, fingerprint, signature }),
    );
  }

  async #read(work: Extract<SnapshotWork, { kind: 'readSnapshot' }>, feed: Feed): Promise<void> {
    const { peer, id, offset, bytesMax } = work;
    const given = this.#given;
    // Let go meanwhile: whoever asks is offered the one of now.
    if (given?.id !== id) return this.#offer(peer, feed);
    this.#isRead = true;
    this.#touch();
    const bytes = given.read(offset, bytesMax);
    feed((sync) => sync.snapshotChunk(peer, { id, offset, bytes }));
  }

  #store(work: Extract<SnapshotWork, { kind: 'storeSnapshot' }>, feed: Feed): void {
    const { id, offset, bytes } = work;
    try {
      const storedBytes = this.#incoming.store(id, offset, bytes);
      feed((sync, now) => sync.snapshotStored(id, storedBytes, now));
    } catch (error) {
      // A full disk now may have room later: sync asks again by itself.
      this.#warn(`storing a snapshot: ${String(error)}`);
    }
  }

  async #install(offer: SnapshotOfferMessage, feed: Feed): Promise<void> {
    const { env, log } = this.#peering.node;
    const { path: file, isResumed } = this.#incoming.finish(offer.id);
    try {
      await verifySnapshot(env, file, offer, log.worldId);
    } catch (error) {
      this.#warn(`a snapshot was refused: ${String(error)}`);
      this.#incoming.remove();
      // What an earlier process had stored may not have reached the disk: no fault of the giver.
      if (isResumed) feed((sync, now) => sync.snapshotRestart(offer.id, now));
      else feed((sync, now) => sync.snapshotFailed(offer.id, now));
      return;
    }
    await this.#replace(file, offer);
  }

  /** Taken on the word of one member, until a second one has the same: also over a restart. */
  async #replace(file: string, offer: SnapshotOfferMessage): Promise<void> {
    const { memory } = this.#peering;
    const before = memory.unchecked;
    memory.setUnchecked(offer.fingerprint);
    try {
      await this.#events.install(file, offer);
    } catch (error) {
      memory.setUnchecked(before);
      throw error;
    }
    this.#incoming.remove();
  }

  /**
   * The log may have been let go above it since, so that nobody could go on behind it; or there is
   * news, and nobody has begun to read it.
   */
  #isStale({ seq }: OpenSnapshot): boolean {
    const { log } = this.#peering.node;
    return seq < log.baseSeq || (!this.#isRead && seq < log.headSeq);
  }

  #warn(text: string): void {
    this.#peering.node.options.logger?.warn(text);
  }

  async #checked(): Promise<void> {
    this.#peering.memory.setUnchecked(undefined);
  }

  async #open(): Promise<OpenSnapshot> {
    if (this.#given !== undefined && this.#isStale(this.#given)) this.#letGo();
    if (this.#given !== undefined) return this.#given;
    this.#giving ??= this.#events.openSnapshot();
    try {
      this.#given = await this.#giving;
    } finally {
      this.#giving = undefined;
    }
    this.#touch();
    return this.#given;
  }

  #touch(): void {
    this.#idle?.cancel();
    this.#idle = this.#peering.node.env.timers.after(IDLE_MS, () => this.#letGo());
  }

  #letGo(): void {
    this.#idle?.cancel();
    this.#given?.close();
    this.#given = undefined;
    this.#isRead = false;
  }

  #settle(done: Promise<void>): void {
    done.catch((error: unknown) => {
      this.#warn(`snapshot: ${AdastraError.is(error) ? error.message : String(error)}`);
    });
  }
}
