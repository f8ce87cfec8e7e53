/**
 * How long flushes take, by the monotonic clock: the engine blocks on them only while they are
 * quick.
 */
import type { Clock } from '../env/index.ts';

/** Weight of the newest flush in the mean. */
const WEIGHT = 0.2;

export class SyncMeter {
  count = 0;
  lastMs = 0;
  /** Moving average in ms; 0 before the first flush. */
  meanMs = 0;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  begin(): number {
    return this.#clock.monoMs();
  }

  end(begun: number): void {
    this.lastMs = this.#clock.monoMs() - begun;
    this.meanMs =
      this.count === 0 ? this.lastMs : this.meanMs + (this.lastMs - this.meanMs) * WEIGHT;
    this.count++;
  }
}
