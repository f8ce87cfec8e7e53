/**
 * The log of an open node as files, for those who follow it: what is durable of each segment, and
 * who wants to hear when that grows. Bytes are never given out before they are on the disk for
 * good.
 */
import { hexOf } from '../core/index.ts';
import type { Env } from '../env/index.ts';
import type { CommitLog } from '../wal/index.ts';
import type { LogPosition } from './follow/source.ts';

export class LogFiles {
  readonly #env: Env;
  readonly #log: () => CommitLog;
  readonly #listeners = new Set<() => void>();
  #isTelling = false;

  /** `log`: the present one; a snapshot may replace it. */
  constructor(env: Env, log: () => CommitLog) {
    this.#env = env;
    this.#log = log;
  }

  get position(): LogPosition {
    const log = this.#log();
    // Who follows may know of more than it has.
    return { logId: hexOf(log.logId), seq: Math.min(log.durableSeq, log.headSeq) };
  }

  /** Hears, after this turn, that more is durable; returns what ends it. */
  listen(listener: () => void): () => void {
    const own = (): void => listener();
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** More became durable: whoever waits for that in this process goes first. */
  grew(): void {
    if (this.#isTelling || this.#listeners.size === 0) return;
    this.#isTelling = true;
    this.#env.timers.soon(() => {
      this.#isTelling = false;
      for (const listener of this.#listeners) listener();
    });
  }
}
