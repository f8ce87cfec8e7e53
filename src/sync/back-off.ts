/**
 * How long to wait before the next try: full jitter over a limit that doubles with each failure up
 * to a cap (N9). Success ends it at once. Nothing is ever given up: there is no last attempt.
 */
import type { Prng } from '../core/index.ts';

export class BackOff {
  readonly #prng: Prng;
  readonly #baseMs: number;
  readonly #maxMs: number;
  #failures = 0;

  constructor(prng: Prng, limits: { readonly baseMs: number; readonly maxMs: number }) {
    this.#prng = prng;
    this.#baseMs = limits.baseMs;
    this.#maxMs = limits.maxMs;
  }

  /** Failures since the last success. */
  get failures(): number {
    return this.#failures;
  }

  /** The most that the next wait can be, milliseconds. */
  get limitMs(): number {
    return Math.min(this.#maxMs, this.#baseMs * 2 ** Math.min(this.#failures, 30));
  }

  /** Counts one failure and gives the wait, milliseconds, from 0 to the limit before it. */
  fail(): number {
    const waitMs = this.#prng.float() * this.limitMs;
    this.#failures++;
    return waitMs;
  }

  succeed(): void {
    this.#failures = 0;
  }
}
