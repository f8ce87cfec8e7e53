/**
 * Reads the entries of a block whose checksum was found good, without an object per entry: a sink
 * gets the memory of the block and one cell that is used again for each entry with a single
 * sibling, so it must copy what it keeps. Entries with several siblings, which are rare, come as
 * objects of their own. Throws `MalformedBytes` on what no writer of ours writes.
 */
import { ByteReader, MalformedBytes, readU48 } from '../../core/index.ts';
import {
  type Cell,
  GREATEST,
  KIND_PUT,
  KIND_REMOVE,
  type View,
  makeCell,
} from '../storage/index.ts';
import { FLAG_MANY, FLAG_META, FLAG_REMOVE, VIEW_KINDS } from './format.ts';

/** Takes entries in the order of the file; key bytes are `source` from `keyStart` to `keyEnd`. */
export interface EntrySink {
  /** `cell` and the memory behind it are good during the call only. */
  single(source: Uint8Array, keyStart: number, keyEnd: number, cell: Cell, seq: number): void;
  /** `siblings` and `view` are the sink's to keep. */
  many(
    source: Uint8Array,
    keyStart: number,
    keyEnd: number,
    siblings: readonly Cell[],
    view: View,
    seq: number,
  ): void;
}

const FLAGS_KNOWN = FLAG_REMOVE | FLAG_META | FLAG_MANY;
const NOTHING = new Uint8Array(0);

/** One parser per file: it holds the origins that the file's numbers stand for. */
export class BlockParser {
  /** Where the first key of the last block parsed lies in its memory. */
  firstKeyStart = 0;
  firstKeyEnd = 0;
  readonly #origins: Int32Array;
  readonly #cell: Cell = makeCell(KIND_PUT, 0, NOTHING, 0, 0, undefined, 0, 0, 0, 0);
  readonly #wide: ByteReader = new ByteReader(NOTHING);
  #source: Uint8Array = NOTHING;
  #at = 0;
  #end = 0;

  /** `origins`: at each number of the file the number in the table of the process. */
  constructor(origins: Int32Array) {
    this.#origins = origins;
  }

  /** Hands the `count` entries between `start` and `end` to `sink`. */
  parse(source: Uint8Array, start: number, end: number, count: number, sink: EntrySink): void {
    this.#source = source;
    this.#at = start;
    this.#end = end;
    const cell = this.#cell;
    for (let number = 0; number < count; number++) {
      const flags = source[this.#at++] as number;
      if (flags > FLAGS_KNOWN) throw new MalformedBytes(`an entry with flags ${flags}`);
      const seq = this.#varint();
      const keyLength = this.#varint();
      const keyStart = this.#at;
      const keyEnd = keyStart + keyLength;
      if (keyEnd > end || keyLength === 0) throw new MalformedBytes(`a key of ${keyLength} bytes`);
      this.#at = keyEnd;
      if (number === 0) {
        this.firstKeyStart = keyStart;
        this.firstKeyEnd = keyEnd;
      }
      if ((flags & FLAG_MANY) === 0) {
        this.#sibling(flags, cell);
        sink.single(source, keyStart, keyEnd, cell, seq);
      } else this.#many(keyStart, keyEnd, seq, sink);
    }
    cell.source = NOTHING;
    if (this.#at !== end) throw new MalformedBytes(`${end - this.#at} bytes too many in a block`);
  }

  #sibling(flags: number, cell: Cell): void {
    const source = this.#source;
    const origin = this.#origins[this.#varint()];
    if (origin === undefined) throw new MalformedBytes('an origin that the file does not list');
    cell.origin = origin;
    cell.ms = readU48(source, this.#at);
    this.#at += 6;
    cell.counter = this.#varint();
    cell.originSeq = this.#varint();
    let length = 0;
    if ((flags & FLAG_REMOVE) === 0) {
      cell.kind = KIND_PUT;
      cell.valueHead = source[this.#at++] as number;
      length = this.#varint();
    } else {
      cell.kind = KIND_REMOVE;
      cell.valueHead = 0;
    }
    const metaLength = (flags & FLAG_META) === 0 ? 0 : this.#varint();
    const start = this.#at;
    const valueEnd = start + length;
    const end = valueEnd + metaLength;
    if (end > this.#end) throw new MalformedBytes('an entry runs past the end of its block');
    cell.source = source;
    cell.start = start;
    cell.end = valueEnd;
    cell.meta = (flags & FLAG_META) === 0 ? undefined : source.subarray(valueEnd, end);
    this.#at = end;
  }

  #many(keyStart: number, keyEnd: number, seq: number, sink: EntrySink): void {
    const view = this.#view();
    const count = this.#varint();
    if (count === 0) throw new MalformedBytes('an entry without siblings');
    const siblings: Cell[] = [];
    for (let index = 0; index < count; index++) {
      const flags = this.#source[this.#at++] as number;
      if (flags >= FLAG_MANY) throw new MalformedBytes(`a sibling with flags ${flags}`);
      this.#sibling(flags, this.#cell);
      siblings.push(kept(this.#cell));
    }
    if (view.kind === 'sibling' && view.index >= count)
      throw new MalformedBytes('a view of no sibling');
    sink.many(this.#source, keyStart, keyEnd, siblings, view, seq);
  }

  #view(): View {
    const number = this.#source[this.#at++] as number;
    const kind = VIEW_KINDS[number];
    if (kind === 'greatest') return GREATEST;
    if (kind === 'undecided' || kind === 'absent') return { kind };
    if (kind === 'sibling') return { kind, index: this.#varint() };
    if (kind === undefined) throw new MalformedBytes(`a view of kind ${number}`);
    const valueHead = this.#source[this.#at++] as number;
    const length = this.#varint();
    const start = this.#at;
    this.#at += length;
    if (this.#at > this.#end) throw new MalformedBytes('a view runs past the end of its block');
    return { kind, valueHead, bytes: new Uint8Array(this.#source.subarray(start, this.#at)) };
  }

  #varint(): number {
    const source = this.#source;
    let at = this.#at;
    let byte = source[at++] as number;
    let value = byte & 0x7f;
    for (let shift = 7; byte >= 0x80 && shift < 28; shift += 7) {
      byte = source[at++] as number;
      value |= (byte & 0x7f) << shift;
    }
    // The rest (and, since nothing compares with it, what is behind the memory) goes the slow way.
    if (!(byte < 0x80)) return this.#wideVarint();
    this.#at = at;
    return value;
  }

  #wideVarint(): number {
    const reader = this.#wide;
    reader.rewind(this.#source, this.#at, this.#end);
    const value = reader.varint();
    this.#at = reader.offset;
    return value;
  }
}

/** The same sibling on memory of its own. */
function kept(cell: Cell): Cell {
  const { kind, valueHead, ms, counter, origin, originSeq } = cell;
  const bytes = new Uint8Array(cell.source.subarray(cell.start, cell.end));
  const meta = cell.meta === undefined ? undefined : new Uint8Array(cell.meta);
  return makeCell(kind, valueHead, bytes, 0, bytes.length, meta, ms, counter, origin, originSeq);
}
