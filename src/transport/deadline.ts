/**
 * An end to waiting: by time, by the caller's signal, by whoever holds it. One signal is given to
 * what waits, and the reason is known as a typed error. (No `AbortSignal.any`, which leaks on Node
 * 20.)
 */
import { AdastraError } from '../core/index.ts';
import type { Timer, Timers } from '../env/index.ts';

export interface DeadlineOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export class Deadline {
  readonly #controller = new AbortController();
  readonly #timer: Timer;
  readonly #outer: AbortSignal | undefined;
  readonly #onAbort = (): void => this.end(aborted(this.#outer?.reason));
  #error: AdastraError | undefined;

  constructor(timers: Timers, { timeoutMs, signal }: DeadlineOptions) {
    this.#outer = signal;
    this.#timer = timers.after(timeoutMs, () => {
      this.end(new AdastraError('timeout', `nothing came of it in ${timeoutMs} ms`));
    });
    if (signal?.aborted === true) this.#onAbort();
    else signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Why the waiting was ended, if it was. */
  get error(): AdastraError | undefined {
    return this.#error;
  }

  /** Ends the waiting now. */
  end(error: AdastraError): void {
    if (this.#error !== undefined) return;
    this.#error = error;
    this.release();
    this.#controller.abort(error);
  }

  /** What was waited for is there, or has failed: nothing ends it any more. */
  release(): void {
    this.#timer.cancel();
    this.#outer?.removeEventListener('abort', this.#onAbort);
  }

  /** `work`, or a rejection at the end of waiting; what comes too late is given to `discard`. */
  race<T>(work: Promise<T>, discard: (late: T) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      const stop = (): void => reject(this.#error);
      if (this.#error !== undefined) stop();
      else this.signal.addEventListener('abort', stop, { once: true });
      work.then(
        (value) => {
          this.signal.removeEventListener('abort', stop);
          if (this.#error === undefined) resolve(value);
          else discard(value);
        },
        (error: unknown) => {
          this.signal.removeEventListener('abort', stop);
          reject(error);
        },
      );
    });
  }
}

function aborted(cause: unknown): AdastraError {
  return new AdastraError('aborted', 'the signal was aborted while waiting', { cause });
}
