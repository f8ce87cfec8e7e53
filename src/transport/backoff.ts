/**
 * How long to wait before the next attempt: exponential with full jitter, so that nodes which lost
 * each other at one moment do not come back at one moment.
 */
import { readU32 } from '../core/index.ts';
import type { Random } from '../env/index.ts';

const EXPONENT_MAX = 40;

/** Milliseconds from 0 to `minMs` × 2^`failures`, `maxMs` at most. */
export function backoffMs(
  failures: number,
  range: { readonly minMs: number; readonly maxMs: number },
  random: Random,
): number {
  const ceiling = Math.min(range.maxMs, range.minMs * 2 ** Math.min(failures, EXPONENT_MAX));
  return (readU32(random.bytes(4), 0) / 2 ** 32) * ceiling;
}
