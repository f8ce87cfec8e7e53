/**
 * What a node says of itself, and its status.
 */
import { type TSchema, Type } from 'typebox';
import type { NodeMetadata } from '../../core/index.ts';
import type { NodeInfo, NodeStatus, ReaderStatus } from '../../engine/index.ts';
import { describing } from './describing.ts';
import { DISCOVERY_STATUS } from './discovery.ts';
import { RECOVERY_REPORT } from './files.ts';
import { METADATA_FIELDS } from './metadata.ts';
import { PEER } from './peers.ts';
import { PROJECTION_STATUS } from './projections.ts';
import { fields, FLAG, NUMBER, oneOf, TEXT, WHOLE } from './shapes.ts';
import { SYNC_OFF, SYNC_STATE } from './sync.ts';
import { TRANSPORT_STATUS } from './transport.ts';

/** Who a node is. */
export const NODE_INFO: TSchema = describing<NodeInfo & NodeMetadata>()(
  fields({ ...METADATA_FIELDS, fingerprint: TEXT, worldId: TEXT }, 'NodeInfo'),
);

const STORE = describing<NodeStatus['store']>()(
  fields({
    entries: WHOLE,
    systemEntries: WHOLE,
    tombstones: WHOLE,
    conflicts: WHOLE,
    keyBytes: WHOLE,
    valueBytes: WHOLE,
    memoryBytes: WHOLE,
  }),
);

const WAL = describing<NodeStatus['wal']>()(
  fields({
    directory: TEXT,
    headSeq: WHOLE,
    durableSeq: WHOLE,
    baseSeq: WHOLE,
    segments: WHOLE,
    bytes: WHOLE,
    syncCount: WHOLE,
    syncMsMean: NUMBER,
    pendingCommits: WHOLE,
    durability: oneOf(['always', 'interval', 'os']),
    term: WHOLE,
    checkpoints: Type.Array(fields({ seq: WHOLE, file: TEXT })),
  }),
);

const READER = describing<ReaderStatus>()(
  fields(
    {
      follows: TEXT,
      kind: oneOf(['writer', 'directory', 'url']),
      state: oneOf(['connected', 'unreachable']),
      sinceMs: NUMBER,
      logSeq: WHOLE,
      lagCommits: WHOLE,
      lagMs: NUMBER,
      rebuilding: FLAG,
      rebuilds: WHOLE,
      lastRebuild: Type.Optional(fields({ reason: TEXT, atMs: NUMBER, fromSeq: WHOLE })),
      problem: Type.Optional(fields({ code: TEXT, message: TEXT })),
    },
    'ReaderStatus',
  ),
);

/** How a node stands. */
export const NODE_STATUS: TSchema = describing<NodeStatus>()(
  fields(
    {
      nodeId: TEXT,
      worldId: TEXT,
      fingerprint: TEXT,
      seq: WHOLE,
      stateHash: TEXT,
      contentHash: TEXT,
      health: oneOf(['ok', 'read_only', 'latched', 'damaged']),
      healthReason: Type.Optional(TEXT),
      store: STORE,
      wal: WAL,
      recovery: RECOVERY_REPORT,
      projections: Type.Array(PROJECTION_STATUS),
      sync: Type.Union([SYNC_STATE, SYNC_OFF]),
      transport: TRANSPORT_STATUS,
      discovery: DISCOVERY_STATUS,
      peers: Type.Array(PEER),
      reader: Type.Optional(READER),
    },
    'NodeStatus',
  ),
);
