/**
 * Two clocks that stand still until they are told otherwise.
 */
import type { Clock } from '../env.ts';

/** 2026-01-01T00:00:00Z: where wall time begins unless told otherwise. */
const EPOCH_MS = 1_767_225_600_000;

/** A `Clock` that a test drives. Moving it fires no timer: `MemoryTimers.advance` does both. */
export class MemoryClock implements Clock {
  #wallMs: number;
  #monoMs = 0;

  constructor(wallMs: number = EPOCH_MS) {
    this.#wallMs = wallMs;
  }

  wallMs(): number {
    return Math.floor(this.#wallMs);
  }

  monoMs(): number {
    return this.#monoMs;
  }

  /** Time passes on both clocks. */
  advance(ms: number): void {
    this.#wallMs += ms;
    this.#monoMs += ms;
  }

  /** Somebody sets the wall clock, forward or (negative) back. */
  jumpWall(ms: number): void {
    this.#wallMs += ms;
  }
}
