/**
 * How far behind its source a follower is, and how it stands to it: kept from what is heard of the
 * source and what was applied, so that an answer can say how old it may be.
 */
import type { Clock } from '../../env/index.ts';
import type { Freshness, FreshnessSource } from '../freshness.ts';
import { POSITION_EVERY_MS } from './source.ts';

/** Of whoever is connected something is heard at least this often. */
const SILENT_MS_MAX = POSITION_EVERY_MS * 2;

/** Where the state stands that the answer is about. */
export interface FollowedPlace {
  readonly seq: number;
  readonly logSeq: number;
  readonly lagCommits: number;
  /** When the last commit was written that the state shows, wall-clock ms. */
  readonly commitMs: number;
}

export class SourceLag {
  readonly #kind: FreshnessSource['kind'];
  readonly #clock: Clock;
  #state: FreshnessSource['state'] = 'unreachable';
  #sinceWallMs: number;
  /** Our clock less the teller's, as little as it ever was on this connection. */
  #offsetMs: number = Number.POSITIVE_INFINITY;
  /** When that was so which was told last. */
  #toldMs: number = Number.NEGATIVE_INFINITY;
  /** When the state was last known to be all that the source has. */
  #currentMs: number = Number.NEGATIVE_INFINITY;
  /** Whether something is known that readers do not see. */
  #isBehind = false;

  constructor(kind: FreshnessSource['kind'], clock: Clock) {
    this.#kind = kind;
    this.#clock = clock;
    this.#sinceWallMs = clock.wallMs();
  }

  get isConnected(): boolean {
    return this.#state === 'connected';
  }

  /**
   * Somebody told how far the source is; `atMs`: when it was, by a clock of theirs that never goes
   * back. What lay about before it was read is as old as it is late.
   */
  told(atMs: number): void {
    const now = this.#clock.monoMs();
    this.#noteCurrent();
    if (!this.isConnected) this.#offsetMs = Number.POSITIVE_INFINITY;
    this.#offsetMs = Math.min(this.#offsetMs, now - atMs);
    this.#toldMs = atMs + this.#offsetMs;
    this.#enter('connected');
  }

  lost(): void {
    this.#noteCurrent();
    this.#enter('unreachable');
  }

  setBehind(isBehind: boolean): void {
    this.#isBehind = isBehind;
    if (!isBehind && this.isConnected) this.#currentMs = Math.max(this.#currentMs, this.#toldMs);
  }

  freshness({ seq, logSeq, lagCommits, commitMs }: FollowedPlace): Freshness {
    const source = { kind: this.#kind, state: this.#state, sinceMs: this.#sinceWallMs };
    if (this.#isCurrent()) return { seq, logSeq, lagCommits, lagMs: 0, source };
    // Right behind its last commit the state was all there was.
    const commitAgoMs = Math.max(0, this.#clock.wallMs() - commitMs);
    const lagMs = Math.min(this.#clock.monoMs() - this.#currentMs, commitAgoMs);
    return { seq, logSeq, lagCommits, lagMs, source };
  }

  /** Up to now whatever there was would have been told. */
  #noteCurrent(): void {
    if (this.#isCurrent()) this.#currentMs = this.#clock.monoMs();
  }

  /** A process that stood still has heard nothing, and must not take that for no news. */
  #isCurrent(): boolean {
    const silentMs = this.#clock.monoMs() - this.#toldMs;
    return this.isConnected && !this.#isBehind && silentMs <= SILENT_MS_MAX;
  }

  #enter(state: FreshnessSource['state']): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#sinceWallMs = this.#clock.wallMs();
  }
}
