/**
 * What routes can refuse beside what their own work can: codes by kind of route.
 */
import type { ErrorCode } from '../core/index.ts';

/** Of what asks for a key, and of what reads at all. */
export const OF_KEYS: readonly ErrorCode[] = ['invalid_key'];

/** Of everything that passes the write lane. */
export const OF_WRITES: readonly ErrorCode[] = [
  'invalid_value',
  'condition_failed',
  'command_mismatch',
  'read_only',
  'latched',
  'disk_full',
  'unknown_outcome',
  'joining',
];
