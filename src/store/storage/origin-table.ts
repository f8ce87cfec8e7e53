/**
 * Origins as small numbers, so that a value cell carries four bytes instead of thirty-two. Append
 * only: a number once given stands for its origin as long as the table lives. The numbers are local
 * to this table and must never leave the process; formats and hashes use the 32 bytes.
 */
import { ORIGIN_BYTES, assert, equalBytes, hexOf, originText } from '../../core/index.ts';

/** 32-byte origin ids (16-byte key id, 16-byte incarnation) ⇄ small whole numbers from 0. */
export class OriginTable {
  readonly #indices = new Map<string, number>();
  readonly #bytes: Uint8Array[] = [];
  #recent = -1;

  /** How many origins are known. */
  get size(): number {
    return this.#bytes.length;
  }

  /** The number of an origin; adds it if it is new. */
  indexOf(origin: Uint8Array): number {
    const known = this.find(origin);
    if (known >= 0) return known;
    assert(
      origin.length === ORIGIN_BYTES,
      `an origin has ${ORIGIN_BYTES} bytes, not ${origin.length}`,
    );
    const index = this.#bytes.length;
    this.#bytes.push(new Uint8Array(origin));
    this.#indices.set(hexOf(origin), index);
    this.#recent = index;
    return index;
  }

  /** The number of an origin, or -1. */
  find(origin: Uint8Array): number {
    const recent = this.#bytes[this.#recent];
    if (recent !== undefined && equalBytes(recent, origin)) return this.#recent;
    const index = this.#indices.get(hexOf(origin)) ?? -1;
    if (index >= 0) this.#recent = index;
    return index;
  }

  /** The 32 bytes of an origin; not to be changed. */
  bytes(index: number): Uint8Array {
    const bytes = this.#bytes[index];
    assert(bytes !== undefined, `no origin has the number ${index}`);
    return bytes;
  }

  /** `<32 hex>.<32 hex>`. */
  text(index: number): string {
    return originText(this.bytes(index));
  }

  /** Order of two origins by their bytes, as numbers compare. */
  compare(left: number, right: number): number {
    if (left === right) return 0;
    const a = this.bytes(left);
    const b = this.bytes(right);
    for (let index = 0; index < ORIGIN_BYTES; index++) {
      const difference = (a[index] as number) - (b[index] as number);
      if (difference !== 0) return difference;
    }
    return 0;
  }
}
