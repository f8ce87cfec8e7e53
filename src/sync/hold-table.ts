/**
 * What one peer sent and this node does not take yet: from which originSeq of an origin on, why,
 * and until when. Nothing is kept of the bundles: their sender keeps them, is told, and is asked
 * again when the hold ends. It is kept by peer, because a bundle is held before its signature is
 * looked at: what one peer made up must not stop what others bring.
 */
import type { Vector } from '../core/index.ts';

export interface Hold {
  readonly origin: string;
  /** This one and every later one of the origin. */
  readonly originSeq: number;
  readonly kind: 'held' | 'unsupported';
  readonly reason: string;
  /** Local wall time at which it ends; 0 where it depends on others. */
  readonly untilMs: number;
  /** Ends when the vector covers these; */
  readonly needs: readonly { readonly origin: string; readonly originSeq: number }[];
  /** or at this monotonic time, to see whether the peer has them by now. */
  readonly retryMono: number | undefined;
}

export class HoldTable {
  readonly #max: number;
  readonly #holds = new Map<string, Hold>();

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#holds.size;
  }

  /** The hold that keeps back this origin at or before `lastOriginSeq`. */
  blocking(origin: string, lastOriginSeq: number): Hold | undefined {
    const hold = this.#holds.get(origin);
    return hold !== undefined && hold.originSeq <= lastOriginSeq ? hold : undefined;
  }

  /** One for each origin, at the least originSeq. A full table forgets: who sends is told. */
  add(hold: Hold): void {
    const before = this.#holds.get(hold.origin);
    if (before === undefined && this.#holds.size >= this.#max) return;
    if (before !== undefined && before.originSeq < hold.originSeq) return;
    this.#holds.set(hold.origin, hold);
  }

  /** Takes out what has ended, because of time, of the vector, or because the origin moved on. */
  release(now: { readonly wall: number; readonly mono: number }, vector: Vector): boolean {
    let released = false;
    for (const [origin, hold] of this.#holds) {
      if (!hasEnded(hold, now, vector)) continue;
      this.#holds.delete(origin);
      // What came by another way needs no second asking.
      released ||= vector.originSeqOf(origin) < hold.originSeq;
    }
    return released;
  }

  /** Everything that waits for others may go on, as after an origin was thawed. */
  clear(): boolean {
    const had = this.#holds.size > 0;
    this.#holds.clear();
    return had;
  }

  /** Wall and monotonic time of the next end, where one is known. */
  nextEnds(): { wall: number | undefined; mono: number | undefined } {
    let wall: number | undefined;
    let mono: number | undefined;
    for (const { untilMs, retryMono } of this.#holds.values()) {
      if (untilMs > 0) wall = Math.min(wall ?? untilMs, untilMs);
      if (retryMono !== undefined) mono = Math.min(mono ?? retryMono, retryMono);
    }
    return { wall, mono };
  }

  all(): readonly Hold[] {
    return [...this.#holds.values()];
  }
}

function hasEnded(hold: Hold, now: { wall: number; mono: number }, vector: Vector): boolean {
  if (vector.originSeqOf(hold.origin) >= hold.originSeq) return true;
  if (hold.untilMs > 0 && hold.untilMs <= now.wall) return true;
  if (hold.retryMono !== undefined && hold.retryMono <= now.mono) return true;
  const { needs } = hold;
  return (
    needs.length > 0 &&
    needs.every(({ origin, originSeq }) => vector.originSeqOf(origin) >= originSeq)
  );
}
