/**
 * Which nodes were heard, and how long ago: available → stale → expired → forgotten. Pure: time is
 * passed in, on the monotonic clock, counted from receipt here and never from what a datagram says.
 *
 * It is bounded, and whoever floods it with new keys puts no member out: a stranger takes only a
 * place that is free or that a stranger no longer heard had; a member takes any stranger's. For
 * each key (session, counter) only grows while the entry is there, so a recorded datagram says
 * nothing again, and an older session never takes over.
 */
import { compareSessions, type Session } from './datagram.ts';
import type { DropReason } from './drop-reason.ts';
import type { DiscoveryLimits } from './limits.ts';

/** A node as the network knows it. Nothing of it is proved but that its key said so. */
export interface DiscoveredNode {
  readonly fingerprint: string;
  readonly nodeId: string;
  readonly worldId: string;
  /** `host:port`, in the node's own order; empty where it listens nowhere. */
  readonly addresses: readonly string[];
  readonly state: 'available' | 'stale' | 'expired';
  readonly lastSeenMsAgo: number;
  readonly member: boolean;
}

/** What names one datagram of one key. */
export interface Mark {
  readonly fingerprint: string;
  readonly session: Session;
  readonly counter: number;
}

/** A datagram whose signature holds. */
export interface Sighting extends Mark {
  readonly nodeId: string;
  readonly addresses: readonly string[];
  /** Address that it came from, without port. */
  readonly source: string;
}

interface RegistryEntry {
  fingerprint: string;
  nodeId: string;
  addresses: readonly string[];
  session: Session;
  counter: number;
  source: string;
  seenAtMs: number;
  saidGoodbye: boolean;
  /** `onGone` was told. */
  isGone: boolean;
}

export interface RegistryOptions {
  readonly limits: DiscoveryLimits;
  readonly worldId: string;
  isMember(fingerprint: string): boolean;
  /** New, back again, or at other addresses. */
  onSeen(node: DiscoveredNode): void;
  /** Expired, by time or by goodbye, or put out by a member. */
  onGone(node: DiscoveredNode): void;
}

export class Registry {
  readonly #options: RegistryOptions;
  /** The one heard longest ago first. */
  readonly #entries = new Map<string, RegistryEntry>();

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** A member that is in the registry: its datagrams go before those of strangers. */
  isKnownMember(fingerprint: string): boolean {
    return this.#entries.has(fingerprint) && this.#options.isMember(fingerprint);
  }

  knows(fingerprint: string, nowMs: number): boolean {
    return this.#live(fingerprint, nowMs) !== undefined;
  }

  /** Why a datagram need not be looked at any further; before its signature is checked. */
  refusalOf(mark: Mark, source: string, nowMs: number): DropReason | undefined {
    const entry = this.#live(mark.fingerprint, nowMs);
    if (entry === undefined) return this.#refusalOfNew(mark.fingerprint, source, nowMs);
    const order = compareSessions(mark.session, entry.session);
    if (order < 0) return 'old_session';
    if (order > 0 || mark.counter > entry.counter) return undefined;
    // The same datagram comes by multicast, by broadcast and by target: that is no attack.
    return mark.counter === entry.counter ? 'repeated' : 'replayed';
  }

  /** Takes what `refusalOf` let through and whose signature holds. */
  observe(sighting: Sighting, nowMs: number): void {
    const { fingerprint, nodeId, addresses, session, counter } = sighting;
    const before = this.#live(fingerprint, nowMs);
    if (before === undefined) this.#makeRoom(fingerprint, nowMs);
    const isNews =
      before === undefined ||
      this.#stateOf(before, nowMs) !== 'available' ||
      before.addresses.join() !== addresses.join();
    const entry: RegistryEntry = {
      fingerprint,
      nodeId,
      addresses,
      session,
      counter,
      source: before?.source ?? sighting.source,
      seenAtMs: nowMs,
      saidGoodbye: false,
      isGone: false,
    };
    this.#entries.delete(fingerprint);
    this.#entries.set(fingerprint, entry);
    if (isNews) this.#options.onSeen(this.#nodeOf(entry, nowMs));
  }

  /** The node has said that it goes: expired at once, and kept so that nothing old revives it. */
  goodbye(mark: Mark, nowMs: number): void {
    const entry = this.#live(mark.fingerprint, nowMs);
    if (entry === undefined) return;
    entry.session = mark.session;
    entry.counter = mark.counter;
    entry.seenAtMs = nowMs;
    entry.saidGoodbye = true;
    this.#entries.delete(entry.fingerprint);
    this.#entries.set(entry.fingerprint, entry);
    this.#tellGone(entry, nowMs);
  }

  /** Lets time have its effect. */
  sweep(nowMs: number): void {
    for (const entry of [...this.#entries.values()]) {
      const state = this.#stateOf(entry, nowMs);
      if (state === 'expired' || state === 'pruned') this.#tellGone(entry, nowMs);
      if (state === 'pruned') this.#entries.delete(entry.fingerprint);
    }
  }

  /** When `sweep` has something to do next, or `undefined`. */
  nextSweepMs(): number | undefined {
    const { expiredMs, prunedMs } = this.#options.limits;
    let next: number | undefined;
    for (const { seenAtMs, isGone } of this.#entries.values()) {
      const due = seenAtMs + (isGone ? prunedMs : expiredMs);
      if (next === undefined || due < next) next = due;
    }
    return next;
  }

  /** Everything that is not forgotten, by nodeId and fingerprint. */
  list(nowMs: number): DiscoveredNode[] {
    const nodes: DiscoveredNode[] = [];
    for (const entry of this.#entries.values()) {
      if (this.#stateOf(entry, nowMs) !== 'pruned') nodes.push(this.#nodeOf(entry, nowMs));
    }
    const order = (node: DiscoveredNode): string => `${node.nodeId} ${node.fingerprint}`;
    return nodes.sort((left, right) => (order(left) < order(right) ? -1 : 1));
  }

  clear(): void {
    this.#entries.clear();
  }

  #refusalOfNew(fingerprint: string, source: string, nowMs: number): DropReason | undefined {
    const { limits, isMember } = this.#options;
    const isFull = this.#entries.size >= limits.entriesMax;
    if (isMember(fingerprint)) {
      return isFull && this.#victim(true, nowMs) === undefined ? 'registry_full' : undefined;
    }
    let ofSource = 0;
    for (const entry of this.#entries.values()) {
      if (entry.source === source && !isMember(entry.fingerprint)) ofSource++;
    }
    if (ofSource >= limits.entriesPerSourceMax) return 'source_quota';
    return isFull && this.#victim(false, nowMs) === undefined ? 'registry_full' : undefined;
  }

  /** Who goes for a newcomer: a stranger, the one heard longest ago. */
  #victim(forMember: boolean, nowMs: number): RegistryEntry | undefined {
    for (const entry of this.#entries.values()) {
      const state = this.#stateOf(entry, nowMs);
      if (state === 'pruned') return entry;
      if (!forMember && state === 'available') continue;
      if (!this.#options.isMember(entry.fingerprint)) return entry;
    }
    return undefined;
  }

  #makeRoom(fingerprint: string, nowMs: number): void {
    if (this.#entries.size < this.#options.limits.entriesMax) return;
    const victim = this.#victim(this.#options.isMember(fingerprint), nowMs);
    if (victim === undefined) return;
    this.#entries.delete(victim.fingerprint);
    this.#tellGone(victim, nowMs);
  }

  #live(fingerprint: string, nowMs: number): RegistryEntry | undefined {
    const entry = this.#entries.get(fingerprint);
    return entry === undefined || this.#stateOf(entry, nowMs) === 'pruned' ? undefined : entry;
  }

  #stateOf(entry: RegistryEntry, nowMs: number): DiscoveredNode['state'] | 'pruned' {
    const { staleMs, expiredMs, prunedMs } = this.#options.limits;
    const ageMs = nowMs - entry.seenAtMs;
    if (ageMs >= prunedMs) return 'pruned';
    if (entry.saidGoodbye || ageMs >= expiredMs) return 'expired';
    return ageMs >= staleMs ? 'stale' : 'available';
  }

  #tellGone(entry: RegistryEntry, nowMs: number): void {
    if (entry.isGone) return;
    entry.isGone = true;
    this.#options.onGone({ ...this.#nodeOf(entry, nowMs), state: 'expired' });
  }

  #nodeOf(entry: RegistryEntry, nowMs: number): DiscoveredNode {
    const state = this.#stateOf(entry, nowMs);
    return {
      fingerprint: entry.fingerprint,
      nodeId: entry.nodeId,
      worldId: this.#options.worldId,
      addresses: entry.addresses,
      state: state === 'pruned' ? 'expired' : state,
      lastSeenMsAgo: Math.max(0, Math.round(nowMs - entry.seenAtMs)),
      member: this.#options.isMember(entry.fingerprint),
    };
  }
}
