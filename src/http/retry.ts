/**
 * When the next try of one call is: after waits that double from 100 ms to 5 s, each drawn from its
 * upper half so that callers who failed together do not come back together, and not before the node
 * said; and whether there is one at all.
 */
import type { Platform } from './platform.ts';

const WAIT_MS_MIN = 100;
const WAIT_MS_MAX = 5_000;

export class Retry {
  readonly #platform: Platform;
  readonly #forMs: number;
  #sinceMs: number;
  #limitMs = WAIT_MS_MIN;

  /** Tries go on for `forMs` milliseconds from now. */
  constructor(platform: Platform, forMs: number) {
    this.#platform = platform;
    this.#forMs = forMs;
    this.#sinceMs = platform.monoMs();
  }

  /** The node is there: the time begins anew. */
  hear(): void {
    this.#sinceMs = this.#platform.monoMs();
  }

  /** It works again: waits are short again too. */
  succeed(): void {
    this.#limitMs = WAIT_MS_MIN;
  }

  /**
   * The wait before the next try, milliseconds; `undefined` where it would come too late.
   * `leastMs` is what the node asked for.
   */
  next(leastMs: number): number | undefined {
    const drawn = this.#limitMs * (0.5 + this.#platform.random() / 2);
    const waitMs = Math.max(drawn, leastMs);
    this.#limitMs = Math.min(this.#limitMs * 2, WAIT_MS_MAX);
    const passedMs = this.#platform.monoMs() - this.#sinceMs;
    return passedMs + waitMs > this.#forMs ? undefined : waitMs;
  }
}
