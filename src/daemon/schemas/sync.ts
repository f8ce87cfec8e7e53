/**
 * Sync: how it stands, what waits for whom, what was refused, what forked.
 */
import { type TSchema, Type } from 'typebox';
import type {
  ClockRepairReport,
  DeadLetter,
  ForkInfo,
  OutboxEntry,
  SyncStateInfo,
  TickResult,
} from '../../engine/index.ts';
import { describing } from './describing.ts';
import { fields, NUMBER, oneOf, TEXT, TEXTS, VALUE, WHOLE } from './shapes.ts';

const SNAPSHOT = fields({
  state: oneOf(['receiving', 'installed', 'unchecked', 'checked']),
  from: TEXT,
});

export const SYNC_STATE: TSchema = describing<SyncStateInfo>()(
  fields(
    {
      state: oneOf(['off', 'idle', 'syncing', 'waiting', 'frozen']),
      queued: WHOLE,
      inFlight: WHOLE,
      acknowledged: WHOLE,
      failed: WHOLE,
      retried: WHOLE,
      pruned: WHOLE,
      batchesSent: WHOLE,
      batchesReceived: WHOLE,
      commitsSent: WHOLE,
      commitsReceived: WHOLE,
      duplicatesReceived: WHOLE,
      refusedReceived: WHOLE,
      bytesSent: WHOLE,
      bytesReceived: WHOLE,
      conflicts: WHOLE,
      deadLetters: WHOLE,
      held: WHOLE,
      frozenOrigins: TEXTS,
      stableSeq: WHOLE,
      tombstonesCollected: WHOLE,
      lastTickMsAgo: Type.Optional(NUMBER),
      hashMismatches: WHOLE,
      snapshot: Type.Optional(SNAPSHOT),
      warnings: TEXTS,
    },
    'SyncState',
  ),
);

/** Where a node has no sync at all. */
export const SYNC_OFF: TSchema = fields({ state: oneOf(['off']) }, 'SyncOff');

export const TICK_RESULT: TSchema = describing<TickResult>()(
  fields(
    {
      retried: WHOLE,
      pruned: WHOLE,
      batchSize: WHOLE,
      acknowledged: WHOLE,
      expired: WHOLE,
      collected: WHOLE,
      nextTickMs: NUMBER,
    },
    'TickResult',
  ),
);

export const OUTBOX_ENTRY: TSchema = describing<OutboxEntry>()(
  fields(
    {
      peer: TEXT,
      nodeId: TEXT,
      cursorSeq: WHOLE,
      headSeq: WHOLE,
      commitsRemaining: WHOLE,
      bytesRemaining: WHOLE,
      inFlight: WHOLE,
      state: oneOf(['idle', 'sending', 'waiting', 'offline', 'frozen']),
      nextRetryMs: Type.Optional(NUMBER),
    },
    'OutboxEntry',
  ),
);

const DEAD_KEY = fields({
  key: TEXT,
  kind: oneOf(['put', 'remove']),
  value: Type.Optional(VALUE),
  current: Type.Optional(VALUE),
});

export const DEAD_LETTER: TSchema = describing<DeadLetter>()(
  fields(
    {
      id: TEXT,
      origin: TEXT,
      originSeq: WHOLE,
      reason: TEXT,
      reportedBy: TEXT,
      keys: Type.Array(DEAD_KEY),
    },
    'DeadLetter',
  ),
);

export const FORK: TSchema = describing<ForkInfo>()(
  fields(
    {
      origin: TEXT,
      author: TEXT,
      originSeq: WHOLE,
      digestHere: Type.Optional(TEXT),
      digestThere: Type.Optional(TEXT),
      reportedBy: TEXT,
    },
    'Fork',
  ),
);

export const CLOCK_REPAIR_REPORT: TSchema = describing<ClockRepairReport>()(
  fields({ reauthored: WHOLE, deadLetters: WHOLE, stampsFromMs: NUMBER }, 'ClockRepairReport'),
);
