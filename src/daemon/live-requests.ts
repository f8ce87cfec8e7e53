/**
 * Requests with a token whose answers go on: streams that may last for days. Their tokens are
 * looked at again every few seconds, and an answer whose token was revoked or has expired is cut
 * off.
 */
import type { ServerResponse } from 'node:http';
import type { TokenGuard } from './token-guard.ts';

const CHECK_EVERY_MS = 2_000;

export class LiveRequests {
  readonly #guard: Pick<TokenGuard, 'isGood'>;
  readonly #open = new Map<ServerResponse, string>();
  readonly #timer: NodeJS.Timeout;

  /** Close it when the server closes. */
  constructor(guard: Pick<TokenGuard, 'isGood'>) {
    this.#guard = guard;
    this.#timer = setInterval(() => void this.check(), CHECK_EVERY_MS);
    this.#timer.unref();
  }

  /** From now on until its end this answer depends on the token of this id. */
  add(outgoing: ServerResponse, id: string): void {
    this.#open.set(outgoing, id);
    outgoing.once('close', () => this.#open.delete(outgoing));
  }

  /** Cuts off what may not go on. Never throws. */
  async check(): Promise<void> {
    for (const id of new Set(this.#open.values())) {
      // A node that cannot be read says nothing of a token.
      const isGood = await this.#guard.isGood(id).catch(() => true);
      if (!isGood) this.#cut(id);
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #cut(id: string): void {
    for (const [outgoing, owner] of this.#open) if (owner === id) outgoing.destroy();
  }
}
