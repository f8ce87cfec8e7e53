/**
 * How long flushes take, by the monotonic clock: the engine blocks on them only while they are
 * quick.
 */
import { Histogram } from '../core/index.ts';
import type { Clock } from '../env/index.ts';
import type { LogStat } from './commit-log.ts';

/** Weight of the newest flush in the mean. */
const WEIGHT = 0.2;

/** Seconds; from a disk with a cache that needs no flush to one that hangs. */
const SECOND_BOUNDS: readonly number[] = [
  0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5,
];

/** Its part of what a log says of itself. */
type SyncStat = Pick<LogStat, 'syncCount' | 'syncMsLast' | 'syncMsMean' | 'syncSeconds'>;

export class SyncMeter {
  #count = 0;
  #lastMs = 0;
  #meanMs = 0;
  readonly #seconds = new Histogram(SECOND_BOUNDS);
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  stat(): SyncStat {
    const syncSeconds = this.#seconds.read();
    return {
      syncCount: this.#count,
      syncMsLast: this.#lastMs,
      syncMsMean: this.#meanMs,
      syncSeconds,
    };
  }

  begin(): number {
    return this.#clock.monoMs();
  }

  end(begun: number): void {
    this.#lastMs = this.#clock.monoMs() - begun;
    this.#meanMs =
      this.#count === 0 ? this.#lastMs : this.#meanMs + (this.#lastMs - this.#meanMs) * WEIGHT;
    this.#count++;
    this.#seconds.note(this.#lastMs / 1000);
  }
}
