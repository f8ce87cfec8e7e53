/**
 * Callers that wait until readers see a certain commit. Costs a comparison for each commit while
 * nobody's commit has come; the number of those who wait is bounded.
 */
import { AdastraError } from '../core/index.ts';
import type { Timers } from '../env/index.ts';
import type { WaitForSeqOptions } from './freshness.ts';

const WAIT_FOR_SEQ_MS = 2_000;

const WAITERS_MAX = 10_000;
/** The longest that a timer can run. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1;

interface Waiter {
  readonly seq: number;
  end(error?: AdastraError): void;
}

export class SeqWaiters {
  readonly #timers: Timers;
  readonly #waiting = new Set<Waiter>();
  /** The lowest seq that somebody waits for. */
  #lowest: number = Number.POSITIVE_INFINITY;
  #isClosed = false;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /**
   * Resolves when `advance` came to `seq`; `presentSeq` is where readers stand. Throws `not_yet`
   * when the time is over, `aborted`, `closed`, `overloaded`, `invalid_argument`.
   */
  async wait(seq: number, presentSeq: number, options: WaitForSeqOptions = {}): Promise<void> {
    const { timeoutMs = WAIT_FOR_SEQ_MS, signal } = options;
    checkWhole(seq, 'seq', Number.MAX_SAFE_INTEGER);
    checkWhole(timeoutMs, 'timeoutMs', TIMEOUT_MS_MAX);
    if (this.#isClosed) throw closed();
    if (signal?.aborted === true) throw aborted(signal);
    if (seq <= presentSeq) return;
    if (this.#waiting.size >= WAITERS_MAX) throw full();
    await new Promise<void>((resolve, reject) => {
      const waiter: Waiter = {
        seq,
        end: (error) => {
          this.#waiting.delete(waiter);
          timer.cancel();
          signal?.removeEventListener('abort', onAbort);
          if (error === undefined) resolve();
          else reject(error);
        },
      };
      const onAbort = (): void => waiter.end(aborted(signal as AbortSignal));
      const timer = this.#timers.after(timeoutMs, () => waiter.end(notYet(seq, timeoutMs)));
      signal?.addEventListener('abort', onAbort);
      this.#waiting.add(waiter);
      this.#lowest = Math.min(this.#lowest, seq);
    });
  }

  /** Readers see commit `seq` and all before it. */
  advance(seq: number): void {
    if (seq < this.#lowest) return;
    let lowest = Number.POSITIVE_INFINITY;
    for (const waiter of this.#waiting) {
      if (waiter.seq <= seq) waiter.end();
      else lowest = Math.min(lowest, waiter.seq);
    }
    this.#lowest = lowest;
  }

  /** Everybody's wait ends with `closed`. */
  close(): void {
    this.#isClosed = true;
    for (const waiter of this.#waiting) waiter.end(closed());
  }
}

function checkWhole(value: number, name: string, max: number): void {
  if (Number.isSafeInteger(value) && value >= 0 && value <= max) return;
  throw new AdastraError('invalid_argument', `${name} is a whole number from 0 to ${max}`, {
    details: { field: name },
  });
}

function notYet(seq: number, waitedMs: number): AdastraError {
  return new AdastraError('not_yet', `commit ${seq} did not come within ${waitedMs} ms`, {
    hint: 'ask again, or take what is there; freshness tells how far this node is',
    details: { seq, waitedMs },
  });
}

function aborted(signal: AbortSignal): AdastraError {
  return new AdastraError('aborted', 'the signal was aborted', { cause: signal.reason });
}

function closed(): AdastraError {
  return new AdastraError('closed', 'the node is closed');
}

function full(): AdastraError {
  return new AdastraError('overloaded', `${WAITERS_MAX} callers wait for commits already`, {
    hint: 'try again when some of them have gone',
    details: { limitName: 'waiters', limit: WAITERS_MAX },
  });
}
