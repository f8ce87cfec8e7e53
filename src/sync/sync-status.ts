/**
 * What sync knows of itself and of each peer, in plain numbers: the sync part of the public
 * `SyncStateInfo`, `PeerStatus`, `OutboxEntry`, `TickResult` and `SyncWhy`.
 */
import type { SyncCounters } from './sync-counters.ts';

export interface SyncPeerState {
  readonly fingerprint: string;
  readonly link: 'offline' | 'opening' | 'open' | 'upgrade_needed';
  /** It has all of this node's log up to this seq, durably. */
  readonly acknowledgedSeq: number;
  /** The log has been read and sent up to here. */
  readonly cursorSeq: number;
  readonly headSeq: number;
  readonly commitsRemaining: number;
  readonly bytesRemaining: number;
  readonly bytesPerSecond: number;
  readonly etaMs: number | undefined;
  /** Commits on their way; */
  readonly inFlight: number;
  /** frames of them. */
  readonly framesInFlight: number;
  /** Origins that it holds back there, and that are held back here. */
  readonly heldThere: number;
  readonly heldHere: number;
  readonly refused: number;
  readonly retries: number;
  /** Timeouts since the last contact. */
  readonly failures: number;
  readonly roundTripMs: number | undefined;
  readonly clockOffsetMs: number | undefined;
  readonly lastError: string | undefined;
  readonly lastConnectedMsAgo: number | undefined;
  readonly nextRetryMs: number | undefined;
  readonly hashes: 'unknown' | 'equal' | 'different';
  readonly state: 'idle' | 'sending' | 'waiting' | 'offline' | 'frozen';
}

export interface SyncState {
  readonly state: 'off' | 'idle' | 'syncing' | 'waiting' | 'frozen';
  /** The most that any member lacks. */
  readonly queued: number;
  readonly inFlight: number;
  /** Peers with timeouts since the last contact. */
  readonly failed: number;
  readonly counters: Readonly<SyncCounters>;
  readonly deadLetters: number;
  readonly held: number;
  readonly frozenOrigins: readonly string[];
  readonly stableSeq: number;
  readonly lastTickMsAgo: number | undefined;
  readonly snapshot:
    | { readonly state: 'receiving' | 'installed' | 'unchecked' | 'checked'; readonly from: string }
    | undefined;
  readonly warnings: readonly string[];
}

export interface SyncTick {
  /** Frames sent again since the last tick. */
  readonly retried: number;
  readonly pruned: number;
  /** Commits put on their way since the last tick. */
  readonly batchSize: number;
  readonly acknowledged: number;
  readonly expired: number;
  readonly collected: number;
  /** Milliseconds until the next tick has something to do; inputs may make it sooner. */
  readonly nextTickMs: number;
}

/** Where one commit stands with one member. */
export interface CommitPlace {
  readonly peer: string;
  readonly state: 'acknowledged' | 'received' | 'inFlight' | 'queued' | 'refused' | 'unknown';
  readonly reason: string | undefined;
}
