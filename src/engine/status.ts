/**
 * One observable picture of a node, and who it is; computed when asked.
 */
import { hexOf } from '../core/index.ts';
import { listCheckpoints } from '../store/checkpoint/index.ts';
import type { Lane } from '../store/transactions/index.ts';
import { checkpointDirectory, logDirectory } from './directory.ts';
import type { EngineParts } from './engine-parts.ts';
import type { Hashes, NodeInfo, NodeStatus } from './node-api.ts';
import { VERSION } from './version.ts';

const CAPABILITIES = ['core', 'wal', 'store', 'transactions', 'checkpoints', 'history', 'replay'];

export function statusOf(
  parts: EngineParts,
  at: Hashes & { readonly lane: Lane | undefined },
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
    sync: { state: 'off' },
    transport: { state: 'off' },
    discovery: { state: 'off' },
    peers: [],
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

function healthOf(
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

export function nodeInfoOf(parts: EngineParts, startedAtMs: number): NodeInfo {
  const { env, identity, log, options } = parts;
  return {
    nodeId: identity.nodeId,
    displayName: options.displayName ?? identity.displayName ?? identity.nodeId,
    fingerprint: identity.fingerprint,
    worldId: hexOf(log.worldId),
    hostname: env.host.hostname,
    platform: env.host.platform,
    version: VERSION,
    capabilities: CAPABILITIES,
    startedAtMs,
    uptimeMs: Math.max(0, env.clock.wallMs() - startedAtMs),
  };
}
