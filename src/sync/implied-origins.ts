/**
 * What a peer has although its vector does not name it: it names an incarnation that is not here,
 * and one commit of that implies the ones before it (design § 9), which only the commit itself
 * tells. Until it is here, nothing of the same key is sent to that peer: an honest node has all of
 * it, and would get a whole log again for each time that it was opened. What is in doubt for too
 * long (the commit is held, or the key has a fork) is sent after all.
 */
import type { Vector } from '../core/index.ts';

const NONE: ReadonlySet<string> = new Set();

export class ImpliedOrigins {
  /** Origins that the peer named and that are not here. */
  #unknown: string[] = [];
  /** Their keys. */
  #keys = new Set<string>();
  #untilMono: number | undefined;

  /** Monotonic time at which doubt ends by itself. */
  get untilMono(): number | undefined {
    return this.#untilMono;
  }

  /** A new link, and what the peer said first. */
  open(said: Vector, own: Vector, untilMono: number): void {
    this.#unknown = said.entries().map(([origin]) => origin);
    this.#untilMono = untilMono;
    this.look(own);
    if (this.#unknown.length === 0) this.clear();
  }

  /** The link is gone, or it took too long: gives the keys that were in doubt. */
  clear(): ReadonlySet<string> {
    const keys = this.#keys;
    this.#unknown = [];
    this.#keys = new Set();
    this.#untilMono = undefined;
    return keys;
  }

  /** The doubt that has lasted too long by now. */
  endedAt(mono: number): ReadonlySet<string> {
    const isOver = this.#untilMono !== undefined && this.#untilMono <= mono;
    return isOver ? this.clear() : NONE;
  }

  /** What has come since is in doubt no more: gives the keys of which that is true. */
  look(own: Vector): ReadonlySet<string> {
    if (this.#unknown.length === 0) return NONE;
    const before = this.#keys;
    const unknown = this.#unknown.filter((origin) => own.originSeqOf(origin) === 0);
    if (unknown.length === 0) return this.clear();
    this.#unknown = unknown;
    const keys = new Set(unknown.map(keyOfOrigin));
    this.#keys = keys;
    return new Set([...before].filter((key) => !keys.has(key)));
  }

  has(origin: string): boolean {
    return this.#keys.size > 0 && this.#keys.has(keyOfOrigin(origin));
  }
}

/** Key id of a node, as hex. */
export function keyOfOrigin(origin: string): string {
  return origin.slice(0, origin.indexOf('.'));
}
