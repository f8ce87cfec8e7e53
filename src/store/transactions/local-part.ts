/**
 * The local part of a bundle record: what this node adds and never sends. For each commit one flag
 * byte and what it announces; then, for each event of the commit, the seq of the key's event before
 * (0: none), which links the history of a key without an index, and for a received commit the
 * effect, the post-state that this node set. Replay uses the effect and decides nothing (INV-5).
 */
import {
  ByteReader,
  type ByteWriter,
  MalformedBytes,
  originBytes,
  originText,
} from '../../core/index.ts';
import { type Cell, makeCell, type OriginTable } from '../storage/index.ts';

/** A 16-byte hash of the request behind a commandId follows. */
export const LOCAL_HAS_REQUEST_HASH = 1;
/** The commit is void: a reason follows, and no event has an effect. */
export const LOCAL_VOID = 2;
/** Effects follow the links (received commits that are not void). */
export const LOCAL_EFFECTS = 4;
const LOCAL_FLAGS_KNOWN = 7;

export const REQUEST_HASH_BYTES = 16;

/** The event alone is what the key now has. */
export const EFFECT_SINGLE = 0;
/**
 * Siblings that the event's author had not seen stand beside it; readers get the greatest stamp.
 */
const EFFECT_SIBLINGS_GREATEST = 1;

/** Writes the effect of one received event; `siblings` sorted by stamp, the event among them. */
export function writeEffect(
  writer: ByteWriter,
  event: Cell,
  siblings: readonly Cell[],
  origins: OriginTable,
): void {
  if (siblings.length === 1) {
    writer.u8(EFFECT_SINGLE);
    return;
  }
  writer.u8(EFFECT_SIBLINGS_GREATEST);
  writer.varint(siblings.length - 1);
  for (const sibling of siblings) if (sibling !== event) writeSibling(writer, sibling, origins);
}

/** In full, so that the effect is a post-state and not a reference to what was there before. */
function writeSibling(writer: ByteWriter, cell: Cell, origins: OriginTable): void {
  writer.u8(cell.kind);
  writer.bytes(origins.bytes(cell.origin));
  writer.varint(cell.originSeq);
  writer.u48(cell.ms);
  writer.u16(cell.counter);
  writer.u8(cell.valueHead);
  writer.varint(cell.end - cell.start);
  writer.bytes(cell.source, cell.start, cell.end);
  writer.lengthAndBytes(cell.meta ?? NO_META);
}

const NO_META = new Uint8Array(0);

/** Reads local parts, commit by commit, beside a `BundleReader`. */
export class LocalPartReader {
  readonly #reader = new ByteReader(new Uint8Array(0));
  #flags = 0;
  requestHash: Uint8Array | undefined = undefined;
  voidReason: string | undefined = undefined;

  open(source: Uint8Array, start: number, end: number): void {
    this.#reader.rewind(source, start, end);
  }

  nextCommit(): void {
    const reader = this.#reader;
    this.#flags = reader.u8();
    if ((this.#flags & ~LOCAL_FLAGS_KNOWN) !== 0) throw new MalformedBytes('unknown local flags');
    this.requestHash =
      (this.#flags & LOCAL_HAS_REQUEST_HASH) === 0 ? undefined : reader.bytes(REQUEST_HASH_BYTES);
    this.voidReason = (this.#flags & LOCAL_VOID) === 0 ? undefined : reader.lengthAndText();
  }

  /** Link of the next event: the seq of the key's event before, 0 if there was none. */
  nextLink(): number {
    return this.#reader.varint();
  }

  /** Siblings kept beside the event that the link was read for; `undefined` if it stands alone. */
  nextEffect(origins: OriginTable): Cell[] | undefined {
    if ((this.#flags & LOCAL_EFFECTS) === 0) return undefined;
    const reader = this.#reader;
    const effect = reader.u8();
    if (effect === EFFECT_SINGLE) return undefined;
    if (effect !== EFFECT_SIBLINGS_GREATEST) throw new MalformedBytes(`effect ${effect}`);
    const kept: Cell[] = [];
    for (let count = reader.varint(); count > 0; count--) kept.push(readSibling(reader, origins));
    return kept;
  }

  finish(): void {
    this.#reader.finish();
  }
}

function readSibling(reader: ByteReader, origins: OriginTable): Cell {
  const kind = reader.u8();
  if (kind > 1) throw new MalformedBytes(`sibling kind ${kind}`);
  const origin = originBytes(originText(reader.source, reader.skip(32))) as Uint8Array;
  const originSeq = reader.varint();
  const ms = reader.u48();
  const counter = reader.u16();
  const valueHead = reader.u8();
  const bytes = reader.lengthAndBytes();
  const meta = reader.lengthAndBytes();
  return makeCell(
    kind as 0 | 1,
    valueHead,
    bytes,
    0,
    bytes.length,
    meta.length === 0 ? undefined : meta,
    ms,
    counter,
    origins.indexOf(origin),
    originSeq,
  );
}
