/**
 * Origins that are frozen: two commits under one name were seen (equivocation, a copied or
 * rolled-back image). Nothing of them is taken or sent until an admin has named the branch that
 * stays. Both facts are kept as they were first seen. Bounded: above the bound an origin still
 * counts as frozen, without its facts.
 */

export interface ForkFact {
  readonly origin: string;
  readonly originSeq: number;
  /** Who showed the other branch. */
  readonly reportedBy: string;
  /** Chain digest here, where the two were compared. */
  readonly digestHere: Uint8Array | undefined;
  readonly digestThere: Uint8Array | undefined;
}

export class FrozenOrigins {
  readonly #factsMax: number;
  readonly #facts = new Map<string, ForkFact | undefined>();

  constructor(factsMax: number) {
    this.#factsMax = factsMax;
  }

  get size(): number {
    return this.#facts.size;
  }

  has(origin: string): boolean {
    return this.#facts.has(origin);
  }

  /** `false` where it is frozen already. */
  freeze(fact: ForkFact): boolean {
    if (this.#facts.has(fact.origin)) return false;
    this.#facts.set(fact.origin, this.#facts.size < this.#factsMax ? fact : undefined);
    return true;
  }

  unfreeze(origin: string): boolean {
    return this.#facts.delete(origin);
  }

  origins(): readonly string[] {
    return [...this.#facts.keys()].sort();
  }

  facts(): readonly ForkFact[] {
    return [...this.#facts.values()].filter((fact) => fact !== undefined);
  }
}
