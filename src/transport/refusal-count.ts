/**
 * How often somebody was turned away, by reason. Reasons of our own are few; those of a backend are
 * text, so what is over a bound is counted together.
 */
const REASONS_MAX = 64;
const REASON_LENGTH_MAX = 64;
const OTHERS = 'other';

export class RefusalCount {
  readonly #byReason = new Map<string, number>();

  add(reason: string): void {
    const short = reason.slice(0, REASON_LENGTH_MAX);
    const isKnown = this.#byReason.has(short) || this.#byReason.size < REASONS_MAX - 1;
    const name = isKnown ? short : OTHERS;
    this.#byReason.set(name, (this.#byReason.get(name) ?? 0) + 1);
  }

  /** A copy. */
  toRecord(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#byReason);
  }
}
