/**
 * What can be asked of a sync engine. Reading changes nothing; every answer is plain data of its
 * own, as of the last input.
 */
import type { Vector, VectorStatement } from '../core/index.ts';
import type { DeadLetterMark } from './dead-letter-list.ts';
import type { ForkFact } from './frozen-origins.ts';
import type { FrontierKeeper } from './frontier-keeper.ts';
import type { Hold } from './hold-table.ts';
import type { PeerSession } from './peer-session.ts';
import type { Now } from './ports.ts';
import type { SnapshotReceiver } from './snapshot-receiver.ts';
import type { SyncContext } from './sync-context.ts';
import { commitPlaces, isAcknowledged, peerState, warnings } from './sync-report.ts';
import type { CommitPlace, SyncPeerState, SyncState } from './sync-status.ts';

interface SyncViewParts {
  readonly context: SyncContext;
  readonly sessions: ReadonlyMap<string, PeerSession>;
  readonly frontier: FrontierKeeper;
  readonly receiver: SnapshotReceiver;
  readonly snapshot: { readonly state: 'unchecked' | 'checked'; readonly from: string } | undefined;
}

export class SyncView {
  readonly #parts: SyncViewParts;
  lastTickMono: number | undefined;
  /** A snapshot that this state came from; set by the engine. */
  snapshot: SyncViewParts['snapshot'];

  constructor(parts: SyncViewParts) {
    this.#parts = parts;
    this.snapshot = parts.snapshot;
  }

  /** Every member that was met since the engine began. */
  peers(now: Now): SyncPeerState[] {
    const { context, sessions } = this.#parts;
    return [...sessions.values()].map((session) => peerState(context, session, now));
  }

  peer(fingerprint: string, now: Now): SyncPeerState | undefined {
    const { context, sessions } = this.#parts;
    const session = sessions.get(fingerprint);
    return session && peerState(context, session, now);
  }

  /** Something can be sent at once that one step could not: `advanced` goes on with it. */
  get isHungry(): boolean {
    return [...this.#parts.sessions.values()].some(({ outbox }) => outbox.hungry);
  }

  state(now: Now): SyncState {
    const { context, sessions, frontier, receiver } = this.#parts;
    const { counters, deadLetters, frozen } = context;
    const peers = this.peers(now);
    const sum = (value: (peer: SyncPeerState) => number): number =>
      peers.reduce((total, peer) => total + value(peer), 0);
    const { from } = receiver;
    return {
      state: stateOf(peers, frozen.size),
      queued: peers.reduce((most, peer) => Math.max(most, peer.commitsRemaining), 0),
      inFlight: sum((peer) => peer.inFlight),
      failed: peers.filter(({ failures }) => failures > 0).length,
      counters: { ...counters },
      deadLetters: deadLetters.size,
      held: sum((peer) => peer.heldHere),
      frozenOrigins: frozen.origins(),
      stableSeq: frontier.stableSeq,
      lastTickMsAgo: this.lastTickMono === undefined ? undefined : now.mono - this.lastTickMono,
      snapshot: from === undefined ? this.snapshot : { state: 'receiving', from },
      warnings: warnings(context, [...sessions.values()]),
    };
  }

  /** Where a commit stands with every other member that is not closed. */
  why(origin: string, originSeq: number): CommitPlace[] {
    const { context, sessions } = this.#parts;
    return commitPlaces(context, sessions, { origin, originSeq });
  }

  /** Whether the member is known to have it durably. */
  isAcknowledged(peer: string, origin: string, originSeq: number): boolean {
    const { context, sessions } = this.#parts;
    return isAcknowledged(context, sessions.get(peer), peer, origin, originSeq);
  }

  /** How far any peer is known to have an origin, durably or not. */
  takenOf(origin: string): number {
    const { context, sessions } = this.#parts;
    let most = 0;
    for (const { outbox } of sessions.values()) {
      most = Math.max(most, outbox.vectors.reach.originSeqOf(origin));
    }
    for (const { fingerprint, vector } of context.statements.all()) {
      if (fingerprint !== context.host.fingerprint)
        most = Math.max(most, vector.originSeqOf(origin));
    }
    return most;
  }

  /** Whether every member not closed has it durably, as far as their statements say. */
  isStable(origin: string, originSeq: number): boolean {
    return this.frontier.originSeqOf(origin) >= originSeq;
  }

  /** Empty until all that the members' statements cover is here. */
  get frontier(): Vector {
    return this.#parts.frontier.frontier;
  }

  /** What is held back here, by the peer that sent it. */
  held(): { readonly peer: string; readonly holds: readonly Hold[] }[] {
    return [...this.#parts.sessions.values()].map(({ fingerprint, inbox }) => ({
      peer: fingerprint,
      holds: inbox.holds.all(),
    }));
  }

  deadLetters(): readonly DeadLetterMark[] {
    return this.#parts.context.deadLetters.all();
  }

  forks(): readonly ForkFact[] {
    return this.#parts.context.frozen.facts();
  }

  /** For the host to keep over a restart. */
  statements(): readonly VectorStatement[] {
    return this.#parts.context.statements.all();
  }
}

function stateOf(peers: readonly SyncPeerState[], frozen: number): SyncState['state'] {
  if (frozen > 0) return 'frozen';
  if (peers.length === 0) return 'off';
  if (peers.some(({ state }) => state === 'sending')) return 'syncing';
  return peers.some(({ state }) => state === 'waiting') ? 'waiting' : 'idle';
}
