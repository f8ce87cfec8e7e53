/**
 * What is known of how far one peer is, while its link lasts. `said`: in its own words, with
 * digests, for comparing states. `reach`: all that it has, its words and the bundles that it sent,
 * for not sending it what it has. `assured`: the part of that which is durable there, for letting
 * the acknowledged cursor go on. Entries only grow on a link; a new link begins from its open.
 */
import { Vector } from '../core/index.ts';
import { expandVector, type PredecessorOf, raise, raiseWithEnds } from './wire-vector.ts';

/** Origins up to which vectors are compared before the log is read. */
const COMPARED_MAX = 256;

export class PeerVectors {
  readonly #predecessorOf: PredecessorOf;
  readonly #lagging = new Set<string>();
  saidReceived: Vector = new Vector();
  saidDurable: Vector = new Vector();
  reach: Vector = new Vector();
  assured: Vector = new Vector();

  constructor(predecessorOf: PredecessorOf) {
    this.#predecessorOf = predecessorOf;
  }

  /** It has received something that is not durable there yet. */
  get isLagging(): boolean {
    return this.#lagging.size > 0;
  }

  /**
   * Whether everything of `own` is there, as far as that is cheaper to find out than by reading the
   * log: most of what comes in is from the one peer that there is.
   */
  hasAll(own: Vector): boolean {
    return own.size <= COMPARED_MAX && !this.lacks(own, () => true);
  }

  /** Whether something of `own` is not there; `counts` says of which origins to look. */
  lacks(own: Vector, counts: (origin: string) => boolean): boolean {
    return own
      .entries()
      .some(
        ([origin, { originSeq }]) => this.reach.originSeqOf(origin) < originSeq && counts(origin),
      );
  }

  /** What it says at the beginning of a link: applied and durable. */
  reset(vector: Vector): void {
    this.saidReceived = vector.copy();
    this.saidDurable = vector.copy();
    this.reach = expandVector(vector, this.#predecessorOf);
    this.assured = this.reach.copy();
    this.#lagging.clear();
  }

  /** Entries that an ack names, the others stay. Whether anything durable was new. */
  merge(received: Vector, durable: Vector): boolean {
    let grown = false;
    for (const [origin, { originSeq, digest }] of received.entries()) {
      raise(this.saidReceived, origin, originSeq, digest);
      raiseWithEnds(this.reach, origin, originSeq, this.#predecessorOf);
      this.#compare(origin);
    }
    for (const [origin, { originSeq, digest }] of durable.entries()) {
      raise(this.saidReceived, origin, originSeq, digest);
      raise(this.saidDurable, origin, originSeq, digest);
      grown ||= this.assured.originSeqOf(origin) < originSeq;
      raiseWithEnds(this.reach, origin, originSeq, this.#predecessorOf);
      raiseWithEnds(this.assured, origin, originSeq, this.#predecessorOf);
      this.#compare(origin);
    }
    return grown;
  }

  /** Fills in what this node has learned since of ended incarnations. */
  expand(): void {
    this.reach = expandVector(this.reach, this.#predecessorOf);
    this.assured = expandVector(this.assured, this.#predecessorOf);
    for (const origin of [...this.#lagging]) this.#compare(origin);
  }

  /** It sent this itself; nobody sends what is not durable there (INV-2). */
  prove(origin: string, originSeq: number): void {
    raiseWithEnds(this.reach, origin, originSeq, this.#predecessorOf);
    raiseWithEnds(this.assured, origin, originSeq, this.#predecessorOf);
    this.#compare(origin);
  }

  #compare(origin: string): void {
    if (this.reach.originSeqOf(origin) > this.assured.originSeqOf(origin)) {
      this.#lagging.add(origin);
    } else this.#lagging.delete(origin);
  }
}
