/**
 * What peering asks of the engine, and tells it: the seam between links and sync on one side and
 * the state of the node on the other. Peering never replaces a state or writes a letter itself.
 */
import type { SnapshotOfferMessage } from '../../core/index.ts';
import type { SyncEngine } from '../../sync/index.ts';
import type { OpenSnapshot } from '../rebuild/snapshot.ts';
import type { LeavesOut } from '../rebuild/carry-over.ts';

/** Dead letters in the node's own file. */
interface OwnLetters {
  readonly waiting: number;
  /** Own commits that peers have reported as void are added to them. */
  keepVoid(sync: SyncEngine): void;
}

/** What peering tells the engine. */
export interface PeeringEvents {
  changed(what: 'peer' | 'sync', peer: string | undefined): void;
  readonly letters: OwnLetters;
  /** The state of now as a file that stays as long as it is open. */
  openSnapshot(): Promise<OpenSnapshot>;
  /** Replaces the state by a snapshot that was verified. */
  install(file: string, offer: SnapshotOfferMessage): Promise<void>;
  /** Replaces the state by itself less these bundles. */
  takeOut(leavesOut: LeavesOut): Promise<void>;
  /** Goes on with own commits that wait to be authored again. */
  reauthor(): Promise<void>;
}
