/**
 * The chain of incarnations: which one ended where, as named by its successor's first bundle. Kept
 * for ever (a few dozen bytes for each opening that wrote). It lets vectors leave out what follows
 * from them: one commit of a successor implies everything of the one before (design § 9).
 */
import { ByteReader, ByteWriter, originBytes, originText, type Vector } from '../../core/index.ts';

interface Ending {
  readonly successor: string;
  readonly lastOriginSeq: number;
}

const ORIGIN_BYTES = 32;

export class Incarnations {
  readonly #endings = new Map<string, Ending>();

  /** Notes what a first bundle says of the incarnation before it. */
  end(origin: string, lastOriginSeq: number, successor: string): void {
    this.#endings.set(origin, { successor, lastOriginSeq });
  }

  successorOf(origin: string): string | undefined {
    return this.#endings.get(origin)?.successor;
  }

  /** Whether `originSeq` is the end of this incarnation and the vector holds its successor. */
  isEndedAt(origin: string, originSeq: number, vector: Vector): boolean {
    const ending = this.#endings.get(origin);
    if (ending === undefined || ending.lastOriginSeq !== originSeq) return false;
    return vector.originSeqOf(ending.successor) > 0;
  }

  /** varint count; each: 32 bytes origin, varint last originSeq, 32 bytes successor. */
  encode(): Uint8Array {
    const writer = new ByteWriter(64 + this.#endings.size * 72);
    writer.varint(this.#endings.size);
    for (const [origin, { successor, lastOriginSeq }] of this.#endings) {
      writer.bytes(originBytes(origin) as Uint8Array);
      writer.varint(lastOriginSeq);
      writer.bytes(originBytes(successor) as Uint8Array);
    }
    return writer.toBytes();
  }

  /** Adds what `encode` wrote; throws `MalformedBytes`. */
  load(bytes: Uint8Array): void {
    const reader = new ByteReader(bytes);
    for (let count = reader.varint(); count > 0; count--) {
      const origin = originText(reader.source, reader.skip(ORIGIN_BYTES));
      const lastOriginSeq = reader.varint();
      this.end(origin, lastOriginSeq, originText(reader.source, reader.skip(ORIGIN_BYTES)));
    }
    reader.finish();
  }
}
