/**
 * Value cells: one record for the present state of an entry, written once and never changed; a new
 * state is a new record. Words: [0] entry address, so that compaction finds its owner; [1] value
 * length; [2] value head, flags << 8, counter << 16; [3] origin; [4] ms, low; [5] ms, high 16 bits,
 * originSeq, high << 16; [6] originSeq, low; [7] seq, low; [8] seq, high; [9] meta length, only
 * with meta; then value bytes and meta bytes. An entry with several siblings has a cell too: what
 * readers get.
 */
import { type Arena, type Chunk, WORD_MASK } from './arena.ts';
import { type Cell, KIND_PUT, KIND_REMOVE, makeCell } from './cell.ts';

/** Readers get nothing of this cell. */
export const CELL_REMOVE = 0x100;
/** The value bytes are ASCII. */
export const CELL_ASCII = 0x200;
export const CELL_META = 0x400;

/** Words before the value of a cell without meta. */
export const CELL_HEADER_WORDS = 9;
const TWO_32 = 0x1_0000_0000;
/** Up to here a loop that also looks for ASCII beats the native copy. */
const LOOP_BYTES_MAX = 160;

/** Appends the record of `cell` as the state of `entry`; returns its address. */
export function appendCell(arena: Arena, entry: number, cell: Cell, seq: number): number {
  const { meta } = cell;
  const length = cell.kind === KIND_REMOVE ? 0 : cell.end - cell.start;
  const metaLength = meta === undefined ? 0 : meta.length;
  const header = meta === undefined ? CELL_HEADER_WORDS : CELL_HEADER_WORDS + 1;
  const address = arena.allocate(header + ((length + metaLength + 3) >>> 2));
  const chunk = arena.chunkOf(address);
  const at = address & WORD_MASK;
  const { words } = chunk;
  const { ms, originSeq } = cell;
  const start = (at + header) * 4;
  let info = cell.kind === KIND_REMOVE ? CELL_REMOVE : cell.valueHead & 0xff;
  if (fill(chunk, start, cell, length)) info |= CELL_ASCII;
  if (meta !== undefined) {
    info |= CELL_META;
    words[at + CELL_HEADER_WORDS] = metaLength;
    chunk.bytes.set(meta, start + length);
  }
  words[at] = entry;
  words[at + 1] = length;
  words[at + 2] = info | (cell.counter << 16);
  words[at + 3] = cell.origin;
  words[at + 4] = ms;
  words[at + 5] = ((ms / TWO_32) & 0xffff) | ((originSeq / TWO_32) << 16);
  words[at + 6] = originSeq;
  words[at + 7] = seq;
  words[at + 8] = seq / TWO_32;
  return address;
}

/** Copies the value bytes to `start`; whether they are ASCII. */
function fill(chunk: Chunk, start: number, cell: Cell, length: number): boolean {
  const { source } = cell;
  const { bytes } = chunk;
  let seen = 0;
  if (length <= LOOP_BYTES_MAX) {
    const from = cell.start;
    for (let index = 0; index < length; index++) {
      const byte = source[from + index] as number;
      seen |= byte;
      bytes[start + index] = byte;
    }
    return seen < 0x80;
  }
  const { words } = chunk;
  const lastWord = (start + length - 1) >>> 2;
  words[lastWord] = 0;
  bytes.set(source.subarray(cell.start, cell.end), start);
  for (let index = start >>> 2; index <= lastWord; index++) seen |= words[index] as number;
  return (seen & 0x80808080) === 0;
}

/** Words of the record at `at`. */
export function cellWords(words: Int32Array, at: number): number {
  const length = words[at + 1] as number;
  if (((words[at + 2] as number) & CELL_META) === 0)
    return CELL_HEADER_WORDS + ((length + 3) >>> 2);
  const all = length + (words[at + CELL_HEADER_WORDS] as number);
  return CELL_HEADER_WORDS + 1 + ((all + 3) >>> 2);
}

/** Where the value bytes of the record at `at` begin in the bytes of its chunk. */
export function valueStart(words: Int32Array, at: number): number {
  const meta = (words[at + 2] as number) & CELL_META;
  return (meta === 0 ? at + CELL_HEADER_WORDS : at + CELL_HEADER_WORDS + 1) * 4;
}

/** Seq of the last event of the key. */
export function cellSeq(words: Int32Array, at: number): number {
  return ((words[at + 7] as number) >>> 0) + (words[at + 8] as number) * TWO_32;
}

/** The record as an object on the memory of the chunk, which nothing overwrites. */
export function readCell(chunk: Chunk, at: number): Cell {
  const { words, bytes } = chunk;
  const info = words[at + 2] as number;
  const highs = words[at + 5] as number;
  const start = valueStart(words, at);
  const end = start + (words[at + 1] as number);
  const removed = (info & CELL_REMOVE) !== 0;
  const metaLength = words[at + CELL_HEADER_WORDS] as number;
  return makeCell(
    removed ? KIND_REMOVE : KIND_PUT,
    info & 0xff,
    bytes,
    start,
    end,
    (info & CELL_META) === 0 ? undefined : new Uint8Array(bytes.subarray(end, end + metaLength)),
    ((words[at + 4] as number) >>> 0) + (highs & 0xffff) * TWO_32,
    info >>> 16,
    words[at + 3] as number,
    ((words[at + 6] as number) >>> 0) + (highs >>> 16) * TWO_32,
  );
}

/** A second copy of a record, owned by `entry`; its address. */
export function copyCell(arena: Arena, chunk: Chunk, at: number, entry: number): number {
  const size = cellWords(chunk.words, at);
  const address = arena.allocate(size);
  const target = arena.chunkOf(address);
  const to = address & WORD_MASK;
  target.words.set(chunk.words.subarray(at, at + size), to);
  target.words[to] = entry;
  return address;
}
