/**
 * A vector says how far each origin has been applied: origin → highest contiguous originSeq, with
 * the chain digest of that origin's bundles there (which shows a fork where two nodes name the same
 * originSeq and mean different bytes). Entries only grow. An incarnation whose successor is in
 * stands here as well; leaving it out is a matter of the wire (design § 9), not of this map.
 */
import { equalBytes } from './bytes.ts';
import type { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { ORIGIN_BYTES, originBytes, originText } from './origin.ts';
import { assert } from './assert.ts';

export const CHAIN_DIGEST_BYTES = 32;
/** The chain digest before an origin's first bundle. */
export const CHAIN_START: Uint8Array = new Uint8Array(CHAIN_DIGEST_BYTES);

export interface VectorEntry {
  readonly originSeq: number;
  readonly digest: Uint8Array;
}

export class Vector {
  readonly #entries = new Map<string, VectorEntry>();

  /** 0 for an origin of which nothing was applied. */
  originSeqOf(origin: string): number {
    return this.#entries.get(origin)?.originSeq ?? 0;
  }

  digestOf(origin: string): Uint8Array {
    return this.#entries.get(origin)?.digest ?? CHAIN_START;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** INV-10: an entry never goes back. */
  advance(origin: string, originSeq: number, digest: Uint8Array): void {
    assert(originSeq > this.originSeqOf(origin), `INV-10: vector of ${origin} would go back`);
    this.#entries.set(origin, { originSeq, digest });
  }

  /** Sorted by origin, so that equal vectors have equal bytes. */
  entries(): [string, VectorEntry][] {
    return [...this.#entries].sort(([left], [right]) => (left < right ? -1 : 1));
  }

  equals(other: Vector): boolean {
    if (this.size !== other.size) return false;
    for (const [origin, entry] of this.#entries) {
      if (other.originSeqOf(origin) !== entry.originSeq) return false;
      if (!equalBytes(other.digestOf(origin), entry.digest)) return false;
    }
    return true;
  }

  copy(): Vector {
    const copy = new Vector();
    for (const [origin, entry] of this.#entries) copy.#entries.set(origin, entry);
    return copy;
  }

  /**
   * varint count, then for each origin, sorted: 32 bytes origin, varint originSeq, 32 bytes digest.
   */
  encode(): Uint8Array {
    const writer = new ByteWriter(64 + this.size * 80);
    writer.varint(this.size);
    for (const [origin, entry] of this.entries()) {
      writer.bytes(originBytes(origin) as Uint8Array);
      writer.varint(entry.originSeq);
      writer.bytes(entry.digest);
    }
    return writer.toBytes();
  }

  /** Throws `MalformedBytes`. */
  static decode(reader: ByteReader): Vector {
    const vector = new Vector();
    for (let count = reader.varint(); count > 0; count--) {
      const at = reader.skip(ORIGIN_BYTES);
      const origin = originText(reader.source, at);
      vector.#entries.set(origin, {
        originSeq: reader.varint(),
        digest: reader.bytes(CHAIN_DIGEST_BYTES),
      });
    }
    return vector;
  }
}
