/**
 * Gathers entries into one block: memory that is used again for each. Origins get numbers of the
 * file in the order in which entries name them, so that equal states give equal bytes, whatever
 * numbers the process has for them.
 */
import { ByteWriter, ORIGIN_BYTES, assert } from '../../core/index.ts';
import type { Crypto } from '../../env/index.ts';
import {
  type Cell,
  type EntryState,
  KIND_REMOVE,
  type OriginTable,
  type View,
} from '../storage/index.ts';
import {
  BLOCK_BYTES,
  BLOCK_HEADER_BYTES,
  FLAG_MANY,
  FLAG_META,
  FLAG_REMOVE,
  VIEW_KINDS,
} from './format.ts';

const KEPT_BYTES = 4 * BLOCK_BYTES;

export class BlockBuilder {
  entryCount = 0;
  readonly #writer: ByteWriter = new ByteWriter(2 * BLOCK_BYTES);
  readonly #origins: OriginTable;
  /** Number in the file + 1, by number in the table. */
  #numbers = new Int32Array(64);
  readonly #named: number[] = [];
  #firstKey: Uint8Array = new Uint8Array(0);

  constructor(origins: OriginTable) {
    this.#origins = origins;
    this.clear();
  }

  /** Whether the block should be closed. */
  get isFull(): boolean {
    return this.#writer.length >= BLOCK_BYTES + BLOCK_HEADER_BYTES;
  }

  get firstKey(): Uint8Array {
    return this.#firstKey;
  }

  get originCount(): number {
    return this.#named.length;
  }

  /** The origins named so far, 32 bytes each, in the order of their numbers in the file. */
  originBytes(): Uint8Array {
    const bytes = new Uint8Array(this.#named.length * ORIGIN_BYTES);
    for (const [at, index] of this.#named.entries()) {
      bytes.set(this.#origins.bytes(index), at * ORIGIN_BYTES);
    }
    return bytes;
  }

  add(key: string, entry: EntryState): void {
    const writer = this.#writer;
    const { siblings, view } = entry;
    const only = siblings.length === 1 && view.kind === 'greatest' ? siblings[0] : undefined;
    writer.u8(only === undefined ? FLAG_MANY : flagsOf(only));
    this.#key(key, entry.seq);
    this.entryCount++;
    if (only !== undefined) return this.#sibling(only);
    assert(siblings.length > 0, 'an entry has a sibling');
    this.#view(view);
    writer.varint(siblings.length);
    for (const sibling of siblings) {
      writer.u8(flagsOf(sibling));
      this.#sibling(sibling);
    }
  }

  /** Closes the block for the place whose checksum seed is given; good until `clear`. */
  close(crypto: Crypto, seed: number): Uint8Array {
    const writer = this.#writer;
    writer.putU32(4, writer.length - BLOCK_HEADER_BYTES);
    writer.putU32(8, this.entryCount);
    writer.putU32(0, crypto.crc32(writer.view(4), seed));
    return writer.view();
  }

  /** Begins the next block. */
  clear(): void {
    this.#writer.reset();
    this.#writer.shrink(KEPT_BYTES);
    this.#writer.ensure(BLOCK_HEADER_BYTES);
    this.#writer.length = BLOCK_HEADER_BYTES;
    this.entryCount = 0;
  }

  #key(key: string, seq: number): void {
    const writer = this.#writer;
    writer.varint(seq);
    let start = writer.length;
    writer.lengthAndText(key);
    if (this.entryCount > 0) return;
    while ((writer.buffer[start++] as number) >= 0x80);
    this.#firstKey = new Uint8Array(writer.buffer.subarray(start, writer.length));
  }

  #sibling(cell: Cell): void {
    const writer = this.#writer;
    writer.varint(this.#numberOf(cell.origin));
    writer.u48(cell.ms);
    writer.varint(cell.counter);
    writer.varint(cell.originSeq);
    const { meta } = cell;
    const isPut = cell.kind !== KIND_REMOVE;
    if (isPut) {
      writer.u8(cell.valueHead);
      writer.varint(cell.end - cell.start);
    }
    if (meta !== undefined) writer.varint(meta.length);
    if (isPut) writer.bytes(cell.source, cell.start, cell.end);
    if (meta !== undefined) writer.bytes(meta);
  }

  #view(view: View): void {
    const writer = this.#writer;
    writer.u8(VIEW_KINDS.indexOf(view.kind));
    if (view.kind === 'sibling') writer.varint(view.index);
    if (view.kind !== 'value') return;
    writer.u8(view.valueHead);
    writer.lengthAndBytes(view.bytes);
  }

  #numberOf(origin: number): number {
    const known = this.#numbers[origin];
    if (known === undefined) {
      const grown = new Int32Array(Math.max(this.#numbers.length * 2, origin + 1));
      grown.set(this.#numbers);
      this.#numbers = grown;
    } else if (known > 0) return known - 1;
    this.#named.push(origin);
    this.#numbers[origin] = this.#named.length;
    return this.#named.length - 1;
  }
}

function flagsOf(cell: Cell): number {
  const meta = cell.meta === undefined ? 0 : FLAG_META;
  return cell.kind === KIND_REMOVE ? FLAG_REMOVE | meta : meta;
}
