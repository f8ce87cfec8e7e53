/**
 * What each origin had seen of others, as far as its bundles say. A bundle names only what is new
 * since the one before, so the sum is kept here, and in checkpoints. What an origin has seen of an
 * ended incarnation follows from its having seen the successor.
 */
import {
  type BundleReader,
  ByteReader,
  ByteWriter,
  originBytes,
  originText,
  type Predecessor,
  type SeenEntry,
} from '../../core/index.ts';
import type { Incarnations } from './incarnations.ts';

const ORIGIN_BYTES = 32;

export class SeenTable {
  readonly #incarnations: Incarnations;
  readonly #seen = new Map<string, Map<string, number>>();

  constructor(incarnations: Incarnations) {
    this.#incarnations = incarnations;
  }

  /** Adds what the bundle that `reader` stands in names, its predecessor included. */
  note(reader: BundleReader): void {
    this.noteEntries(reader.origin, reader.seen, reader.predecessor);
  }

  /** The same for a bundle that is only being written. */
  noteEntries(
    author: string,
    entries: readonly SeenEntry[],
    predecessor: Predecessor | null | undefined,
  ): void {
    if (entries.length === 0 && !predecessor) return;
    const seen = this.#of(author);
    for (const entry of entries) seen.set(entry.origin, entry.originSeq);
    if (!predecessor) return;
    seen.set(predecessor.origin, predecessor.lastOriginSeq);
    this.#incarnations.end(predecessor.origin, predecessor.lastOriginSeq, author);
  }

  /** Whether `author` had applied commit (`origin`, `originSeq`) when it wrote its last bundle. */
  hasSeen(author: string, origin: string, originSeq: number): boolean {
    if (origin === author) return true;
    if ((this.#seen.get(author)?.get(origin) ?? 0) >= originSeq) return true;
    return this.#incarnations
      .endingsOf(origin)
      .some(
        ({ successor, lastOriginSeq }) =>
          originSeq <= lastOriginSeq && this.#hasAny(author, successor),
      );
  }

  /** Whether `author` had applied anything of `origin` or of one that went on from it. */
  #hasAny(author: string, origin: string): boolean {
    const seen = this.#seen.get(author);
    const visited = new Set<string>();
    const open = [origin];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (at === author || (seen?.get(at) ?? 0) > 0) return true;
      if (visited.has(at)) continue;
      visited.add(at);
      for (const { successor } of this.#incarnations.endingsOf(at)) open.push(successor);
    }
    return false;
  }

  #of(origin: string): Map<string, number> {
    let seen = this.#seen.get(origin);
    if (seen === undefined) {
      seen = new Map();
      this.#seen.set(origin, seen);
    }
    return seen;
  }

  /** varint authors; each: 32 bytes, varint count, each 32 bytes origin and varint originSeq. */
  encode(): Uint8Array {
    const writer = new ByteWriter(1024);
    writer.varint(this.#seen.size);
    for (const [author, seen] of this.#seen) {
      writer.bytes(originBytes(author) as Uint8Array);
      writer.varint(seen.size);
      for (const [origin, originSeq] of seen) {
        writer.bytes(originBytes(origin) as Uint8Array);
        writer.varint(originSeq);
      }
    }
    return writer.toBytes();
  }

  /** Adds what `encode` wrote; throws `MalformedBytes`. */
  load(bytes: Uint8Array): void {
    const reader = new ByteReader(bytes);
    for (let authors = reader.varint(); authors > 0; authors--) {
      const seen = this.#of(originText(reader.source, reader.skip(ORIGIN_BYTES)));
      for (let count = reader.varint(); count > 0; count--) {
        const origin = originText(reader.source, reader.skip(ORIGIN_BYTES));
        seen.set(origin, reader.varint());
      }
    }
    reader.finish();
  }
}
