/**
 * What this node remembers of tombstones that it has forgotten: the frontier by which it collected
 * (every author of a later bundle must have seen that much, or it is a rolled-back image), the
 * greatest seq of a forgotten event (what changed up to there can no longer be told), and where in
 * the log the notes stand that name the keys. Kept in checkpoints.
 */
import { ByteReader, ByteWriter, originBytes, originText } from '../../core/index.ts';

const ORIGIN_BYTES = 32;
/** Stretches of the log remembered; above it the two oldest become one. */
const STRETCHES_MAX = 1024;
/** Authors remembered as covering the frontier; above it they are found out anew. */
const COVERING_MAX = 100_000;

/** A part of the log in which notes of collections stand, both ends included. */
export interface NoteStretch {
  readonly fromSeq: number;
  readonly toSeq: number;
}

export class Collected {
  readonly #frontier = new Map<string, number>();
  #seq = 0;
  /** Ascending. */
  #stretches: NoteStretch[] = [];
  /** Authors that are known to have seen all of the frontier: they never see less. */
  readonly #covering = new Set<string>();

  /** By which tombstones were collected: origin → originSeq. */
  get frontier(): ReadonlyMap<string, number> {
    return this.#frontier;
  }

  /** Seq of the last event that a collection forgot; 0 while there was none. */
  get seq(): number {
    return this.#seq;
  }

  /** Where notes stand, ascending. */
  get stretches(): readonly NoteStretch[] {
    return this.#stretches;
  }

  /** A note behind commit `noteSeq` forgot tombstones, the last of them set at `lastSeq`. */
  note(frontier: ReadonlyMap<string, number>, lastSeq: number, noteSeq: number): void {
    this.widen(frontier);
    this.forgetUpTo(lastSeq);
    const newest = this.#stretches.at(-1);
    if (newest !== undefined && noteSeq <= newest.toSeq) return;
    this.#stretches.push({ fromSeq: noteSeq, toSeq: noteSeq });
    if (this.#stretches.length <= STRETCHES_MAX) return;
    const [oldest, next, ...rest] = this.#stretches as [NoteStretch, NoteStretch, ...NoteStretch[]];
    this.#stretches = [{ fromSeq: oldest.fromSeq, toSeq: next.toSeq }, ...rest];
  }

  /** The frontier never goes back. */
  widen(frontier: ReadonlyMap<string, number>): void {
    for (const [origin, originSeq] of frontier) {
      if ((this.#frontier.get(origin) ?? 0) >= originSeq) continue;
      this.#frontier.set(origin, originSeq);
      this.#covering.clear();
    }
  }

  /** What changed at or below `seq` can no longer be told. */
  forgetUpTo(seq: number): void {
    this.#seq = Math.max(this.#seq, seq);
  }

  /** A log begins behind commit `seq` in which nothing of this stands. */
  beginBehind(seq: number): void {
    this.#seq = this.#frontier.size === 0 ? 0 : seq;
    this.#stretches = [];
  }

  isKnownToCover(author: string): boolean {
    return this.#frontier.size === 0 || this.#covering.has(author);
  }

  noteCovering(author: string): void {
    if (this.#covering.size >= COVERING_MAX) this.#covering.clear();
    this.#covering.add(author);
  }

  /**
   * varint count, each 32 bytes origin, varint originSeq; varint seq; varint count of stretches,
   * each two varints.
   */
  encode(): Uint8Array {
    const writer = new ByteWriter(64 + this.#frontier.size * 40);
    writeFrontier(writer, this.#frontier);
    writer.varint(this.#seq);
    writer.varint(this.#stretches.length);
    for (const { fromSeq, toSeq } of this.#stretches) {
      writer.varint(fromSeq);
      writer.varint(toSeq);
    }
    return writer.toBytes();
  }

  /** Adds what `encode` wrote; throws `MalformedBytes`. */
  load(bytes: Uint8Array): void {
    const reader = new ByteReader(bytes);
    this.widen(readFrontier(reader));
    this.forgetUpTo(reader.varint());
    for (let count = reader.varint(); count > 0; count--) {
      const fromSeq = reader.varint();
      this.#stretches.push({ fromSeq, toSeq: reader.varint() });
    }
    reader.finish();
  }
}

/** varint count; each: 32 bytes origin, varint originSeq. */
export function writeFrontier(writer: ByteWriter, frontier: ReadonlyMap<string, number>): void {
  writer.varint(frontier.size);
  for (const [origin, originSeq] of frontier) {
    writer.bytes(originBytes(origin) as Uint8Array);
    writer.varint(originSeq);
  }
}

/** Throws `MalformedBytes`. */
export function readFrontier(reader: ByteReader): Map<string, number> {
  const frontier = new Map<string, number>();
  for (let count = reader.varint(); count > 0; count--) {
    const origin = originText(reader.source, reader.skip(ORIGIN_BYTES));
    frontier.set(origin, reader.varint());
  }
  return frontier;
}
