/**
 * Commits of this node that are void elsewhere, or that a peer refuses for good, each once, whoever
 * reported it first. They stay until somebody drops or re-drives them; the list is bounded, what is
 * above is counted (the commits themselves are in the log and nowhere else).
 */

export interface DeadLetterMark {
  /** `origin/originSeq`. */
  readonly id: string;
  readonly origin: string;
  readonly originSeq: number;
  readonly reason: string;
  /** Fingerprint of the peer that said so first. */
  readonly reportedBy: string;
}

export class DeadLetterList {
  readonly #max: number;
  readonly #letters = new Map<string, DeadLetterMark>();
  /** Settled ones, so that the next report of them is no news; as bounded as the list. */
  readonly #settled = new Set<string>();
  #overflow = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#letters.size;
  }

  /** How many did not fit. */
  get overflow(): number {
    return this.#overflow;
  }

  /** `false` where it is known. */
  add(letter: Omit<DeadLetterMark, 'id'>): boolean {
    const id = deadLetterId(letter.origin, letter.originSeq);
    if (this.#letters.has(id) || this.#settled.has(id)) return false;
    if (this.#letters.size >= this.#max) {
      this.#overflow++;
      return false;
    }
    this.#letters.set(id, { id, ...letter });
    return true;
  }

  get(id: string): DeadLetterMark | undefined {
    return this.#letters.get(id);
  }

  /** Dropped or committed anew: it is not shown again. `false` where there is none. */
  settle(id: string): boolean {
    if (!this.#letters.delete(id)) return false;
    this.#settled.add(id);
    if (this.#settled.size > this.#max) {
      const [oldest] = this.#settled;
      this.#settled.delete(oldest as string);
    }
    return true;
  }

  all(): readonly DeadLetterMark[] {
    return [...this.#letters.values()];
  }
}

export function deadLetterId(origin: string, originSeq: number): string {
  return `${origin}/${originSeq}`;
}
