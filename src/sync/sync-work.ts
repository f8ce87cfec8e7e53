/**
 * What the engine asks of its host: things to do now, in this order. The host answers the ones that
 * need an answer by an input of the engine; nothing here is lost if it is done late, and what is
 * not done is asked for again.
 */
import type { PeerMessage, SignedHead, SnapshotOfferMessage, Vector } from '../core/index.ts';

/** Something that an operator has to see; told once for each cause. */
export interface SyncAlarm {
  readonly alarm:
    | 'fork'
    | 'diverged'
    | 'upgrade_needed'
    | 'snapshot_unavailable'
    | 'malformed'
    | 'refused'
    | 'rolled_back';
  readonly peer: string | undefined;
  readonly origin: string | undefined;
  /** One sentence for people. */
  readonly detail: string;
  /** `diverged`: numbers of the buckets that differ. */
  readonly buckets: readonly number[];
}

export type SyncWork =
  | { readonly kind: 'send'; readonly peer: string; readonly message: PeerMessage }
  /** For the lane, in this order; `frame` names it in `received` and is never used twice. */
  | {
      readonly kind: 'receive';
      readonly peer: string;
      readonly frame: number;
      readonly bundles: readonly Uint8Array[];
      readonly heads: readonly SignedHead[];
    }
  /** Read no more from this peer; read on. What comes in between may be dropped. */
  | { readonly kind: 'pause' | 'resume'; readonly peer: string }
  | { readonly kind: 'close'; readonly peer: string; readonly reason: string }
  /** Prepare and sign a snapshot for this peer; answered by `snapshotReady`. */
  | { readonly kind: 'offer'; readonly peer: string }
  /** Answered by `snapshotChunk`. */
  | {
      readonly kind: 'readSnapshot';
      readonly peer: string;
      readonly id: string;
      readonly offset: number;
      readonly bytesMax: number;
    }
  /** Answered by `snapshotStored`. */
  | {
      readonly kind: 'storeSnapshot';
      readonly peer: string;
      readonly id: string;
      readonly offset: number;
      readonly bytes: Uint8Array;
    }
  /** All of it is here: verify and install, then begin with a new engine, or `snapshotFailed`. */
  | { readonly kind: 'install'; readonly peer: string; readonly offer: SnapshotOfferMessage }
  /** A second member has the same state: the snapshot may count as checked. */
  | { readonly kind: 'snapshotChecked'; readonly peer: string }
  /** Sign a statement of this vector; answered by `signed`. */
  | { readonly kind: 'sign'; readonly vector: Vector }
  /** Tombstones behind it may be collected. */
  | { readonly kind: 'collect'; readonly frontier: Vector }
  | ({ readonly kind: 'alarm' } & SyncAlarm)
  | { readonly kind: 'changed'; readonly what: 'peer' | 'sync'; readonly peer: string | undefined };

/** Work in the order in which it came up; a change is told once, at the end. */
export class WorkQueue {
  #work: SyncWork[] = [];
  readonly #changedPeers = new Set<string>();
  #syncChanged = false;

  add(work: SyncWork): void {
    this.#work.push(work);
  }

  send(peer: string, message: PeerMessage): void {
    this.#work.push({ kind: 'send', peer, message });
  }

  alarm(alarm: Partial<SyncAlarm> & Pick<SyncAlarm, 'alarm' | 'detail'>): void {
    const rest = { peer: undefined, origin: undefined, buckets: [] };
    this.#work.push({ kind: 'alarm', ...rest, ...alarm });
  }

  peerChanged(peer: string): void {
    this.#changedPeers.add(peer);
    this.#syncChanged = true;
  }

  syncChanged(): void {
    this.#syncChanged = true;
  }

  take(): SyncWork[] {
    const work = this.#work;
    this.#work = [];
    for (const peer of this.#changedPeers) work.push({ kind: 'changed', what: 'peer', peer });
    if (this.#syncChanged) work.push({ kind: 'changed', what: 'sync', peer: undefined });
    this.#changedPeers.clear();
    this.#syncChanged = false;
    return work;
  }
}
