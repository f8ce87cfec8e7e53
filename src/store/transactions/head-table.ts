/**
 * The last signed head known of each origin of others, so that what they wrote can be passed on to
 * whoever lacks it. Filled from the log; kept in checkpoints. It never names more than is applied.
 */
import { ByteReader, ByteWriter, MalformedBytes, type SignedHead } from '../../core/index.ts';
import { readHead, SIGNED_HEAD_BYTES, writeHead } from './signed-head.ts';

export class HeadTable {
  readonly #heads = new Map<string, SignedHead>();

  /** Takes a head unless a later one of its origin is known. */
  note(head: SignedHead): void {
    const known = this.#heads.get(head.origin);
    if (known === undefined || known.originSeq < head.originSeq) this.#heads.set(head.origin, head);
  }

  of(origin: string): SignedHead | undefined {
    return this.#heads.get(origin);
  }

  heads(): IterableIterator<SignedHead> {
    return this.#heads.values();
  }

  /** Heads in the order of their origins, each as in the log. */
  encode(): Uint8Array {
    const writer = new ByteWriter(16 + this.#heads.size * SIGNED_HEAD_BYTES);
    const sorted = [...this.#heads].sort(([left], [right]) => (left < right ? -1 : 1));
    for (const [, head] of sorted) writeHead(writer, head);
    return writer.toBytes();
  }

  /** Adds what `encode` wrote; throws `MalformedBytes`. */
  load(bytes: Uint8Array): void {
    if (bytes.length % SIGNED_HEAD_BYTES !== 0) throw new MalformedBytes('length of signed heads');
    const reader = new ByteReader(bytes);
    for (let left = bytes.length; left > 0; left -= SIGNED_HEAD_BYTES) this.note(readHead(reader));
  }
}
