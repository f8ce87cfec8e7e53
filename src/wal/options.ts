/**
 * The knobs of the log, each with its default. Tests and the simulator turn them down to reach
 * rotation and retention quickly; nobody else needs to touch them.
 */
import { FRAME_BYTES_MAX } from './format.ts';

export interface LogOptions {
  /** A segment above this many bytes is followed by a new one; default 64 MiB. */
  readonly segmentBytes?: number;
  /** The longest payload that `append` takes, in bytes; default and limit 64 MiB. */
  readonly frameBytesMax?: number;
  /** Whether zeros are written ahead of the end while small batches are synced; default true. */
  readonly preallocate?: boolean;
  /** How many zeros at a time; default 1 MiB. */
  readonly preallocateBytes?: number;
  /** Least time between two checks that the segment is still ours, in ms; default 100. */
  readonly fenceIntervalMs?: number;
  /** How much is read from a file at a time, in bytes; default 1 MiB. */
  readonly readBytes?: number;
}

/** The options with every default filled in. */
export type ResolvedLogOptions = Required<LogOptions>;

export function resolveLogOptions(options: LogOptions = {}): ResolvedLogOptions {
  return {
    segmentBytes: options.segmentBytes ?? 64 * 1024 * 1024,
    frameBytesMax: Math.min(options.frameBytesMax ?? FRAME_BYTES_MAX, FRAME_BYTES_MAX),
    preallocate: options.preallocate ?? true,
    preallocateBytes: options.preallocateBytes ?? 1024 * 1024,
    fenceIntervalMs: options.fenceIntervalMs ?? 100,
    readBytes: options.readBytes ?? 1024 * 1024,
  };
}
