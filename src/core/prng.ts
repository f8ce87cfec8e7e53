/**
 * A seeded generator for simulation, tests and jitter: the same seed gives the same numbers on
 * every platform and Node version. The algorithm is sfc32 (Chris Doty-Humphrey, PractRand, public
 * domain); its state is filled from the seed by splitmix32 (after Guy Steele et al., 2014, in its
 * 32-bit form). Never for keys or anything that has to be unpredictable: that is the `Random` port.
 */

/** Spreads a counter over 32 bits; the stream from `seed` fills a generator's state. */
function splitmix32(seed: number): number {
  let mixed = seed | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return (mixed ^ (mixed >>> 15)) | 0;
}

const GOLDEN = 0x9e3779b9;

/** One stream of numbers. Not shared between parts that must not disturb each other: `fork` it. */
export class Prng {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** `seed`: any safe integer; seeds that differ in any of their 53 bits give other streams. */
  constructor(seed: number) {
    const low = seed | 0;
    const high = Math.floor(seed / 0x1_0000_0000) | 0;
    this.#a = splitmix32((low + GOLDEN) | 0);
    this.#b = splitmix32((high + Math.imul(GOLDEN, 2)) | 0);
    this.#c = splitmix32((low + Math.imul(high, 3) + Math.imul(GOLDEN, 3)) | 0);
    for (let round = 0; round < 15; round++) this.u32();
  }

  /** A whole number from 0 to 2^32 − 1. */
  u32(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** A number in [0, 1) with 32 random bits. */
  float(): number {
    return this.u32() / 0x1_0000_0000;
  }

  /** A whole number in [0, limit); `limit` from 1 to 2^32. The bias is below limit / 2^32. */
  below(limit: number): number {
    return Math.floor(this.float() * limit);
  }

  /** `true` with this probability (0 to 1). */
  chance(probability: number): boolean {
    return this.float() < probability;
  }

  /** Fills `target` with random bytes. */
  fill(target: Uint8Array): void {
    let word = 0;
    for (let at = 0; at < target.length; at++) {
      word = (at & 3) === 0 ? this.u32() : word >>> 8;
      target[at] = word;
    }
  }

  /** A generator of its own, seeded by this one. */
  fork(): Prng {
    return new Prng((this.u32() & 0x1fffff) * 0x1_0000_0000 + this.u32());
  }
}
