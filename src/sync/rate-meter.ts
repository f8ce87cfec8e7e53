/**
 * Bytes per second as a moving average that forgets over some seconds, and the time that is left at
 * this rate. Nothing measured for long is no rate, not a rate of old.
 */

const HALF_LIFE_MS = 5000;
const FORGET_MS = 60_000;

export class RateMeter {
  #perSecond = 0;
  #sinceMono: number | undefined;
  #lastMono = 0;

  /** Starts measuring at this moment, where it does not already. */
  start(mono: number): void {
    if (this.#sinceMono !== undefined && mono - this.#lastMono < FORGET_MS) return;
    this.#sinceMono = mono;
    this.#lastMono = mono;
    this.#perSecond = 0;
  }

  add(bytes: number, mono: number): void {
    this.start(mono);
    const elapsedMs = Math.max(1, mono - this.#lastMono);
    const weight = 1 - 0.5 ** (elapsedMs / HALF_LIFE_MS);
    const sample = (bytes * 1000) / elapsedMs;
    const first = this.#perSecond === 0;
    this.#perSecond = first ? sample : this.#perSecond + weight * (sample - this.#perSecond);
    this.#lastMono = mono;
  }

  bytesPerSecond(mono: number): number {
    if (this.#sinceMono === undefined || mono - this.#lastMono > FORGET_MS) return 0;
    return this.#perSecond;
  }

  /** Milliseconds for so many bytes; `undefined` where no rate is known. */
  etaMs(bytes: number, mono: number): number | undefined {
    if (bytes === 0) return 0;
    const rate = this.bytesPerSecond(mono);
    return rate > 0 ? Math.ceil((bytes * 1000) / rate) : undefined;
  }
}
