/**
 * How far behind its source a follower is, and how it stands to it: kept from what is heard of the
 * source and what was applied, so that an answer can say how old it may be.
 */
import type { Clock } from '../../env/index.ts';
import type { Freshness, FreshnessSource } from '../freshness.ts';

export class SourceLag {
  readonly #kind: FreshnessSource['kind'];
  readonly #clock: Clock;
  #state: FreshnessSource['state'] = 'unreachable';
  #sinceWallMs: number;
  /** When all that was known of the source was last known to be all there is. */
  #contactMs: number;
  /** Since when something is known that is not applied. */
  #behindSinceMs: number | undefined;

  constructor(kind: FreshnessSource['kind'], clock: Clock) {
    this.#kind = kind;
    this.#clock = clock;
    this.#sinceWallMs = clock.wallMs();
    this.#contactMs = clock.monoMs();
  }

  get isConnected(): boolean {
    return this.#state === 'connected';
  }

  /** Somebody told how far the source is, or its files did. */
  heard(by: 'told' | 'files'): void {
    this.#contactMs = this.#clock.monoMs();
    if (by === 'told') this.#enter('connected');
  }

  lost(): void {
    // While it was connected, whatever there was would have been told.
    if (this.isConnected) this.#contactMs = this.#clock.monoMs();
    this.#enter('unreachable');
  }

  /** Whether something is known that readers do not see. */
  setBehind(isBehind: boolean): void {
    if (!isBehind) this.#behindSinceMs = undefined;
    else this.#behindSinceMs ??= this.#clock.monoMs();
  }

  freshness(seq: number, logSeq: number, lagCommits: number): Freshness {
    const now = this.#clock.monoMs();
    const behindMs = this.#behindSinceMs === undefined ? 0 : now - this.#behindSinceMs;
    const silentMs = this.isConnected ? 0 : now - this.#contactMs;
    const source = { kind: this.#kind, state: this.#state, sinceMs: this.#sinceWallMs };
    return { seq, logSeq, lagCommits, lagMs: Math.max(behindMs, silentMs), source };
  }

  #enter(state: FreshnessSource['state']): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#sinceWallMs = this.#clock.wallMs();
  }
}
