/**
 * The peer half of a node for tests of what stands in front of it: two members, one conflict, one
 * dead letter, all in memory; every call is recorded with its arguments.
 */
import { AdastraError, type Receipt } from '../../src/core/index.ts';
import type {
  ConflictInfo,
  DecidedConflict,
  Invitation,
  MemberInfo,
  PeerApi,
  PeerStatus,
  PolicyRule,
  SyncStateInfo,
  TransportStatus,
} from '../../src/engine/index.ts';

/** `ESC [ 3 1 m` and a mark that turns the direction: what a hostile peer would call itself. */
export const HOSTILE_NAME = '\u001b[31mtill\u202e-2';

const SELF = { fingerprint: 'aa11'.repeat(16), nodeId: 'kitchen' };
const OTHER = { fingerprint: 'aa22'.repeat(16), nodeId: 'till-2' };

const STAMPS = ['s1', 's2'] as const;

export class FakePeer {
  /** `[name, …arguments]`, without signals. */
  readonly calls: unknown[][] = [];
  members: MemberInfo[] = [
    { ...SELF, role: 'admin', scopes: undefined, state: 'member', founder: true, self: true },
    { ...OTHER, role: 'write', scopes: ['order/'], state: 'member', founder: false, self: false },
  ];
  peers: PeerStatus[] = [peerStatus()];
  transport: TransportStatus = {
    state: 'off',
    links: 0,
    bytesIn: 0,
    bytesOut: 0,
    refused: {},
  };
  policies: PolicyRule[] = [];
  conflicts: ConflictInfo[] = [
    {
      key: 'user:1',
      policy: 'manual',
      undecided: false,
      value: new Date(5),
      siblings: [
        { kind: 'put', value: new Date(5), stamp: STAMPS[0], origin: 'o.1', nodeId: 'kitchen' },
        { kind: 'remove', value: undefined, stamp: STAMPS[1], origin: 'o.2', nodeId: HOSTILE_NAME },
      ],
    },
  ];
  decided: DecidedConflict[] = [
    {
      key: 'user:0',
      seq: 7,
      decidedBy: 'kitchen',
      timeMs: 1_700_000_000_000,
      kind: 'put',
      value: 12n,
      reason: 'asked Ada',
      siblings: [{ kind: 'put', value: 11n, stamp: 's0', origin: 'o.1' }],
    },
  ];
  /** Makes `startTransport` fail. */
  transportFault: AdastraError | undefined;
  discoveryFault: AdastraError | undefined;
  waits = 0;
  aborted = 0;

  /** The methods, to be mixed into a node. */
  api(): PeerApi {
    const record = (name: string, ...args: unknown[]): void => {
      this.calls.push([name, ...args.map(withoutSignal)]);
    };
    return {
      ...this.#members(record),
      ...this.#links(record),
      ...this.#sync(record),
      ...this.#conflicts(record),
    };
  }

  #members(record: Record): Pick<PeerApi, 'invite' | 'members' | 'changeMember' | 'closeMember'> {
    return {
      invite: async (options = {}): Promise<Invitation> => {
        record('invite', options);
        const { role = 'write', scopes, expiresMs = 600_000 } = options;
        const host = options.host ?? this.transport.host ?? '127.0.0.1';
        const address = `${host}:${options.port ?? this.transport.port ?? 4711}`;
        const expiresAtMs = 1_700_000_000_000 + expiresMs;
        const loopback = host === '127.0.0.1';
        return { code: 'ADASTRA-CODE', address, loopback, expiresAtMs, role, scopes };
      },
      members: async () => this.members,
      changeMember: async (member, change) => {
        record('changeMember', member, change);
        return receipt();
      },
      closeMember: async (member, options = {}) => {
        record('closeMember', member, options);
        const found = this.members.find(({ fingerprint }) => fingerprint === member);
        if (found === undefined) throw new AdastraError('peer_unknown', `no member ${member}`);
        return { ...found, state: options.force === true ? 'closed' : 'closing' };
      },
    };
  }

  #links(
    record: Record,
  ): Pick<
    PeerApi,
    | 'startTransport'
    | 'stopTransport'
    | 'connect'
    | 'disconnect'
    | 'peers'
    | 'startDiscovery'
    | 'stopDiscovery'
    | 'discover'
  > {
    return {
      startTransport: async (options = {}) => {
        record('startTransport', options);
        if (this.transportFault !== undefined) throw this.transportFault;
        const { host = '127.0.0.1', port = 0 } = options;
        this.transport = { ...this.transport, state: 'running', host, port: port || 40_000 };
        return this.transport;
      },
      stopTransport: async () => {
        record('stopTransport');
        this.transport = { ...this.transport, state: 'off' };
      },
      connect: async (target, options = {}) => {
        record('connect', target, options);
        return this.peers[0] ?? peerStatus();
      },
      disconnect: async (member) => record('disconnect', member),
      peers: async () => this.peers,
      startDiscovery: async (options = {}) => {
        record('startDiscovery', options);
        if (this.discoveryFault !== undefined) throw this.discoveryFault;
        return { state: 'running', port: 47_474, interfaces: ['lo'], known: 0, dropped: {} };
      },
      stopDiscovery: async () => record('stopDiscovery'),
      discover: async (options = {}) => {
        record('discover', options);
        const addresses = ['10.0.0.2:4711'];
        const seen = { worldId: 'w0', addresses, state: 'available', lastSeenMsAgo: 12 } as const;
        return [{ ...OTHER, nodeId: HOSTILE_NAME, ...seen, member: true }];
      },
    };
  }

  #sync(
    record: Record,
  ): Pick<
    PeerApi,
    | 'syncStateInfo'
    | 'tick'
    | 'outbox'
    | 'deadLetters'
    | 'retryDeadLetter'
    | 'syncWhy'
    | 'forks'
    | 'keepBranch'
    | 'clockRepair'
    | 'whenAcknowledged'
    | 'whenStable'
  > {
    return {
      syncStateInfo: async () => syncState(),
      tick: async (options = {}) => {
        record('tick', options);
        const zeros = { retried: 0, pruned: 0, acknowledged: 0, expired: 0, collected: 0 };
        return { ...zeros, batchSize: 3, nextTickMs: 100 };
      },
      outbox: async () => [
        {
          peer: OTHER.fingerprint,
          nodeId: HOSTILE_NAME,
          cursorSeq: 3,
          headSeq: 5,
          commitsRemaining: 2,
          bytesRemaining: 2048,
          inFlight: 1,
          state: 'sending',
          nextRetryMs: 500,
        },
      ],
      deadLetters: async () => [
        {
          id: 'd/1',
          origin: 'o.1',
          originSeq: 4,
          reason: 'outside its scopes',
          reportedBy: OTHER.fingerprint,
          keys: [
            { key: 'a', kind: 'put', value: new Uint8Array([1]), current: 2n },
            { key: 'b', kind: 'remove', value: undefined, current: undefined },
          ],
        },
      ],
      retryDeadLetter: async (id, options = {}) => {
        record('retryDeadLetter', id, options);
        return options.drop === true ? undefined : receipt();
      },
      syncWhy: async (subject) => {
        record('syncWhy', subject);
        const peer = { peer: OTHER.fingerprint, nodeId: 'till-2' };
        return {
          subject,
          commits: [
            {
              seq: 5,
              origin: 'o.1',
              originSeq: 5,
              author: 'kitchen',
              stamp: 's5',
              durable: true,
              void: undefined,
              peers: [{ ...peer, state: 'queued', reason: HOSTILE_NAME }],
              stable: false,
            },
          ],
          held: [{ origin: 'o.9', reason: 'its clock is ahead' }],
          verdict: 'it waits for till-2 to come back',
        };
      },
      forks: async () => {
        record('forks');
        const origin = `${'a'.repeat(32)}.${'b'.repeat(32)}`;
        const [digestHere, digestThere] = ['c'.repeat(64), undefined];
        const reportedBy = 'd'.repeat(32);
        return [{ origin, author: 'till-2', originSeq: 17, digestHere, digestThere, reportedBy }];
      },
      keepBranch: async (origin, branch) => {
        record('keepBranch', origin, branch);
        return receipt();
      },
      clockRepair: async () => {
        record('clockRepair');
        return { reauthored: 2, deadLetters: 1, stampsFromMs: 1_700_000_000_000 };
      },
      whenAcknowledged: (given, options = {}) => this.#wait(record, 'acknowledged', given, options),
      whenStable: (given, options = {}) => this.#wait(record, 'stable', given, options),
    };
  }

  /** Waits for its signal; `timeoutMs: 1` is an answer at once. */
  async #wait(
    record: Record,
    name: string,
    given: Receipt,
    options: { signal?: AbortSignal | undefined; timeoutMs?: number | undefined },
  ): Promise<void> {
    record(name, given, options);
    if (options.timeoutMs === 1) return;
    this.waits += 1;
    await new Promise<void>((resolve) =>
      options.signal?.addEventListener('abort', () => resolve(), { once: true }),
    );
    this.aborted += 1;
    throw new AdastraError('aborted', 'aborted');
  }

  #conflicts(
    record: Record,
  ): Pick<
    PeerApi,
    'conflicts' | 'conflict' | 'decidedConflicts' | 'resolveConflict' | 'policies' | 'setPolicy'
  > {
    const { conflicts, decided } = this;
    return {
      async *conflicts(options = {}) {
        record('conflicts', options);
        yield* conflicts;
      },
      conflict: async (key) => conflicts.find((one) => one.key === key),
      async *decidedConflicts(options = {}) {
        record('decidedConflicts', options);
        yield* decided;
      },
      resolveConflict: async (key, resolution, options = {}) => {
        record('resolveConflict', key, resolution, options);
        return receipt();
      },
      policies: async () => this.policies,
      setPolicy: async (prefix, rule) => {
        record('setPolicy', prefix, rule);
        return receipt();
      },
    };
  }
}

type Record = (name: string, ...args: unknown[]) => void;

function withoutSignal(argument: unknown): unknown {
  if (typeof argument !== 'object' || argument === null || !('signal' in argument)) return argument;
  const { signal: _signal, ...rest } = argument;
  return rest;
}

function receipt(): Receipt {
  const ids = { seq: 9, origin: 'o.1', originSeq: 9, stamp: 's9' };
  return { ...ids, durability: 'always', changed: true, replayed: false };
}

function peerStatus(): PeerStatus {
  return {
    ...OTHER,
    role: 'write',
    membership: 'member',
    state: 'connected',
    address: '10.0.0.2:4711',
    direction: 'out',
    metadata: {
      nodeId: OTHER.nodeId,
      displayName: HOSTILE_NAME,
      hostname: 'till',
      platform: 'linux',
      version: '0.1.0',
      capabilities: ['store'],
      startedAtMs: 1,
      uptimeMs: 2,
    },
    acknowledgedSeq: 3,
    commitsRemaining: 2,
    bytesRemaining: 2048,
    bytesPerSecond: 1000,
    etaMs: 2000,
    inFlight: 1,
    held: 1,
    retries: 0,
    roundTripMs: 0.4,
    clockOffsetMs: 90_000,
    lastError: HOSTILE_NAME,
    lastConnectedMsAgo: 5,
    nextAttemptMs: undefined,
  };
}

function syncState(): SyncStateInfo {
  return {
    state: 'syncing',
    queued: 2,
    inFlight: 1,
    acknowledged: 3,
    failed: 0,
    retried: 0,
    pruned: 0,
    batchesSent: 1,
    batchesReceived: 1,
    commitsSent: 3,
    commitsReceived: 4,
    duplicatesReceived: 0,
    refusedReceived: 0,
    bytesSent: 10,
    bytesReceived: 20,
    conflicts: 1,
    deadLetters: 1,
    held: 1,
    frozenOrigins: [],
    stableSeq: 3,
    tombstonesCollected: 0,
    lastTickMsAgo: 7,
    hashMismatches: 0,
    snapshot: undefined,
    warnings: [`the clock of ${HOSTILE_NAME} is ahead`],
  };
}
