/**
 * How often values fell into which range: fixed bounds, counts in a typed array. Noting a value
 * allocates nothing and costs a short walk over the bounds, so it may stand in a hot path.
 */
import { assert } from './assert.ts';

/** A histogram as plain data. */
export interface HistogramReading {
  /** Upper bounds, each inclusive, ascending. */
  readonly bounds: readonly number[];
  /** Values in each range (not summed up); the last one counts what is above all bounds. */
  readonly counts: readonly number[];
  /** Of all values. */
  readonly sum: number;
  readonly count: number;
}

export class Histogram {
  readonly bounds: readonly number[];
  readonly #counts: Float64Array;
  #sum = 0;
  #count = 0;

  /** `bounds`: finite, strictly ascending, at least one. */
  constructor(bounds: readonly number[]) {
    const isAscending = bounds.every((bound, n) => n === 0 || bound > (bounds[n - 1] as number));
    assert(bounds.length > 0 && isAscending, 'bounds ascend');
    assert(bounds.every(Number.isFinite), 'bounds are finite');
    this.bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  /** Notes `value`, `times` over. */
  note(value: number, times = 1): void {
    const { bounds } = this;
    let index = 0;
    while (index < bounds.length && value > (bounds[index] as number)) index++;
    this.#counts[index] = (this.#counts[index] as number) + times;
    this.#sum += value * times;
    this.#count += times;
  }

  read(): HistogramReading {
    const { bounds } = this;
    return { bounds, counts: [...this.#counts], sum: this.#sum, count: this.#count };
  }
}

/** Both together; their bounds must be the same. */
export function sumOfReadings(left: HistogramReading, right: HistogramReading): HistogramReading {
  assert(left.bounds.length === right.bounds.length, 'histograms of the same bounds');
  const counts = left.counts.map((count, index) => count + (right.counts[index] as number));
  const { bounds } = left;
  return { bounds, counts, sum: left.sum + right.sum, count: left.count + right.count };
}
