/**
 * Timers of the event loop. `after` never keeps the process alive; a delay that `setTimeout` cannot
 * hold (over 2^31 − 1 ms, it would fire at once) is waited for in legs. `soon` is `setImmediate`:
 * it runs after the promises and the IO callbacks of this turn, so it gathers all that they did,
 * and it does keep the process alive until it ran.
 */
import type { Timer, Timers } from '../env.ts';

const LEG_MAX_MS = 2 ** 31 - 1;

class NodeTimer implements Timer {
  #handle: NodeJS.Timeout | undefined;
  #leftMs: number;
  readonly #fn: () => void;

  constructor(ms: number, fn: () => void) {
    this.#leftMs = Math.ceil(ms);
    this.#fn = fn;
    this.#startLeg();
  }

  cancel(): void {
    clearTimeout(this.#handle);
    this.#handle = undefined;
  }

  #startLeg(): void {
    const legMs = Math.min(this.#leftMs, LEG_MAX_MS);
    this.#leftMs -= legMs;
    this.#handle = setTimeout(() => this.#endLeg(), legMs);
    this.#handle.unref();
  }

  #endLeg(): void {
    if (this.#leftMs > 0) {
      this.#startLeg();
      return;
    }
    this.#handle = undefined;
    this.#fn();
  }
}

/** `Timers` over `setTimeout` and `setImmediate`. */
export class NodeTimers implements Timers {
  after(ms: number, fn: () => void): Timer {
    return new NodeTimer(ms, fn);
  }

  soon(fn: () => void): void {
    setImmediate(fn);
  }
}
