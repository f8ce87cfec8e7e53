/**
 * A hybrid logical clock: wall milliseconds where they move forward, a counter where they do not,
 * so that stamps of one node never repeat or go back, whatever its clock does (C1, C4). It reads no
 * clock: time is passed in. Stamps only order concurrent writes; a wall time far ahead is taken and
 * flagged, never an error (C2), while a stamp of others far ahead is not taken (C3).
 */
import { assert } from './assert.ts';
import { DEFAULT_LIMITS } from './limits.ts';

/** One reading: milliseconds since the Unix epoch (below 2^48) and a counter (below 2^16). */
export interface Hlc {
  readonly ms: number;
  readonly counter: number;
}

/** The greatest `ms` that a stamp can hold: 48 bits, the year 10889. */
export const HLC_MS_MAX: number = 2 ** 48 - 1;
/** The greatest `counter`: 16 bits. */
export const HLC_COUNTER_MAX = 0xffff;

/** Allocates nothing: read `ms` and `counter` after `tick`. */
export class HybridClock {
  #ms: number;
  #counter: number;
  readonly #toleratedJumpMs: number;

  /** `initial` is the last reading known (from the log); the next one is above it. */
  constructor(
    initial?: Hlc,
    toleratedForwardJumpMs: number = DEFAULT_LIMITS.toleratedForwardJumpMs,
  ) {
    this.#ms = initial?.ms ?? 0;
    this.#counter = initial?.counter ?? 0;
    this.#toleratedJumpMs = toleratedForwardJumpMs;
    assert(isHlc(this.#ms, this.#counter), 'the clock starts at a reading that a stamp can hold');
  }

  get ms(): number {
    return this.#ms;
  }

  get counter(): number {
    return this.#counter;
  }

  /**
   * Moves to the next reading. `true` if the wall clock is further ahead of the last reading than
   * tolerated: worth a warning. What is no wall time (negative, NaN, past 48 bits) is passed over.
   */
  tick(wallMs: number): boolean {
    const wall = Math.floor(wallMs);
    if (wall > this.#ms && wall <= HLC_MS_MAX) {
      const jumped = this.#ms > 0 && wall - this.#ms > this.#toleratedJumpMs;
      this.#ms = wall;
      this.#counter = 0;
      return jumped;
    }
    if (this.#counter < HLC_COUNTER_MAX) {
      this.#counter += 1;
      return false;
    }
    assert(this.#ms < HLC_MS_MAX, 'INV-10: no stamp is left above the last one');
    this.#ms += 1;
    this.#counter = 0;
    return false;
  }

  /**
   * Takes note of a reading of others (or of the log): the next `tick` is above it. With `wallMs`,
   * a reading further ahead of it than tolerated is not taken. Returns whether it was taken. (The
   * drift limit of the world, far narrower, is sync's: it holds such a bundle before it gets here.)
   */
  observe(ms: number, counter: number, wallMs?: number): boolean {
    if (!isHlc(ms, counter)) return false;
    if (wallMs !== undefined && ms - wallMs > this.#toleratedJumpMs) return false;
    if (ms > this.#ms || (ms === this.#ms && counter > this.#counter)) {
      this.#ms = ms;
      this.#counter = counter;
    }
    return true;
  }
}

/** Whether both numbers fit a stamp. */
export function isHlc(ms: number, counter: number): boolean {
  return (
    Number.isInteger(ms) &&
    ms >= 0 &&
    ms <= HLC_MS_MAX &&
    Number.isInteger(counter) &&
    counter >= 0 &&
    counter <= HLC_COUNTER_MAX
  );
}
