/**
 * One peer: its link, what it gets, what it sends, what was said to it. Messages are handled here
 * as far as they concern this peer alone; what concerns all (statements, snapshots to be taken)
 * goes to the engine. While the link is down it holds two vectors and a few numbers, however long
 * that is.
 */
import {
  type AckMessage,
  type BundlesMessage,
  type OpenMessage,
  type SnapshotRequestMessage,
  type VectorStatement,
} from '../core/index.ts';
import { deadLetterId } from './dead-letter-list.ts';
import { ForkLookup } from './fork-lookup.ts';
import { hasGoneBack } from './gone-back.ts';
import { HashWatch } from './hash-watch.ts';
import { Inbox, type InboxStep } from './inbox.ts';
import { Outbox } from './outbox.ts';
import type { BundleOutcome, Now } from './ports.ts';
import { SnapshotSender } from './snapshot-sender.ts';
import { wantedBy } from './snapshot-wanted.ts';
import { freezeForks, sooner, type SyncContext } from './sync-context.ts';
import { ToldVectors } from './told-vectors.ts';

const STATEMENTS_PER_MESSAGE = 32;

export type LinkState = 'offline' | 'opening' | 'open' | 'upgrade_needed';

export class PeerSession {
  readonly #context: SyncContext;
  readonly fingerprint: string;
  readonly outbox: Outbox;
  readonly inbox: Inbox;
  readonly hashes: HashWatch;
  readonly snapshots: SnapshotSender;
  readonly #told: ToldVectors;
  readonly #toldStatements = new Map<string, VectorStatement>();
  state: LinkState = 'offline';
  /** Its wall clock less this one, milliseconds. */
  clockOffsetMs: number | undefined;
  linkRoundTripMs: number | undefined;
  lastError: string | undefined;
  lastConnectedMono: number | undefined;
  #announceMono: number | undefined;
  #gossipMono: number | undefined;
  #toldHash: Uint8Array | undefined;
  #hasSaidFloor = false;
  readonly #forks: ForkLookup;
  #announcedWithoutHash = 0;

  constructor(context: SyncContext, fingerprint: string) {
    this.#context = context;
    this.fingerprint = fingerprint;
    this.outbox = new Outbox(context, fingerprint);
    this.inbox = new Inbox(context, fingerprint);
    this.hashes = new HashWatch(context, fingerprint);
    this.snapshots = new SnapshotSender(context, fingerprint);
    this.#told = new ToldVectors(context.predecessorOf);
    this.#forks = new ForkLookup(context, fingerprint);
  }

  /** Both sides have said where they stand, and they understand each other. */
  get isOpen(): boolean {
    return this.state === 'open';
  }

  up(roundTripMs: number | undefined, now: Now): void {
    this.state = 'opening';
    this.linkRoundTripMs = roundTripMs;
    this.lastConnectedMono = now.mono;
    this.#toldStatements.clear();
    this.#hasSaidFloor = false;
    this.#forks.clear();
    this.inbox.open();
    const { host, options, work } = this.#context;
    const { levelMin, levelMax } = options;
    this.#toldHash = host.stateHash();
    const message: OpenMessage = {
      kind: 'open',
      vector: this.#told.open(host.vector()),
      levelMin,
      levelMax,
      filter: 'all',
      stateHash: this.#toldHash,
      wallMs: now.wall,
    };
    work.send(this.fingerprint, message);
    work.peerChanged(this.fingerprint);
  }

  down(reason: string | undefined, now: Now): void {
    if (this.state === 'offline') return;
    this.state = 'offline';
    this.lastConnectedMono = now.mono;
    if (reason !== undefined) this.lastError = reason;
    this.outbox.close();
    this.snapshots.close();
    this.#announceMono = this.#gossipMono = undefined;
    this.#context.work.peerChanged(this.fingerprint);
  }

  /** Its first word on a link; a second one is passed over. */
  opened(message: OpenMessage, now: Now): void {
    if (this.state !== 'opening') return;
    const { options, work } = this.#context;
    const { fingerprint: peer } = this;
    this.#readClock(message.wallMs, now);
    if (message.levelMax < options.levelMin || message.levelMin > options.levelMax) {
      this.state = 'upgrade_needed';
      this.lastError = `it understands levels ${message.levelMin} to ${message.levelMax}`;
      work.alarm({ alarm: 'upgrade_needed', peer, detail: this.lastError });
      work.peerChanged(peer);
      return;
    }
    this.state = 'open';
    this.lastError = undefined;
    const { assured } = this.outbox.vectors;
    freezeForks(this.#context, peer, message.vector);
    this.outbox.open(message.vector, now);
    if (hasGoneBack(assured, this.outbox.vectors.assured, this.#context.host)) {
      const detail = 'it has less than it had acknowledged: it was restored or rolled back';
      work.alarm({ alarm: 'rolled_back', peer, detail });
    }
    this.hashes.said(message.stateHash, true);
    work.peerChanged(peer);
    this.gossipAt(now.mono);
    // Whatever moved since the own open was sent.
    this.announceAt(now.mono + options.announceMs);
  }

  /** Takes an ack; gives the commits that it acknowledged. */
  acked(ack: AckMessage, now: Now): number {
    this.#readClock(ack.wallMs, now);
    freezeForks(this.#context, this.fingerprint, ack.durable);
    this.#readRefusals(ack);
    const commits = this.outbox.acknowledge(ack, now);
    this.hashes.said(ack.stateHash, ack.durable.size > 0);
    if (ack.durable.size > 0 || ack.refusals.length > 0) {
      this.#context.work.peerChanged(this.fingerprint);
    }
    return commits;
  }

  bundles(message: BundlesMessage, now: Now): string | undefined {
    const member = this.#context.host.member(this.fingerprint);
    const step = this.inbox.frame(message, member?.state !== 'member', now);
    this.#after(step, now);
    return step.close;
  }

  /** Whether the frame was of this peer. */
  decided(ticket: number, outcomes: readonly BundleOutcome[], now: Now): boolean {
    const step = this.inbox.decided(ticket, outcomes, now);
    if (step === undefined) return false;
    this.#after(step, now);
    return true;
  }

  /** Sends what there is to send; says so where the log no longer reaches down to the peer. */
  pump(now: Now): number {
    if (!this.isOpen) return 0;
    const commits = this.outbox.pump(now);
    if (this.outbox.belowFloor) this.#belowFloor(now);
    return commits;
  }

  /** What is received and durable here; `withHash` in quiet moments. */
  ack(now: Now, withHash: boolean): void {
    if (!this.isOpen) return;
    const message = this.#composeAck(now, withHash);
    this.#context.work.send(this.fingerprint, message);
  }

  /** Asks an admin or witness for a snapshot although its log may reach down to here. */
  askForSnapshot(id: string): void {
    const role = this.#context.host.member(this.fingerprint)?.role;
    if (!this.isOpen || (role !== 'admin' && role !== 'witness')) return;
    this.#context.work.send(this.fingerprint, { kind: 'snapshotRequest', id, offset: 0 });
  }

  /** The peer asks for a snapshot, or for what follows `offset` in the one it was offered. */
  snapshotRequested({ id, offset }: SnapshotRequestMessage): void {
    const wanted = wantedBy(id);
    if (wanted === undefined) return this.snapshots.request(id, offset);
    if (!this.#mayGive()) return;
    const { host } = this.#context;
    if (wanted === 'any' || host.isDecided?.(wanted.origin) === true) this.snapshots.again();
  }

  /** This node has moved: the peer hears of it soon, where it does not bring it itself. */
  announceAt(mono: number): void {
    if (this.isOpen) this.#announceMono ??= mono;
  }

  gossipAt(mono: number): void {
    if (this.isOpen) this.#gossipMono ??= mono;
  }

  /** The peer said this one, or has it: it is not sent to it. */
  knowsStatement(statement: VectorStatement): void {
    this.#toldStatements.set(statement.fingerprint, statement);
  }

  /** Gives whether states were found equal, and the frames that expired. */
  tick(now: Now): { agreed: boolean; expired: number } {
    if (!this.isOpen) return { agreed: false, expired: 0 };
    if (this.inbox.tick(now)) this.ack(now, false);
    const expired = this.outbox.tick(now);
    let agreed = false;
    if (this.#announceMono !== undefined && this.#announceMono <= now.mono) {
      this.#announce(now);
      agreed = this.hashes.compare(this.outbox.vectors);
    }
    if (this.#gossipMono !== undefined && this.#gossipMono <= now.mono) this.#gossip();
    return { agreed, expired };
  }

  nextMono(now: Now): number | undefined {
    if (!this.isOpen) return undefined;
    const own = sooner(this.#announceMono, this.#gossipMono);
    return sooner(own, sooner(this.inbox.nextMono(now), this.outbox.nextMono(now)));
  }

  #after(step: InboxStep, now: Now): void {
    for (const { origin, originSeq } of step.proven) {
      this.#told.name(origin);
      this.outbox.proved(origin, originSeq, now);
    }
    if (step.ack) this.ack(now, false);
  }

  #composeAck(now: Now, withHash: boolean): AckMessage {
    const { host } = this.#context;
    const { refusals, again } = this.inbox.takeAck(now);
    const { received, durable } = this.#told.changes(host.receivedVector(), host.vector());
    const stateHash = withHash ? host.stateHash() : undefined;
    if (stateHash !== undefined) this.#toldHash = stateHash;
    else if (durable.size > 0) {
      // The hash that the peer has is of another vector: it gets one in the next quiet moment.
      this.#toldHash = undefined;
      this.announceAt(now.mono + this.#context.options.announceMs);
    }
    const frame = this.inbox.decidedFrame;
    return {
      kind: 'ack',
      frame,
      received,
      durable,
      stateHash,
      refusals,
      again,
      wallMs: now.wall,
    };
  }

  /** Only where there is something to tell: an idle link costs nothing. */
  #announce(now: Now): void {
    this.#announceMono = undefined;
    const told = this.#toldHash;
    const ack = this.#composeAck(now, true);
    const { stateHash, durable, received, refusals, again } = ack;
    this.#awaitHash(stateHash, now);
    const news = durable.size + received.size + refusals.length > 0 || again;
    if (news || (stateHash !== undefined && stateHash !== told && !sameHash(stateHash, told))) {
      this.#context.work.send(this.fingerprint, ack);
    }
  }

  /** A host that has no hash at hand yet is asked again, less and less often. */
  #awaitHash(stateHash: Uint8Array | undefined, now: Now): void {
    const { announceMs, idleMs } = this.#context.options;
    if (stateHash !== undefined) this.#announcedWithoutHash = 0;
    else {
      const waitMs = announceMs * 2 ** Math.min(this.#announcedWithoutHash++, 20);
      this.announceAt(now.mono + Math.min(idleMs, waitMs));
    }
  }

  /** One statement for each member that the peer is not known to have. */
  #gossip(): void {
    this.#gossipMono = undefined;
    const lacking = this.#context.statements
      .all()
      .filter(
        (statement) =>
          statement.fingerprint !== this.fingerprint &&
          this.#toldStatements.get(statement.fingerprint) !== statement,
      );
    for (let at = 0; at < lacking.length; at += STATEMENTS_PER_MESSAGE) {
      const statements = lacking.slice(at, at + STATEMENTS_PER_MESSAGE);
      for (const statement of statements) this.knowsStatement(statement);
      this.#context.work.send(this.fingerprint, { kind: 'statements', statements });
    }
  }

  #readRefusals(ack: AckMessage): void {
    const { host, deadLetters, work } = this.#context;
    const own = host.vector();
    for (const { origin, originSeq, kind, reason } of ack.refusals) {
      const isOurs = own.originSeqOf(origin) >= originSeq;
      // Of what is not here it can only be about what the peer cannot serve.
      if (!isOurs) this.lastError = reason;
      else if (kind !== 'void') this.lastError = `${deadLetterId(origin, originSeq)}: ${reason}`;
      if (isOurs && kind === 'refused') this.#forks.look(origin, this.outbox.vectors.saidDurable);
      const forGood = kind === 'void' || kind === 'refused';
      if (!isOurs || !forGood || !origin.startsWith(`${host.fingerprint}.`)) continue;
      const letter = { origin, originSeq, reason, reportedBy: this.fingerprint };
      if (deadLetters.add(letter)) work.syncChanged();
    }
    this.outbox.refuse(ack.refusals);
  }

  #readClock(wallMs: number, now: Now): void {
    const tripMs = this.linkRoundTripMs ?? 0;
    this.clockOffsetMs = Math.round(wallMs - now.wall + tripMs / 2);
  }

  #mayGive(): boolean {
    const { host } = this.#context;
    const role = host.member(host.fingerprint)?.role;
    return role === 'admin' || role === 'witness';
  }

  /** An admin or witness serves a snapshot; another one says that it cannot. */
  #belowFloor(now: Now): void {
    const { host, work } = this.#context;
    if (this.#mayGive()) {
      this.snapshots.want();
      return;
    }
    if (this.#hasSaidFloor) return;
    this.#hasSaidFloor = true;
    const reason = 'the log no longer reaches down to what it lacks; an admin or witness can help';
    this.lastError = reason;
    work.alarm({ alarm: 'snapshot_unavailable', peer: this.fingerprint, detail: reason });
    const lacking = host
      .vector()
      .entries()
      .find(([origin, entry]) => this.outbox.vectors.reach.originSeqOf(origin) < entry.originSeq);
    if (lacking === undefined) return;
    const [origin] = lacking;
    const originSeq = this.outbox.vectors.reach.originSeqOf(origin) + 1;
    const refusal = { origin, originSeq, kind: 'refused', reason, untilMs: 0 } as const;
    const ack = this.#composeAck(now, false);
    work.send(this.fingerprint, { ...ack, refusals: [...ack.refusals, refusal] });
  }
}

function sameHash(left: Uint8Array, right: Uint8Array | undefined): boolean {
  return right !== undefined && left.every((byte, index) => byte === right[index]);
}
