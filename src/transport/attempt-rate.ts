/**
 * How many attempts there were in the last minute, in total and from each address. Only addresses
 * with an attempt in that minute are held, so memory is bounded by the total. Time is passed in.
 */
const WINDOW_MS = 60_000;

export class AttemptRate {
  readonly #totalMax: number;
  readonly #perAddressMax: number;
  #attempts: { readonly host: string; readonly atMs: number }[] = [];

  constructor(totalMax: number, perAddressMax: number) {
    this.#totalMax = totalMax;
    this.#perAddressMax = perAddressMax;
  }

  /** Counts one; `false`, and nothing counted, if that is too many. */
  take(host: string, monoMs: number): boolean {
    this.#attempts = this.#attempts.filter(({ atMs }) => monoMs - atMs < WINDOW_MS);
    if (this.#attempts.length >= this.#totalMax) return false;
    const fromHost = this.#attempts.filter((attempt) => attempt.host === host).length;
    if (fromHost >= this.#perAddressMax) return false;
    this.#attempts.push({ host, atMs: monoMs });
    return true;
  }
}
