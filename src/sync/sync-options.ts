/**
 * Sizes and times of sync. Everything is bounded by one of these. Times are milliseconds. The
 * defaults suit a LAN and a slow line alike: the timeout follows the measured round trip.
 */
import { AdastraError } from '../core/index.ts';

export interface SyncOptions {
  /** Bytes and frames that may be on their way to one peer. */
  readonly windowBytes: number;
  readonly windowFrames: number;
  /** Bytes of whole bundles in one frame, or one larger bundle. */
  readonly frameBytes: number;
  /** Frames from one peer that the lane has not decided yet. */
  readonly receiveBytes: number;
  /** Without progress for this long, frames are sent again: four round trips within these. */
  readonly ackTimeoutMinMs: number;
  readonly ackTimeoutMs: number;
  /** First and greatest limit of the wait before frames are sent again. */
  readonly retryBaseMs: number;
  readonly retryMaxMs: number;
  /** How long after a change a peer is told of it that did not bring it. */
  readonly announceMs: number;
  /** A new statement of this node's vector at most this often. */
  readonly statementMs: number;
  /** How often, where there is cause, the acknowledged cursor is looked up anew. */
  readonly gapCheckMs: number;
  /** The longest that `tick` says it can wait. */
  readonly idleMs: number;
  readonly deadLettersMax: number;
  readonly holdsMax: number;
  readonly forkFactsMax: number;
  /** Refusals in one ack; the others go with the next. */
  readonly refusalsMax: number;
  /** Of a snapshot: bytes in one message, and on their way. */
  readonly chunkBytes: number;
  readonly snapshotWindowBytes: number;
  /** World levels that this version understands. */
  readonly levelMin: number;
  readonly levelMax: number;
}

const MIB = 1024 * 1024;

export const DEFAULT_SYNC_OPTIONS: SyncOptions = Object.freeze({
  windowBytes: 4 * MIB,
  windowFrames: 16,
  frameBytes: MIB / 4,
  receiveBytes: 8 * MIB,
  ackTimeoutMinMs: 2000,
  ackTimeoutMs: 10_000,
  retryBaseMs: 500,
  retryMaxMs: 60_000,
  announceMs: 1000,
  statementMs: 5000,
  gapCheckMs: 1000,
  idleMs: 60_000,
  deadLettersMax: 10_000,
  holdsMax: 1024,
  forkFactsMax: 1024,
  refusalsMax: 256,
  chunkBytes: MIB / 4,
  snapshotWindowBytes: 2 * MIB,
  levelMin: 1,
  levelMax: 1,
});

/** The options asked for, the rest by default; throws `invalid_options`. */
export function syncOptions(partial: Partial<SyncOptions> = {}): SyncOptions {
  const options = { ...DEFAULT_SYNC_OPTIONS, ...partial };
  for (const [name, value] of Object.entries(options)) {
    if (!Number.isSafeInteger(value) || value < 1) throw invalid(name, String(value));
  }
  if (options.ackTimeoutMs < options.ackTimeoutMinMs) {
    return { ...options, ackTimeoutMinMs: options.ackTimeoutMs };
  }
  if (options.levelMax < options.levelMin) throw invalid('levelMax', String(options.levelMax));
  return options;
}

function invalid(name: string, value: string): AdastraError {
  return new AdastraError('invalid_options', `sync.${name} is ${value}`, {
    details: { option: `sync.${name}` },
  });
}
