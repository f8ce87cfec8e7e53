/**
 * How many small messages one may send: so many at once, so many a second in the long run (a token
 * bucket). Time is passed in.
 */
export class ControlRate {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #atMs: number | undefined;

  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
  }

  /** Takes one; `false` if none is left. */
  take(monoMs: number): boolean {
    const passedMs = monoMs - (this.#atMs ?? monoMs);
    this.#tokens = Math.min(this.#burst, this.#tokens + (passedMs * this.#perSecond) / 1000);
    this.#atMs = monoMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
