/**
 * What ends a call from outside: its caller's signal, or the client being closed. One for each call
 * that is under way, whatever number of requests it makes.
 */
import { AdastraError } from '../core/index.ts';

/** The calls of one client that are under way. */
export class Endings {
  readonly #open = new Set<Ending>();
  #isClosed = false;

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Throws `closed`, `aborted`. Whoever begins a call must leave it. */
  begin(signal: AbortSignal | undefined): Ending {
    const ending = new Ending(this, signal, (one) => this.#open.delete(one));
    const error = ending.error();
    if (error !== undefined) throw error;
    this.#open.add(ending);
    signal?.addEventListener('abort', ending.end, { once: true });
    return ending;
  }

  /** Ends them all. Idempotent. */
  close(): void {
    this.#isClosed = true;
    for (const ending of this.#open) ending.end();
  }
}

/** One call's. */
export class Ending {
  /** Stops what the call is waiting for just now. */
  onEnd: (() => void) | undefined;
  readonly #endings: Endings;
  readonly #signal: AbortSignal | undefined;
  readonly #forget: (ending: Ending) => void;

  constructor(endings: Endings, signal: AbortSignal | undefined, forget: (ending: Ending) => void) {
    this.#endings = endings;
    this.#signal = signal;
    this.#forget = forget;
  }

  readonly end = (): void => this.onEnd?.();

  /** Why the call has ended; `undefined` while it goes on. */
  error(): AdastraError | undefined {
    if (this.#endings.isClosed) return new AdastraError('closed', 'the client is closed');
    if (this.#signal?.aborted !== true) return undefined;
    return new AdastraError('aborted', 'the signal was aborted', {
      hint: 'a write under way may still be committed; a commandId makes sending it again safe',
      cause: this.#signal.reason,
    });
  }

  leave(): void {
    this.onEnd = undefined;
    this.#signal?.removeEventListener('abort', this.end);
    this.#forget(this);
  }
}
