/**
 * Randomness out of a seed: the same run gets the same "unpredictable" bytes. Never for real keys.
 */
import { Prng } from '../../core/index.ts';
import type { Random } from '../env.ts';

/** `Random` over a seeded generator. */
export class MemoryRandom implements Random {
  readonly #prng: Prng;

  constructor(seed: number) {
    this.#prng = new Prng(seed);
  }

  bytes(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    this.#prng.fill(bytes);
    return bytes;
  }
}
