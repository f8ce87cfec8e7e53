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

  readonly #parent: SeenTable | undefined;

  constructor(incarnations: Incarnations, parent?: SeenTable) {
    this.#incarnations = incarnations;
    this.#parent = parent;
  }

  /** What is noted in it, endings of incarnations included, stays out of this one. */
  branch(): SeenTable {
    return new SeenTable(this.#incarnations.branch(), this);
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
    if ((this.#find(author)?.get(origin) ?? 0) >= originSeq) return true;
    return this.#incarnations
      .endingsOf(origin)
      .some(
        ({ successor, lastOriginSeq }) =>
          originSeq <= lastOriginSeq && this.#hasAny(author, successor),
      );
  }

  /**
   * What of `reached` the author of the bundle that `reader` stands in had not applied when it
   * wrote it; `undefined` if it had applied all of it. Notes nothing.
   */
  unseenOf(
    reader: BundleReader,
    reached: ReadonlyMap<string, number>,
  ): { readonly origin: string; readonly originSeq: number } | undefined {
    const { origin: author, seen, predecessor } = reader;
    const before = this.#find(author);
    const named = new Map(seen.map((entry) => [entry.origin, entry.originSeq]));
    if (predecessor) named.set(predecessor.origin, predecessor.lastOriginSeq);
    const reach = (origin: string): number => {
      if (origin === author) return Number.POSITIVE_INFINITY;
      return Math.max(named.get(origin) ?? 0, before?.get(origin) ?? 0);
    };
    for (const [origin, originSeq] of reached) {
      if (!this.#incarnations.covers(reach, origin, originSeq)) return { origin, originSeq };
    }
    return undefined;
  }

  /** Whether `author` had applied anything of `origin` or of one that went on from it. */
  #hasAny(author: string, origin: string): boolean {
    const seen = this.#find(author);
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

  #find(author: string): ReadonlyMap<string, number> | undefined {
    const seen = this.#seen.get(author);
    return seen !== undefined || this.#parent === undefined ? seen : this.#parent.#find(author);
  }

  #of(origin: string): Map<string, number> {
    let seen = this.#seen.get(origin);
    if (seen === undefined) {
      seen = new Map(this.#find(origin));
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
