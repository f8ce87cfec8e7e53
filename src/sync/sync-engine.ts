/**
 * Sync between this node and its members, as a machine without I/O: inputs in, work out. It reads
 * no clock, sets no timer, opens nothing; the same inputs give the same work, so every schedule of
 * a network can be replayed. What the log says is never copied: a new engine over the same log goes
 * on where the old one was, from what the peers say that they have.
 */
import type { PeerMessage, Prng, SnapshotOfferMessage, VectorStatement } from '../core/index.ts';
import { DeadLetterList } from './dead-letter-list.ts';
import { FrozenOrigins } from './frozen-origins.ts';
import { FrontierKeeper } from './frontier-keeper.ts';
import { PeerSession } from './peer-session.ts';
import type { BundleOutcome, Now, SyncHost } from './ports.ts';
import { SnapshotReceiver } from './snapshot-receiver.ts';
import { StatementBook } from './statement-book.ts';
import { sooner, type SyncContext } from './sync-context.ts';
import { newCounters, type SyncCounters } from './sync-counters.ts';
import { type SyncOptions, syncOptions } from './sync-options.ts';
import type { SyncTick } from './sync-status.ts';
import { SyncView } from './sync-view.ts';
import { type SyncWork, WorkQueue } from './sync-work.ts';

export interface SyncEngineParts {
  readonly host: SyncHost;
  /** For jitter alone. */
  readonly prng: Prng;
  readonly options?: Partial<SyncOptions>;
  /** Last known ones, as an earlier engine gave them by `statements`. */
  readonly statements?: readonly VectorStatement[];
  /** This state came by a snapshot of that member and was not compared with a second one yet. */
  readonly unchecked?: { readonly from: string } | undefined;
}

export class SyncEngine {
  readonly #context: SyncContext;
  readonly #sessions = new Map<string, PeerSession>();
  readonly #frontier: FrontierKeeper;
  readonly #snapshots: SnapshotReceiver;
  /** Everything that can be asked. */
  readonly view: SyncView;
  #sentCommits = 0;
  #ticked: SyncCounters = newCounters();

  /** Throws `invalid_options`. */
  constructor(parts: SyncEngineParts) {
    const { host, prng, unchecked } = parts;
    const options = syncOptions(parts.options);
    this.#context = {
      host,
      options,
      prng,
      counters: newCounters(),
      work: new WorkQueue(),
      frozen: new FrozenOrigins(options.forkFactsMax),
      deadLetters: new DeadLetterList(options.deadLettersMax),
      statements: new StatementBook(host),
      predecessorOf: (origin) => host.predecessorOf(origin),
      nextTicket: 1,
    };
    for (const statement of parts.statements ?? []) this.#context.statements.add(statement);
    this.#frontier = new FrontierKeeper(this.#context);
    this.#snapshots = new SnapshotReceiver(this.#context);
    const { from } = unchecked ?? {};
    this.view = new SyncView({
      context: this.#context,
      sessions: this.#sessions,
      frontier: this.#frontier,
      receiver: this.#snapshots,
      snapshot: from === undefined ? undefined : { state: 'unchecked', from },
    });
  }

  // Links

  /** A link to a proved key is up: says where this node stands. Strangers and closed ones: none. */
  linkUp(peer: string, link: { readonly roundTripMs?: number | undefined }, now: Now): void {
    const { host, work } = this.#context;
    const member = host.member(peer);
    if (member === undefined || member.state === 'closed' || peer === host.fingerprint) {
      work.add({ kind: 'close', peer, reason: member === undefined ? 'stranger' : 'closed' });
      return;
    }
    let session = this.#sessions.get(peer);
    if (session === undefined) {
      session = new PeerSession(this.#context, peer);
      this.#sessions.set(peer, session);
    }
    this.#down(session, undefined, now);
    session.up(link.roundTripMs, now);
    this.#frontier.vectorChanged(now);
  }

  linkDown(peer: string, reason: string | undefined, now: Now): void {
    const session = this.#sessions.get(peer);
    if (session !== undefined) this.#down(session, reason, now);
  }

  /** A message of a peer whose link is up; what is out of place is passed over. */
  message(peer: string, message: PeerMessage, now: Now): void {
    const session = this.#sessions.get(peer);
    if (session === undefined || session.state === 'offline') return;
    if (message.kind === 'open') {
      session.opened(message, now);
      this.#pump(session, now);
      this.#compare(session);
      return;
    }
    if (!session.isOpen) return;
    this.#dispatch(session, message, now);
  }

  /** The link can take more; */
  drained(peer: string, now: Now): void {
    const session = this.#sessions.get(peer);
    if (session === undefined) return;
    session.outbox.drained(now);
    this.#pump(session, now);
  }

  /** it cannot: nothing is sent and no time runs until it has drained. */
  congested(peer: string): void {
    const session = this.#sessions.get(peer);
    if (session !== undefined) session.outbox.congested = true;
  }

  /** Measured by the transport's ping. */
  roundTrip(peer: string, roundTripMs: number): void {
    const session = this.#sessions.get(peer);
    if (session === undefined) return;
    session.linkRoundTripMs = roundTripMs;
    session.outbox.roundTripMs ??= roundTripMs;
  }

  // The node

  /** New commits are durable here, or what `readOutbox` had to fetch or sign is at hand. */
  advanced(now: Now): void {
    for (const session of this.#sessions.values()) {
      session.outbox.advanced(now);
      this.#pump(session, now);
      session.announceAt(now.mono + this.#context.options.announceMs);
    }
    this.#frontier.vectorChanged(now);
    this.#context.work.syncChanged();
  }

  /**
   * What became of the bundles of a frame, in their order; where applied they are durable.
   * A frame of a link that is gone by now counts, but is not acknowledged.
   */
  received(peer: string, frame: number, outcomes: readonly BundleOutcome[], now: Now): void {
    const session = this.#sessions.get(peer);
    if (session?.decided(frame, outcomes, now) !== true) return;
    this.#context.work.peerChanged(peer);
    if (outcomes.some(({ kind }) => kind === 'applied')) this.advanced(now);
  }

  /** Somebody joined, changed role, is closing or closed. */
  membersChanged(now: Now): void {
    const { host, work, statements } = this.#context;
    for (const [peer, session] of this.#sessions) {
      const state = host.member(peer)?.state ?? 'closed';
      if (state === 'closed') {
        if (session.state !== 'offline') work.add({ kind: 'close', peer, reason: 'closed' });
        this.#down(session, 'closed', now);
        this.#sessions.delete(peer);
      } else if (session.outbox.redrive(now)) this.#pump(session, now);
    }
    if (statements.membersChanged()) this.#gossip(now);
    this.#frontier.changed(now);
  }

  /** An admin has named the branch that stays: the origin goes on. */
  unfreeze(origin: string, now: Now): void {
    if (!this.#context.frozen.unfreeze(origin)) return;
    for (const session of this.#sessions.values()) {
      session.inbox.askAgain();
      session.outbox.refusals.clear();
      if (!session.isOpen) continue;
      session.ack(now, false);
      session.outbox.restart(now);
      this.#pump(session, now);
    }
    this.#context.work.syncChanged();
  }

  /** Offers once more what a peer, or every peer, refused; `false` where nothing was. */
  redrive(peer: string | undefined, now: Now): boolean {
    let any = false;
    for (const session of this.#sessions.values()) {
      if (peer !== undefined && session.fingerprint !== peer) continue;
      if (!session.outbox.redrive(now)) continue;
      any = true;
      this.#pump(session, now);
    }
    return any;
  }

  /** The own statement that `sign` asked for. */
  signed(statement: VectorStatement, now: Now): void {
    if (this.#context.statements.add(statement)) this.#statementsChanged(now);
  }

  /** Tombstones that were collected after `collect`. */
  collected(tombstones: number): void {
    this.#context.counters.tombstonesCollected += tombstones;
    this.#context.work.syncChanged();
  }

  // Snapshots

  snapshotReady(peer: string, offer: SnapshotOfferMessage): void {
    const session = this.#sessions.get(peer);
    if (session?.isOpen === true) session.snapshots.ready(offer);
  }

  snapshotChunk(peer: string, chunk: { id: string; offset: number; bytes: Uint8Array }): void {
    const session = this.#sessions.get(peer);
    if (session?.isOpen === true) session.snapshots.chunk(chunk.id, chunk.offset, chunk.bytes);
  }

  /** Everything of it before `storedBytes` is in the host's hands. */
  snapshotStored(id: string, storedBytes: number, now: Now): void {
    this.#snapshots.stored(id, storedBytes, now);
  }

  /** The host has no snapshot to give now. */
  snapshotRefused(peer: string): void {
    this.#sessions.get(peer)?.snapshots.refused();
  }

  /** It is not what was offered; nothing more is taken from its giver. */
  snapshotFailed(id: string, now: Now): void {
    this.#snapshots.failed(id, now);
  }

  /** What was stored of it before a crash is not whole: it is fetched from its beginning. */
  snapshotRestart(id: string, now: Now): void {
    this.#snapshots.restart(id, now);
  }

  /**
   * This node holds what it has to let go of: every admin and witness is asked for a snapshot, for
   * the lost branches of these origins, or `any`. Of frozen origins they are asked anyway.
   */
  needSnapshot(causes: readonly string[]): void {
    this.#snapshots.need(causes);
  }

  // Time

  /** One deterministic step: timeouts, retries, announcements, statements, frontier. */
  tick(now: Now, options: { readonly prune?: boolean } = {}): SyncTick {
    for (const session of this.#sessions.values()) {
      if (session.tick(now).agreed) this.#agreed(session.fingerprint);
      this.#pump(session, now);
    }
    this.#snapshots.tick(now);
    this.#askForSnapshots(now);
    this.#frontier.tick(now);
    if (options.prune === true) this.#prune();
    this.view.lastTickMono = now.mono;
    const { counters } = this.#context;
    const before = this.#ticked;
    this.#ticked = { ...counters };
    const batchSize = this.#sentCommits;
    this.#sentCommits = 0;
    return {
      retried: counters.retried - before.retried,
      pruned: counters.pruned - before.pruned,
      batchSize,
      acknowledged: counters.acknowledged - before.acknowledged,
      expired: counters.expired - before.expired,
      collected: counters.tombstonesCollected - before.tombstonesCollected,
      nextTickMs: this.nextTickMs(now),
    };
  }

  /** Milliseconds until `tick` has something to do; at most `idleMs`. */
  nextTickMs(now: Now): number {
    let next = sooner(this.#snapshots.nextMono, this.#frontier.nextMono);
    for (const session of this.#sessions.values()) next = sooner(next, session.nextMono(now));
    const { idleMs } = this.#context.options;
    return next === undefined ? idleMs : Math.min(idleMs, Math.max(0, next - now.mono));
  }

  /** What the host has to do now; to be taken after every input. */
  take(): SyncWork[] {
    return this.#context.work.take();
  }

  /** Dropped, or committed anew: shown no more. `false` where there is no such letter. */
  settleDeadLetter(id: string): boolean {
    return this.#context.deadLetters.settle(id);
  }

  #dispatch(session: PeerSession, message: PeerMessage, now: Now): void {
    const { fingerprint: peer } = session;
    switch (message.kind) {
      case 'ack':
        session.acked(message, now);
        this.#compare(session);
        return this.#pump(session, now);
      case 'bundles': {
        const reason = session.bundles(message, now);
        if (reason === undefined) return;
        this.#context.work.add({ kind: 'close', peer, reason });
        return this.#down(session, reason, now);
      }
      case 'statements':
        return this.#readStatements(session, message.statements, now);
      case 'buckets':
        return session.hashes.buckets(message);
      case 'snapshotRequest':
        return session.snapshotRequested(message);
      case 'snapshotOffer':
        return this.#snapshots.offered(peer, message, now);
      case 'snapshotChunk':
        return this.#snapshots.chunk(peer, message);
      default:
    }
  }

  #readStatements(session: PeerSession, statements: readonly VectorStatement[], now: Now): void {
    let news = false;
    for (const statement of statements) {
      if (!this.#context.statements.add(statement)) continue;
      session.knowsStatement(statement);
      news = true;
    }
    if (news) this.#statementsChanged(now);
  }

  #askForSnapshots(now: Now): void {
    for (const ask of this.#snapshots.asksDue(now)) {
      for (const session of this.#sessions.values()) session.askForSnapshot(ask);
    }
  }

  #statementsChanged(now: Now): void {
    this.#frontier.changed(now);
    this.#gossip(now);
  }

  #gossip(now: Now): void {
    const due = now.mono + this.#context.options.announceMs;
    for (const session of this.#sessions.values()) session.gossipAt(due);
  }

  #pump(session: PeerSession, now: Now): void {
    this.#sentCommits += session.pump(now);
  }

  #down(session: PeerSession, reason: string | undefined, now: Now): void {
    session.down(reason, now);
    this.#snapshots.linkDown(session.fingerprint, now);
  }

  #compare(session: PeerSession): void {
    if (session.isOpen && session.hashes.compare(session.outbox.vectors)) {
      this.#agreed(session.fingerprint);
    }
  }

  /** A second member has the state that a snapshot gave: it counts as checked. */
  #agreed(peer: string): void {
    const { snapshot } = this.view;
    if (snapshot?.state !== 'unchecked' || snapshot.from === peer) return;
    this.view.snapshot = { ...snapshot, state: 'checked' };
    this.#context.work.add({ kind: 'snapshotChecked', peer });
    this.#context.work.syncChanged();
  }

  #prune(): void {
    for (const [peer, session] of this.#sessions) {
      if (session.state !== 'offline' || this.#context.host.member(peer) !== undefined) continue;
      this.#sessions.delete(peer);
      this.#context.counters.pruned++;
    }
  }
}
