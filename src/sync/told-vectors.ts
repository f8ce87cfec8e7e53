/**
 * What this node has said of its vectors on one link, so that an ack names only what changed since:
 * the other side merges by the greater originSeq. An origin that was named once is named again
 * whenever it moves, even where a successor would imply it by now; so what the other side has
 * merged is exact.
 */
import { Vector } from '../core/index.ts';
import { compactVector, type PredecessorOf } from './wire-vector.ts';

export class ToldVectors {
  readonly #predecessorOf: PredecessorOf;
  #received = new Vector();
  #durable = new Vector();
  readonly #named = new Set<string>();

  constructor(predecessorOf: PredecessorOf) {
    this.#predecessorOf = predecessorOf;
  }

  /** For the first message of a link; gives the whole vector. */
  open(durable: Vector): Vector {
    const compact = compactVector(durable, this.#predecessorOf);
    this.#received = compact.copy();
    this.#durable = compact.copy();
    this.#named.clear();
    return compact;
  }

  /**
   * The peer sent something of this origin: it does not know that a successor implies it, and would
   * go on sending if it were not told.
   */
  name(origin: string): void {
    this.#named.add(origin);
  }

  /** What moved since the last ack, or since `open`. */
  changes(received: Vector, durable: Vector): { received: Vector; durable: Vector } {
    return {
      received: this.#changed(this.#received, received),
      durable: this.#changed(this.#durable, durable),
    };
  }

  #changed(told: Vector, current: Vector): Vector {
    const changed = new Vector();
    const compact = compactVector(current, this.#predecessorOf);
    const origins = new Set(this.#named);
    for (const [origin] of compact.entries()) origins.add(origin);
    for (const [origin] of told.entries()) origins.add(origin);
    for (const origin of [...origins].sort()) {
      const originSeq = current.originSeqOf(origin);
      if (originSeq <= told.originSeqOf(origin)) continue;
      const digest = current.digestOf(origin);
      changed.advance(origin, originSeq, digest);
      told.advance(origin, originSeq, digest);
    }
    return changed;
  }
}
