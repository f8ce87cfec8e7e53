/**
 * What there is to watch of an open node, as plain data and cheap enough to ask every few seconds:
 * nothing is hashed, nothing is waited for. Counts are since the process opened the node and never
 * go back. Beside it, whether the node can take a write now.
 */
import { AdastraError, type ErrorCode, type HistogramReading } from '../core/index.ts';
import { type Env, errorCode } from '../env/index.ts';
import { listCheckpoints } from '../store/checkpoint/index.ts';
import type { Lane } from '../store/transactions/index.ts';
import { checkpointDirectory } from './directory.ts';
import type { EngineParts } from './engine-parts.ts';
import type { NodeStatus } from './node-api.ts';
import type { PeerStatus, SyncStateInfo, TransportStatus } from './peer-api.ts';
import { peersOf, transportStatus } from './peering/link-calls.ts';
import type { Peering } from './peering/peering.ts';
import { syncStateOf } from './peering/sync-calls.ts';
import { healthOf } from './status.ts';

/** What only a node that writes has to tell. */
export interface WriteMeters {
  readonly ownCommits: number;
  /** Received ones, and what the node logs by itself. */
  readonly otherCommits: number;
  /** From admission until a commit is in the log at its level and visible. */
  readonly commitSeconds: HistogramReading;
  /** Commits in one write. */
  readonly groupCommits: HistogramReading;
  /** Admitted commits that are not in the log, or nobody knows, by error code. */
  readonly failed: ReadonlyMap<string, number>;
  readonly pendingCommits: number;
  readonly pendingBytes: number;
  readonly pendingCommitsMax: number;
}

export interface NodeMeters {
  readonly health: NodeStatus['health'];
  readonly seq: number;
  readonly durableSeq: number;
  readonly baseSeq: number;
  readonly logBytes: number;
  readonly segments: number;
  /** Seconds; `undefined` where nothing is flushed. */
  readonly syncSeconds: HistogramReading | undefined;
  /** Free for this user where the log lies; `undefined` if unknown. */
  readonly freeBytes: number | undefined;
  /** The newest one; `undefined` while there is none. */
  readonly checkpoint: { readonly seq: number; readonly ageMs: number } | undefined;
  readonly recoveryMs: number;
  readonly store: Omit<NodeStatus['store'], 'systemEntries'>;
  readonly writes: WriteMeters | undefined;
  readonly peers: readonly PeerStatus[];
  readonly sync: SyncStateInfo | undefined;
  readonly transport: TransportStatus | undefined;
}

/** Why a node takes no write now; `undefined`: it does. */
export type NotReady = { readonly code: ErrorCode; readonly reason: string } | undefined;

/** A node of this process, for those who watch it; `Engine` is one. */
export interface WatchedNode {
  meters(): NodeMeters;
  notReady(): NotReady;
}

/** The node as one that can be watched, if it is one. */
export function watched(node: object): WatchedNode | undefined {
  const found = node as Partial<WatchedNode>;
  const isWatched = typeof found.meters === 'function' && typeof found.notReady === 'function';
  return isWatched ? (node as WatchedNode) : undefined;
}

/** Below this much free space the next batch may not fit. */
const FREE_BYTES_MIN = 16 * 1024 * 1024;
/** So long a write that the disk refused says that the next one will fail too. */
const FAILURE_MS = 10_000;

/** An open node as it is looked at here. */
interface OpenNode {
  readonly parts: EngineParts;
  readonly seq: number;
  readonly lane: Lane | undefined;
  readonly peering: Peering | undefined;
  checkOpen(): void;
  /** Throws what stands in the way of writes. */
  writable(): unknown;
}

/** `dataDir`: where its checkpoints are. */
export function metersOf(node: OpenNode, dataDir: string): NodeMeters {
  node.checkOpen();
  const { parts, seq, lane, peering } = node;
  const { env, log, meter, recovery, replica } = parts;
  const { storage } = replica;
  const { keys, values, memory } = storage.bytes;
  const { bytes, segments, syncSeconds } = log.stat();
  return {
    health: healthOf(parts, lane).health,
    seq,
    durableSeq: log.durableSeq,
    baseSeq: log.baseSeq,
    logBytes: bytes,
    segments: segments.length,
    syncSeconds: meter.allSyncs(syncSeconds),
    freeBytes: freeBytes(env, dataDir),
    checkpoint: newestCheckpoint(env, dataDir),
    recoveryMs: recovery.durationMs,
    store: {
      entries: storage.userCount,
      tombstones: storage.tombstoneCount,
      conflicts: [...storage.conflicts()].length,
      keyBytes: keys,
      valueBytes: values,
      memoryBytes: memory,
    },
    writes: lane && writeMeters(lane),
    peers: peering === undefined ? [] : peersOf(peering),
    sync: peering && syncStateOf(peering),
    transport: peering && transportStatus(peering),
  };
}

/** What stands in the way of a write. `check` throws what refuses every write now. */
export function notReadyOf(node: OpenNode): NotReady {
  const { env, dataDir, damage, meter } = node.parts;
  if (damage !== undefined) return { code: damage.code, reason: 'the log is damaged' };
  try {
    node.writable();
    node.lane?.checkWritable();
  } catch (error) {
    if (!AdastraError.is(error)) throw error;
    // Full queues are no fault: who writes is told to wait, and they are empty in a moment.
    if (error.code !== 'overloaded') return { code: error.code, reason: REASONS[error.code] ?? '' };
  }
  const free = freeBytes(env, dataDir);
  if (free !== undefined && free < FREE_BYTES_MIN) {
    return { code: 'disk_full', reason: `less than ${FREE_BYTES_MIN} bytes are free` };
  }
  const { failedAtMs } = meter;
  if (failedAtMs === undefined || env.clock.monoMs() - failedAtMs > FAILURE_MS) return undefined;
  return { code: 'io_error', reason: 'the disk did not take the last batch' };
}

/** For everybody who can reach the port, so without paths and names. */
const REASONS: Partial<Record<ErrorCode, string>> = {
  closed: 'the node is closed',
  joining: 'the node has not caught up with the world that it joined',
  latched: 'a flush failed: writes are refused until the process is started again',
  read_only: 'the node was opened for reading',
};

function writeMeters({ meter, pendingCommits, pendingBytes, parts }: Lane): WriteMeters {
  return {
    ownCommits: meter.own,
    otherCommits: meter.others,
    commitSeconds: meter.seconds.read(),
    groupCommits: meter.groups.read(),
    failed: new Map(meter.failures()),
    pendingCommits,
    pendingBytes,
    pendingCommitsMax: parts.limits.pendingCommitsMax,
  };
}

function newestCheckpoint(env: Env, dataDir: string): NodeMeters['checkpoint'] {
  const [newest] = listCheckpoints(env, checkpointDirectory(env, dataDir));
  if (newest === undefined) return undefined;
  const modifiedMs = env.fs.stat(newest.file)?.modifiedMs;
  if (modifiedMs === undefined) return undefined;
  return { seq: newest.seq, ageMs: Math.max(0, env.clock.wallMs() - modifiedMs) };
}

function freeBytes(env: Env, dataDir: string): number | undefined {
  try {
    return env.fs.freeBytes(dataDir);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return undefined;
  }
}
