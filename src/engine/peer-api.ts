/**
 * The half of `NodeApi` that has to do with other nodes: members, peers, sync, conflicts. As in
 * all of it: promises, plain data, errors are `AdastraError`.
 */
import type { NodeMetadata, Receipt, Role, Sibling, Value, WriteOptions } from '../core/index.ts';

// Members

export interface InviteOptions {
  /** Default `write`. */
  readonly role?: Role | undefined;
  /** Key prefixes that the member may write; default: all. */
  readonly scopes?: readonly string[] | undefined;
  /** Address that the code names; default: the one that the transport listens on. */
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  /** Milliseconds for which the code is good; default ten minutes, at most a week. */
  readonly expiresMs?: number | undefined;
}

export interface Invitation {
  readonly code: string;
  readonly address: string;
  /** The address is of this machine alone: nobody else can use the code. */
  readonly loopback: boolean;
  readonly expiresAtMs: number;
  readonly role: Role;
  readonly scopes: readonly string[] | undefined;
}

export interface MemberInfo {
  readonly fingerprint: string;
  readonly nodeId: string;
  readonly role: Role;
  readonly scopes: readonly string[] | undefined;
  /** `closing`: nobody takes from it directly. `closed`: its membership has ended. */
  readonly state: 'member' | 'closing' | 'closed';
  readonly founder: boolean;
  readonly self: boolean;
}

export interface MemberChange {
  readonly role?: Role | undefined;
  /** `null`: may write every key. */
  readonly scopes?: readonly string[] | null | undefined;
}

// Transport and discovery

export interface TransportOptions {
  /** Default 127.0.0.1. */
  readonly host?: string | undefined;
  /** Default 0: any free one. */
  readonly port?: number | undefined;
}

export interface TransportStatus {
  readonly state: 'off' | 'running' | 'failed';
  readonly host?: string;
  readonly port?: number;
  readonly error?: { readonly code: string; readonly message: string };
  readonly links: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Connections turned away, by reason. */
  readonly refused: Readonly<Record<string, number>>;
}

export interface DiscoveryOptions {
  readonly host?: string | undefined;
  /** Default 47474. */
  readonly port?: number | undefined;
  /** `host:port` of nodes to ask directly. */
  readonly targets?: readonly string[] | undefined;
  /** Names or addresses of interfaces; default: those of the address that the transport is on. */
  readonly interfaces?: readonly string[] | undefined;
}

export interface DiscoveryStatus {
  readonly state: 'off' | 'running' | 'failed';
  readonly port?: number;
  readonly interfaces?: readonly string[];
  readonly error?: { readonly code: string; readonly message: string };
  readonly known: number;
  /** Datagrams that were not taken, by reason; docs/formats/discovery.md explains each. */
  readonly dropped: Readonly<Record<string, number>>;
  /** What does not work although discovery runs: an interface, a target. */
  readonly warnings?: readonly string[];
}

export interface DiscoveredNode {
  readonly fingerprint: string;
  readonly nodeId: string;
  readonly worldId: string;
  readonly addresses: readonly string[];
  readonly state: 'available' | 'stale' | 'expired';
  readonly lastSeenMsAgo: number;
  readonly member: boolean;
}

export interface PeerStatus {
  readonly fingerprint: string;
  readonly nodeId: string;
  readonly role: Role;
  readonly membership: 'member' | 'closing' | 'closed';
  readonly state: 'connected' | 'connecting' | 'waiting' | 'offline' | 'frozen';
  readonly address: string | undefined;
  /** `in`: it connected; `out`: this node did. */
  readonly direction: 'in' | 'out' | undefined;
  /** What the peer said of itself when it was last connected. */
  readonly metadata: NodeMetadata | undefined;
  /** It has all of this node's log up to this seq, durably. */
  readonly acknowledgedSeq: number;
  readonly commitsRemaining: number;
  /** An estimate from the mean size of commits. */
  readonly bytesRemaining: number;
  readonly bytesPerSecond: number;
  readonly etaMs: number | undefined;
  readonly inFlight: number;
  readonly held: number;
  readonly retries: number;
  readonly roundTripMs: number | undefined;
  /** Its wall clock less this one, milliseconds. */
  readonly clockOffsetMs: number | undefined;
  readonly lastError: string | undefined;
  readonly lastConnectedMsAgo: number | undefined;
  /** Until the next attempt to connect. */
  readonly nextAttemptMs: number | undefined;
}

// Sync

/** The seed's counters and what a careful operator wants beside them. */
export interface SyncStateInfo {
  readonly state: 'off' | 'idle' | 'syncing' | 'waiting' | 'frozen';
  /** Own and relayed commits that some member lacks. */
  readonly queued: number;
  readonly inFlight: number;
  readonly acknowledged: number;
  readonly failed: number;
  readonly retried: number;
  readonly pruned: number;
  readonly batchesSent: number;
  readonly batchesReceived: number;
  readonly commitsSent: number;
  readonly commitsReceived: number;
  readonly duplicatesReceived: number;
  /** Bundles that this node refused for good: forged, malformed, of nobody who may write. */
  readonly refusedReceived: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly conflicts: number;
  readonly deadLetters: number;
  readonly held: number;
  readonly frozenOrigins: readonly string[];
  /** Up to this seq every member that is not closed has everything, durably. */
  readonly stableSeq: number;
  readonly tombstonesCollected: number;
  readonly lastTickMsAgo: number | undefined;
  readonly hashMismatches: number;
  readonly snapshot:
    | { readonly state: 'receiving' | 'installed' | 'unchecked' | 'checked'; readonly from: string }
    | undefined;
  readonly warnings: readonly string[];
}

export interface TickResult {
  readonly retried: number;
  readonly pruned: number;
  /** Commits put on their way by this tick. */
  readonly batchSize: number;
  readonly acknowledged: number;
  readonly expired: number;
  readonly collected: number;
  readonly nextTickMs: number;
}

export interface OutboxEntry {
  readonly peer: string;
  readonly nodeId: string;
  readonly cursorSeq: number;
  readonly headSeq: number;
  readonly commitsRemaining: number;
  readonly bytesRemaining: number;
  readonly inFlight: number;
  readonly state: 'idle' | 'sending' | 'waiting' | 'offline' | 'frozen';
  readonly nextRetryMs: number | undefined;
}

/** A commit of this node that is void elsewhere, or that could not be authored again. */
export interface DeadLetter {
  readonly id: string;
  readonly origin: string;
  readonly originSeq: number;
  readonly reason: string;
  readonly reportedBy: string;
  readonly keys: readonly {
    readonly key: string;
    readonly kind: 'put' | 'remove';
    readonly value: Value | undefined;
    /** What the key holds now. */
    readonly current: Value | undefined;
  }[];
}

/** One commit's whole way and what blocks it. */
export interface SyncWhy {
  readonly subject: string;
  readonly commits: readonly {
    readonly seq: number;
    readonly origin: string;
    readonly originSeq: number;
    readonly author: string;
    readonly stamp: string;
    readonly durable: boolean;
    readonly void: string | undefined;
    readonly peers: readonly {
      readonly peer: string;
      readonly nodeId: string;
      readonly state: 'acknowledged' | 'received' | 'inFlight' | 'queued' | 'refused' | 'unknown';
      readonly reason: string | undefined;
    }[];
    readonly stable: boolean;
  }[];
  /** Bundles of others that wait here. */
  readonly held: readonly { readonly origin: string; readonly reason: string }[];
  /** One sentence for people. */
  readonly verdict: string;
}

/** Two chains under one name: an origin that is frozen until an admin names the one that stays. */
export interface ForkInfo {
  readonly origin: string;
  /** nodeId of whoever holds the origin's key. */
  readonly author: string;
  /** Behind this commit the chains were compared; they may have parted before it. */
  readonly originSeq: number;
  /** Digest of the chain that this node holds there, 64 hex characters, where it is known. */
  readonly digestHere: string | undefined;
  /** The same of the member that showed the other chain. */
  readonly digestThere: string | undefined;
  /** Fingerprint of that member. */
  readonly reportedBy: string;
}

/** A branch as `ForkInfo` shows it: the origin's chain has this digest behind this commit. */
export interface BranchName {
  readonly originSeq: number;
  /** 64 hex characters. */
  readonly digest: string;
}

export interface ClockRepairReport {
  readonly reauthored: number;
  readonly deadLetters: number;
  readonly stampsFromMs: number;
}

// Conflicts

export type PolicyName =
  | 'last-write-wins'
  | 'merge-fields'
  | 'manual'
  | 'custom'
  | 'keep-local'
  | 'apply-remote';

export interface PolicyRule {
  readonly prefix: string;
  readonly policy: PolicyName;
  /** Of `custom`: which code decides. */
  readonly name?: string | undefined;
  readonly version?: number | undefined;
}

export interface ConflictInfo {
  readonly key: string;
  readonly policy: PolicyName;
  readonly undecided: boolean;
  /** What readers get meanwhile; `undefined` where the key reads as absent. */
  readonly value: Value | undefined;
  readonly siblings: readonly (Sibling & { readonly nodeId: string })[];
}

/** A conflict that a later write ended, from the log. */
export interface DecidedConflict {
  readonly key: string;
  readonly seq: number;
  readonly decidedBy: string;
  readonly timeMs: number;
  readonly kind: 'put' | 'remove';
  readonly value: Value | undefined;
  readonly reason: string | undefined;
  readonly siblings: readonly Sibling[];
}

/** Which sibling stands, by stamp, or a value of its own, or nothing. */
export type Resolution =
  | { readonly stamp: string }
  | { readonly value: unknown }
  | { readonly remove: true };

export interface ConflictsOptions {
  readonly prefix?: string | undefined;
  readonly limit?: number | undefined;
}

export interface WaitOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

export interface PeerApi {
  // Members
  invite(options?: InviteOptions): Promise<Invitation>;
  members(): Promise<readonly MemberInfo[]>;
  /** `member`: a fingerprint, its beginning, or a nodeId. */
  changeMember(member: string, change: MemberChange): Promise<Receipt>;
  /** Ends a membership: `closing` first, `closed` once the others have acknowledged it. */
  closeMember(member: string, options?: { readonly force?: boolean }): Promise<MemberInfo>;
  // Transport and discovery
  startTransport(options?: TransportOptions): Promise<TransportStatus>;
  stopTransport(): Promise<void>;
  /** `host:port`, or a member whose address is known. Resolves when the link is up. */
  connect(target: string, options?: WaitOptions): Promise<PeerStatus>;
  /** Ends the link; no new one is made or taken until `connect`, or the node is opened again. */
  disconnect(member: string): Promise<void>;
  peers(): Promise<readonly PeerStatus[]>;
  startDiscovery(options?: DiscoveryOptions): Promise<DiscoveryStatus>;
  stopDiscovery(): Promise<void>;
  /** Asks the network and gives what is known; `waitMs` to listen for answers (default 0). */
  discover(options?: { readonly waitMs?: number }): Promise<readonly DiscoveredNode[]>;
  // Sync
  syncStateInfo(): Promise<SyncStateInfo>;
  tick(options?: { readonly prune?: boolean }): Promise<TickResult>;
  outbox(): Promise<readonly OutboxEntry[]>;
  deadLetters(): Promise<readonly DeadLetter[]>;
  /** Commits a dead letter anew, or drops it. */
  retryDeadLetter(id: string, options?: { readonly drop?: boolean }): Promise<Receipt | undefined>;
  /** `subject`: a key, a seq of this log (`#12`), or `origin/originSeq`. */
  syncWhy(subject: string): Promise<SyncWhy>;
  /** Origins that are frozen here, with both facts; at most 1024. */
  forks(): Promise<readonly ForkInfo[]>;
  /**
   * Names the branch of a forked origin that stays, once and for all nodes. Whoever holds the other
   * one takes a snapshot and authors its own lost commits again. Throws `forbidden` where this node
   * is not admin, `already_exists` where a branch was named before.
   */
  keepBranch(origin: string, branch: BranchName): Promise<Receipt>;
  clockRepair(): Promise<ClockRepairReport>;
  whenAcknowledged(
    receipt: Receipt,
    options?: WaitOptions & { readonly by?: 'any' | 'all' | readonly string[] },
  ): Promise<void>;
  whenStable(receipt: Receipt, options?: WaitOptions): Promise<void>;
  // Conflicts
  conflicts(options?: ConflictsOptions): AsyncIterable<ConflictInfo>;
  /** `undefined` where the key has no conflict. */
  conflict(key: string): Promise<ConflictInfo | undefined>;
  /** Newest first. */
  decidedConflicts(options?: ConflictsOptions): AsyncIterable<DecidedConflict>;
  resolveConflict(key: string, resolution: Resolution, options?: WriteOptions): Promise<Receipt>;
  policies(): Promise<readonly PolicyRule[]>;
  /** Throws `forbidden` where this node is not admin. `undefined` takes the rule away. */
  setPolicy(prefix: string, rule: Omit<PolicyRule, 'prefix'> | undefined): Promise<Receipt>;
}
