/**
 * One observable picture of a node, and who it is; computed when asked.
 */
import { hexOf } from '../core/index.ts';
import { listCheckpoints } from '../store/checkpoint/index.ts';
import { type LocalMetadata, type Moment, NodeDescription } from '../metadata/index.ts';
import type { Lane } from '../store/transactions/index.ts';
import { checkpointDirectory, logDirectory } from './directory.ts';
import type { EngineParts } from './engine-parts.ts';
import type { Freshness } from './freshness.ts';
import type { Hashes, NodeInfo, NodeStatus } from './node-api.ts';
import { discoveryStatus, peersOf, transportStatus } from './peering/link-calls.ts';
import type { Peering } from './peering/peering.ts';
import { syncStateOf } from './peering/sync-calls.ts';
import { VERSION } from './version.ts';

const CAPABILITIES = [
  'core',
  'wal',
  'store',
  'transactions',
  'checkpoints',
  'history',
  'replay',
  'projections',
  'sync',
  'transport',
  'discovery',
  'metadata',
];

/** What the node says of itself. */
export function describeNode(
  { env, identity, options }: EngineParts,
  started: Moment,
): NodeDescription {
  const { nodeId, fingerprint } = identity;
  return new NodeDescription({
    nodeId,
    fingerprint,
    displayName: options.displayName ?? identity.displayName,
    version: VERSION,
    started,
    capabilities: () => CAPABILITIES,
    host: () => env.host,
  });
}

export function statusOf(
  parts: EngineParts,
  at: Hashes & { readonly lane: Lane | undefined; readonly peering: Peering | undefined },
): NodeStatus {
  const { identity, log, replica, recovery } = parts;
  const { storage } = replica;
  const { keys, values, memory } = storage.bytes;
  return {
    nodeId: identity.nodeId,
    worldId: hexOf(log.worldId),
    fingerprint: identity.fingerprint,
    seq: at.seq,
    stateHash: at.stateHash,
    contentHash: at.contentHash,
    ...healthOf(parts, at.lane),
    store: {
      entries: storage.userCount,
      systemEntries: storage.systemCount,
      tombstones: storage.tombstoneCount,
      conflicts: [...storage.conflicts()].length,
      keyBytes: keys,
      valueBytes: values,
      memoryBytes: memory,
    },
    wal: walOf(parts, at.lane),
    recovery,
    projections: replica.projections.status(),
    ...peersOfStatus(at.peering),
  };
}

function walOf(
  { env, dataDir, log, options }: EngineParts,
  lane: Lane | undefined,
): NodeStatus['wal'] {
  const stat = log.stat();
  return {
    directory: logDirectory(env, dataDir),
    headSeq: stat.headSeq,
    durableSeq: stat.durableSeq,
    baseSeq: log.baseSeq,
    segments: stat.segments.length,
    bytes: stat.bytes,
    syncCount: stat.syncCount,
    syncMsMean: stat.syncMsMean,
    pendingCommits: lane?.pendingCommits ?? 0,
    durability: options.durability,
    term: log.term,
    checkpoints: listCheckpoints(env, checkpointDirectory(env, dataDir)),
  };
}

export function healthOf(
  parts: EngineParts,
  lane: Lane | undefined,
): { health: NodeStatus['health']; healthReason?: string } {
  if (parts.damage !== undefined) return { health: 'damaged', healthReason: parts.damage.message };
  if (lane === undefined) return { health: 'read_only' };
  const failure = lane.failure ?? parts.log.latched;
  return failure === undefined
    ? { health: 'ok' }
    : { health: 'latched', healthReason: failure.message };
}

/**
 * A writer is where commits come from. A node that was opened for reading shows what was there then
 * and follows nobody, so its state ages from its opening on.
 */
export function freshnessOf(
  { env, log, lock }: EngineParts,
  { seq, openedAtMs }: { readonly seq: number; readonly openedAtMs: number },
): Freshness {
  const isWriter = lock !== undefined;
  return {
    seq,
    logSeq: log.durableSeq,
    lagCommits: 0,
    lagMs: isWriter ? 0 : Math.max(0, env.clock.wallMs() - openedAtMs),
    source: {
      kind: isWriter ? 'writer' : 'directory',
      state: isWriter ? 'connected' : 'unreachable',
      sinceMs: openedAtMs,
    },
  };
}

export function nodeInfoOf({ log }: EngineParts, metadata: LocalMetadata): NodeInfo {
  return { ...metadata, worldId: hexOf(log.worldId) };
}

function peersOfStatus(
  peering: Peering | undefined,
): Pick<NodeStatus, 'sync' | 'transport' | 'discovery' | 'peers'> {
  if (peering === undefined) return NO_PEERS;
  return {
    sync: syncStateOf(peering),
    transport: transportStatus(peering),
    discovery: discoveryStatus(peering),
    peers: peersOf(peering),
  };
}

/** Of a node that only reads. */
const NO_PEERS: Pick<NodeStatus, 'sync' | 'transport' | 'discovery' | 'peers'> = {
  sync: { state: 'off' },
  transport: { state: 'off', links: 0, bytesIn: 0, bytesOut: 0, refused: {} },
  discovery: { state: 'off', known: 0, dropped: {} },
  peers: [],
};
