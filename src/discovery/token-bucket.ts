/**
 * Rates as token buckets: so many a second, after a pause a burst. Pure: time is passed in, and one
 * that goes back gives nothing. The buckets by address are bounded; the one used longest ago makes
 * room, so whoever comes back after many others has its whole burst again: another bucket has to
 * bound all of them together.
 */
import type { Rate } from './limits.ts';

export class TokenBucket {
  readonly #rate: Rate;
  #tokens: number;
  #atMs: number | undefined;

  constructor(rate: Rate) {
    this.#rate = rate;
    this.#tokens = rate.burst;
  }

  /** Takes one token if there is one. */
  take(nowMs: number): boolean {
    const { perSecond, burst } = this.#rate;
    const passedMs = Math.max(0, nowMs - (this.#atMs ?? nowMs));
    this.#atMs = Math.max(nowMs, this.#atMs ?? nowMs);
    this.#tokens = Math.min(burst, this.#tokens + (passedMs * perSecond) / 1000);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

/** One bucket for each of the last `max` keys. */
export class TokenBuckets {
  readonly #rate: Rate;
  readonly #max: number;
  /** The one used longest ago first. */
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(rate: Rate, max: number) {
    this.#rate = rate;
    this.#max = max;
  }

  get size(): number {
    return this.#buckets.size;
  }

  take(key: string, nowMs: number): boolean {
    const bucket = this.#buckets.get(key) ?? new TokenBucket(this.#rate);
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > this.#max) {
      for (const oldest of this.#buckets.keys()) {
        this.#buckets.delete(oldest);
        break;
      }
    }
    return bucket.take(nowMs);
  }
}
