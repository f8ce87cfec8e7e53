/**
 * Randomness of the operating system, fit for keys.
 */
import { randomFillSync } from 'node:crypto';
import type { Random } from '../env.ts';

/** `Random` over the system's generator. */
export class NodeRandom implements Random {
  bytes(count: number): Uint8Array {
    return randomFillSync(new Uint8Array(count));
  }
}
