/**
 * A node among others: transport, discovery and sync, wired. Links that come up are given to sync,
 * what sync sends goes out over them, members that are known are kept connected. None of it is
 * needed for local work, and whatever fails here leaves that untouched (INV-11).
 */
import { AdastraError, hexOf, type NodeMetadata, type PeerMessage } from '../../core/index.ts';
import { Discovery } from '../../discovery/index.ts';
import { shownText } from '../../metadata/index.ts';
import {
  DEFAULT_TRANSPORT_LIMITS,
  type JoinReply,
  type Link,
  type LinkEnd,
  type ProvedPeer,
  Transport,
} from '../../transport/index.ts';
import { PRESENT } from '../../store/transactions/index.ts';
import type { SyncWork } from '../../sync/index.ts';
import type { DiscoveryOptions, DiscoveryStatus, TransportOptions } from '../peer-api.ts';
import { AddressBook } from './address-book.ts';
import { admitJoiner } from './admit-joiner.ts';
import { formatHostPort } from './host-port.ts';
import { KnownMetadata } from './known-metadata.ts';
import { Invitations } from './invitations.ts';
import { JoinGate } from './join-gate.ts';
import { neededByMembers, noteSeen } from './lease.ts';
import { addressOfLink } from './link-address.ts';
import { isWorthLogging } from './log-rate.ts';
import type { PeeringEvents } from './peering-events.ts';
import type { PeeringNode } from './peering-node.ts';
import { Reconsideration } from './reconsider.ts';
import { SnapshotExchange } from './snapshot-exchange.ts';
import { SyncDriver } from './sync-driver.ts';
import { SyncMemory } from './sync-memory.ts';
import { Warnings } from './warnings.ts';

/** Why a member that the user has disconnected is turned away. */
const DISCONNECTED = 'disconnected_by_user';

export class Peering {
  readonly book: AddressBook;
  readonly invitations: Invitations;
  readonly gate: JoinGate;
  readonly warnings: Warnings = new Warnings();
  readonly transport: Transport;
  readonly discovery: Discovery;
  readonly snapshots: SnapshotExchange;
  readonly memory: SyncMemory;
  readonly reconsideration: Reconsideration;
  node: PeeringNode;
  driver: SyncDriver;
  transportError: AdastraError | undefined = undefined;
  readonly #events: PeeringEvents;
  readonly #metadata: () => NodeMetadata;
  /** Members that the user has disconnected: no link with them until the user connects them. */
  readonly parted: Set<string> = new Set();
  readonly #known = new KnownMetadata();
  readonly #watchers = new Set<(isClosed: boolean) => void>();
  #membersVersion: number;
  #isClosed = false;

  constructor(node: PeeringNode, metadata: () => NodeMetadata, events: PeeringEvents) {
    const { env, dataDir } = node;
    this.node = node;
    this.#events = events;
    this.#metadata = metadata;
    this.#membersVersion = node.lane.membership.table.version;
    this.book = new AddressBook(env, dataDir);
    this.invitations = new Invitations(env, dataDir);
    this.gate = new JoinGate(env, dataDir);
    this.memory = new SyncMemory(env, dataDir);
    this.reconsideration = new Reconsideration(this, events);
    this.snapshots = new SnapshotExchange(this, events);
    this.transport = this.#makeTransport();
    this.discovery = this.#makeDiscovery();
    this.driver = this.#makeDriver();
  }

  /**
   * Ticks by itself from now on; starts transport and discovery where options ask for them. What
   * fails there is logged and shown by `status`.
   */
  async begin(): Promise<void> {
    this.driver.start();
    this.reconsideration.look();
    const { logger, peers } = this.node.options;
    const warn = (error: unknown): void => logger?.warn(String(error));
    if (peers.transport !== undefined) await this.startTransport(peers.transport).catch(warn);
    if (peers.discovery !== undefined) await this.startDiscovery(peers.discovery).catch(warn);
  }

  /**
   * The state was replaced: sync begins again. So do the links: what the other side believes of
   * this one holds for a link, and it would wait for what is not coming any more.
   */
  attach(node: PeeringNode): void {
    this.node = node;
    for (const link of this.transport.links()) link.close('the state was replaced');
    this.memory.save(this.driver.sync.view.statements());
    this.driver.close();
    this.driver = this.#makeDriver();
    this.driver.start();
    this.#membersVersion = node.lane.membership.table.version;
    this.gate.look(node);
    this.keepMembers();
    this.reconsideration.replaced();
  }

  /** Commits were published. */
  noticed(): void {
    this.gate.look(this.node);
    this.driver.noticed();
    const { version } = this.node.lane.membership.table;
    if (version === this.#membersVersion) return;
    this.#membersVersion = version;
    this.node.env.timers.soon(() => this.#membersChanged());
  }

  /** Statements came in: who may be linked, who is to be dialled. */
  #membersChanged(): void {
    if (this.#isClosed) return;
    this.driver.feed((sync, now) => sync.membersChanged(now));
    this.keepMembers();
    this.reconsideration.look();
  }

  async startTransport(options: TransportOptions = {}): Promise<void> {
    const { host = '127.0.0.1', port = 0 } = options;
    try {
      await this.transport.start({ host, port });
      this.transportError = undefined;
    } catch (error) {
      // One that runs goes on as it was.
      const isRunning = this.transport.status().state === 'running';
      if (AdastraError.is(error) && !isRunning) this.transportError = error;
      throw error;
    }
    this.discovery.refresh();
    this.keepMembers();
  }

  async stopTransport(): Promise<void> {
    this.transportError = undefined;
    await this.transport.stop();
    this.discovery.refresh();
  }

  startDiscovery(options: DiscoveryOptions = {}): Promise<DiscoveryStatus> {
    return this.discovery.start(options);
  }

  /** Own commits that wait for somebody to decide about them, reported ones apart. */
  get waitingLetters(): number {
    return this.#events.letters.waiting;
  }

  /** Called when sync has changed, and once when the node is closed; returns what ends it. */
  watch(look: (isClosed: boolean) => void): () => void {
    this.#watchers.add(look);
    return () => this.#watchers.delete(look);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const look of [...this.#watchers]) look(true);
    this.reconsideration.close();
    await this.discovery.stop();
    await this.transport.stop();
    this.driver.close();
    this.snapshots.close();
    this.memory.close(this.driver.sync.view.statements());
    this.book.save();
  }

  /** Dials every member whose address is known, unless the user parted from it. */
  keepMembers(): void {
    const { options, identity } = this.node;
    if (!options.peers.sync.autoConnect || this.#isClosed) return;
    if (this.transport.status().state !== 'running') return;
    for (const { fingerprint, state } of this.node.lane.membership.table.members()) {
      if (fingerprint === identity.fingerprint) continue;
      if (state === 'closed' || this.parted.has(fingerprint)) this.transport.drop(fingerprint);
      else this.keep(fingerprint);
    }
    if (this.gate.inviter !== undefined) this.keep(this.gate.inviter);
  }

  /** Wants a link with this member, wherever it is known to be. */
  keep(fingerprint: string): void {
    const addresses = this.addressesOf(fingerprint);
    if (addresses.length > 0 && !this.parted.has(fingerprint))
      this.transport.keep(fingerprint, addresses);
  }

  /** What discovery hears first, then what worked before. */
  addressesOf(fingerprint: string): string[] {
    const heard = this.discovery.known().find((node) => node.fingerprint === fingerprint);
    const fresh = heard?.state === 'available' ? heard.addresses : [];
    return [...new Set([...fresh, ...this.book.of(fingerprint)])];
  }

  /** Retention keeps what lies above it for members whose lease lasts. */
  neededAbove(): number {
    return Math.min(neededByMembers(this), this.snapshots.givenSeq);
  }

  /** What a member said of itself when it was last linked. */
  metadataOf(fingerprint: string): NodeMetadata | undefined {
    return this.#known.of(fingerprint);
  }

  #makeDriver(): SyncDriver {
    return new SyncDriver(
      this.node,
      {
        send: (peer, message) => this.#send(peer, message),
        pause: (peer) => this.transport.link(peer)?.pause(),
        resume: (peer) => this.transport.link(peer)?.resume(),
        close: (peer, reason) => this.transport.link(peer)?.close(reason),
        alarm: (alarm) => this.#alarm(alarm),
        changed: (what, peer) => this.#changed(what, peer),
        trusted: () => this.gate.inviter,
        keyOf: (fingerprint) => this.transport.link(fingerprint)?.publicKey,
        misfit: (origin) => this.reconsideration.misfit(origin),
      },
      { snapshots: this.snapshots, memory: this.memory },
    );
  }

  #changed(what: 'peer' | 'sync', peer: string | undefined): void {
    this.#events.changed(what, peer);
    if (what !== 'sync') return;
    this.#events.letters.keepVoid(this.driver.sync);
    this.memory.saveSoon(() => this.driver.sync.view.statements());
    for (const look of [...this.#watchers]) look(false);
  }

  #send(peer: string, message: PeerMessage): void {
    const link = this.transport.link(peer);
    if (link === undefined) return;
    link.send(message);
    if (link.congested) this.driver.feed((sync) => sync.congested(peer));
  }

  #alarm(work: Extract<SyncWork, { kind: 'alarm' }>): void {
    const words = shownText(`${work.alarm}: ${work.detail}`);
    this.warnings.add(words);
    this.node.options.logger?.error(`sync: ${words}`);
  }

  #makeTransport(): Transport {
    const { env, identity, log, options } = this.node;
    const { retryMinMs, retryMaxMs } = options.peers.sync;
    return new Transport({
      env,
      identity,
      worldId: hexOf(log.worldId),
      metadata: () => this.#metadata(),
      limits: {
        ...DEFAULT_TRANSPORT_LIMITS,
        backoffMinMs: retryMinMs,
        backoffMaxMs: retryMaxMs,
      },
      handlers: {
        judge: (peer, direction) => this.#judge(peer, direction),
        onLink: (link) => this.#linkUp(link),
        onMessage: ({ fingerprint }, message) =>
          this.driver.feed((sync, now) => sync.message(fingerprint, message, now)),
        onDrain: ({ fingerprint }) =>
          this.driver.feed((sync, now) => sync.drained(fingerprint, now)),
        onLinkDown: (link, end) => this.#linkDown(link, end),
        onRefused: (reason, { host }) => this.#refused(reason, host),
        onDuplicate: (fingerprint) => this.#duplicate(fingerprint),
        onJoin: (request, peer): Promise<JoinReply> => admitJoiner(this, request, peer),
      },
    });
  }

  /** Nobody gets a link without being a member; the one who invited this node is trusted first. */
  #judge({ fingerprint }: ProvedPeer, direction: 'in' | 'out'): string | undefined {
    const { lane, identity } = this.node;
    if (fingerprint === identity.fingerprint) return 'own_key';
    // Who was sent away dials again at once; only this node's user lets it come back.
    if (direction === 'in' && this.parted.has(fingerprint)) return DISCONNECTED;
    if (fingerprint === this.gate.inviter) return undefined;
    const standing = lane.membership.table.rightsOf(fingerprint, PRESENT);
    if (standing === undefined) return 'not_a_member';
    return standing.state === 'closed' ? 'closed_member' : undefined;
  }

  /** Texts of others stand in it: what a terminal would obey is taken out. */
  #log(level: 'debug' | 'info' | 'warn' | 'error', words: string): void {
    this.node.options.logger?.[level](`transport: ${shownText(words)}`);
  }

  #linkUp(link: Link): void {
    const { fingerprint } = link;
    this.driver.linkCount++;
    if (!this.#known.take(fingerprint, link.metadata)) {
      link.close('metadata that cannot be shown');
      return;
    }
    this.#noteAddress(link);
    const name = `${this.#known.nameOf(fingerprint)} (${fingerprint.slice(0, 8)})`;
    this.#log('info', `linked with ${name} at ${formatHostPort(link.address)}`);
    this.driver.feed((sync, now) => {
      sync.linkUp(fingerprint, { roundTripMs: link.roundTripMs }, now);
    });
  }

  #noteAddress(link: Link): void {
    const address = addressOfLink(link);
    if (address !== undefined) this.book.note(link.fingerprint, address);
    this.book.save();
    if (this.node.options.peers.sync.autoConnect) this.keep(link.fingerprint);
  }

  #linkDown(link: Link, end: LinkEnd): void {
    const { fingerprint } = link;
    this.#log('info', `the link with ${this.#known.nameOf(fingerprint)} ended: ${end.message}`);
    this.driver.linkCount--;
    noteSeen(this, link.fingerprint);
    this.book.save();
    this.driver.feed((sync, now) => sync.linkDown(link.fingerprint, end.message, now));
  }

  #duplicate(fingerprint: string): void {
    const words = `two processes use the key ${fingerprint}: one directory is a copy of the other`;
    this.warnings.add(words);
    this.#log('error', words);
  }

  #refused(reason: string, host: string): void {
    const count = this.transport.status().refused[reason] ?? 1;
    if (!isWorthLogging(count)) return;
    // That one is asked for, and comes again and again.
    const level = reason === DISCONNECTED ? 'debug' : 'warn';
    this.#log(level, `refused a connection (no. ${count}) from ${host}: ${reason}`);
  }

  #makeDiscovery(): Discovery {
    const { env, identity, log, options } = this.node;
    return new Discovery({
      env,
      identity,
      worldId: log.worldId,
      term: log.term,
      transportAddress: () => this.transport.status().address,
      isMember: (fingerprint) =>
        this.node.lane.membership.table.rightsOf(fingerprint, PRESENT) !== undefined,
      onSeen: ({ fingerprint, state }) => {
        if (state !== 'available' || this.parted.has(fingerprint)) return;
        this.keepMembers();
        this.transport.nudge(fingerprint);
      },
      logger: options.logger,
    });
  }
}
