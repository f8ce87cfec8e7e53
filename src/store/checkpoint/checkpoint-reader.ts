/**
 * One checkpoint file, open for reading. Opening checks header, footer and index and that together
 * they account for every byte; a block or section is checked against its own checksum before
 * anything of it is handed on. Reads at least 1 MiB at a time into memory that is used again.
 * Throws `AdastraError`s that name file, offset and reason.
 */
import { type AdastraError, MalformedBytes, equalBytes, readU32 } from '../../core/index.ts';
import type { Crypto, Env, File } from '../../env/index.ts';
import type { BlockParser, EntrySink } from './block-parser.ts';
import { damaged, tooNew } from './checkpoint-fault.ts';
import { type CheckpointHeader, decodeHeader } from './checkpoint-header.ts';
import { type FileIndex, type Footer, decodeFooter, decodeIndex } from './file-index.ts';
import { BLOCK_HEADER_BYTES, FOOTER_BYTES, HEADER_BYTES, PlaceSeed } from './format.ts';

const READ_BYTES = 1024 * 1024;

export class CheckpointReader {
  readonly header: CheckpointHeader;
  readonly index: FileIndex;
  readonly sizeBytes: number;
  readonly #crypto: Crypto;
  readonly #file: File;
  readonly #path: string;
  readonly #seed: PlaceSeed;
  #window: Uint8Array = new Uint8Array(0);
  #windowStart = 0;
  #windowEnd = 0;

  /** Reads from `file`, which stays the caller's to close. */
  constructor(crypto: Crypto, file: File, path: string) {
    this.#crypto = crypto;
    this.#file = file;
    this.#path = path;
    this.sizeBytes = file.stat().sizeBytes;
    this.header = readHeader(crypto, file, path);
    const { worldId, logId, seq } = this.header;
    this.#seed = new PlaceSeed(crypto, worldId, logId, seq);
    this.index = this.#readIndex(this.#readFooter());
    this.#checkCounts();
  }

  /** Checks block `number` and hands its entries to `sink`. */
  readBlock(number: number, parser: BlockParser, sink: EntrySink): void {
    const place = this.index.blocks[number];
    if (place === undefined) throw this.#damaged(0, `no block ${number}`);
    const { offset, length, entryCount, firstKey } = place;
    const start = this.#load(offset, length);
    const source = this.#window;
    const sum = this.#crypto.crc32(
      source.subarray(start + 4, start + length),
      this.#seed.at(offset),
    );
    if (readU32(source, start) !== sum) throw this.#damaged(offset, 'checksum of a block');
    const bytes = readU32(source, start + 4);
    if (bytes !== length - BLOCK_HEADER_BYTES || readU32(source, start + 8) !== entryCount) {
      throw this.#damaged(offset, 'a block and its place in the index differ');
    }
    try {
      parser.parse(source, start + BLOCK_HEADER_BYTES, start + length, entryCount, sink);
    } catch (error) {
      throw error instanceof MalformedBytes ? this.#damaged(offset, error.message) : error;
    }
    if (!equalBytes(source.subarray(parser.firstKeyStart, parser.firstKeyEnd), firstKey)) {
      throw this.#damaged(offset, 'the first key of a block and of its place in the index differ');
    }
  }

  /** The bytes of a section, on memory of their own; `undefined` if there is none of that name. */
  readSection(name: string): Uint8Array | undefined {
    const place = this.index.sections.find((section) => section.name === name);
    if (place === undefined) return undefined;
    const bytes = new Uint8Array(place.length);
    this.#readInto(bytes, place.offset, place.length);
    const sum = this.#crypto.crc32(bytes, this.#seed.at(place.offset));
    if (sum !== place.checksum) throw this.#damaged(place.offset, `checksum of section ${name}`);
    return bytes;
  }

  /** Checks a section of any size without holding more than a piece of it, one piece a step. */
  *checkSection(number: number): Generator<undefined, void, void> {
    const place = this.index.sections[number];
    if (place === undefined) return;
    let sum = this.#seed.at(place.offset);
    for (let at = 0; at < place.length; at += READ_BYTES) {
      const length = Math.min(READ_BYTES, place.length - at);
      const start = this.#load(place.offset + at, length);
      sum = this.#crypto.crc32(this.#window.subarray(start, start + length), sum);
      yield;
    }
    if (sum !== place.checksum)
      throw this.#damaged(place.offset, `checksum of section ${place.name}`);
  }

  #readFooter(): Footer {
    const { sizeBytes } = this;
    if (sizeBytes < HEADER_BYTES + FOOTER_BYTES)
      throw this.#damaged(sizeBytes, 'the file is cut short');
    const at = sizeBytes - FOOTER_BYTES;
    const bytes = new Uint8Array(FOOTER_BYTES);
    this.#readInto(bytes, at, FOOTER_BYTES);
    const footer = decodeFooter(bytes);
    if (footer === undefined) throw this.#damaged(at, 'the file does not end as a whole one does');
    if (footer.totalLength !== sizeBytes) {
      throw this.#damaged(at, `the file has ${sizeBytes} bytes, not ${footer.totalLength}`);
    }
    if (footer.indexOffset < HEADER_BYTES || footer.indexOffset > at) {
      throw this.#damaged(at, 'place of the index');
    }
    return footer;
  }

  #readIndex(footer: Footer): FileIndex {
    const { indexOffset, checksum } = footer;
    const start = indexOffset;
    const length = this.sizeBytes - FOOTER_BYTES - start;
    const bytes = new Uint8Array(length + 12);
    this.#readInto(bytes, start, bytes.length);
    const header = new Uint8Array(HEADER_BYTES);
    this.#readInto(header, 0, HEADER_BYTES);
    if (this.#crypto.crc32(bytes, this.#crypto.crc32(header)) !== checksum) {
      throw this.#damaged(start, 'checksum of header, index and footer');
    }
    try {
      return decodeIndex(bytes.subarray(0, length), start);
    } catch (error) {
      throw error instanceof MalformedBytes ? this.#damaged(start, error.message) : error;
    }
  }

  #checkCounts(): void {
    let entries = 0;
    for (const block of this.index.blocks) entries += block.entryCount;
    const { entryCount } = this.header;
    if (entries === entryCount) return;
    throw this.#damaged(0, `${entries} entries in the index, ${entryCount} in the header`);
  }

  /** Makes a run of the file present in the window; where in it the run begins. */
  #load(offset: number, length: number): number {
    const isThere = offset >= this.#windowStart && offset + length <= this.#windowEnd;
    if (isThere) return offset - this.#windowStart;
    const wanted = Math.max(length, Math.min(READ_BYTES, this.sizeBytes - offset));
    if (this.#window.length < wanted) this.#window = new Uint8Array(Math.max(wanted, READ_BYTES));
    this.#windowEnd = 0;
    this.#readInto(this.#window, offset, wanted);
    this.#windowStart = offset;
    this.#windowEnd = offset + wanted;
    return 0;
  }

  #readInto(target: Uint8Array, position: number, length: number): void {
    if (readFully(this.#file, target, position, length) < length) {
      throw this.#damaged(position, 'the file is cut short');
    }
  }

  #damaged(offset: number, reason: string): AdastraError {
    return damaged(this.#path, offset, reason);
  }
}

/** Opens a checkpoint, hands it to `use` and closes it. */
export function withReader<T>(
  env: Pick<Env, 'fs' | 'crypto'>,
  path: string,
  use: (reader: CheckpointReader) => T,
): T {
  const file = env.fs.open(path, 'read');
  try {
    return use(new CheckpointReader(env.crypto, file, path));
  } finally {
    file.close();
  }
}

/** Reads and checks the header of an open checkpoint. */
export function readHeader(crypto: Crypto, file: File, path: string): CheckpointHeader {
  for (let wanted = HEADER_BYTES; ; ) {
    const bytes = new Uint8Array(wanted);
    const found = readFully(file, bytes, 0, wanted);
    const reading = decodeHeader(crypto, bytes.subarray(0, found));
    if (reading.kind === 'header') return reading.header;
    if (reading.kind === 'unsupported') throw tooNew(path, reading.format);
    if (reading.kind === 'bad') throw damaged(path, reading.offset, reading.reason);
    if (found < wanted || reading.bytes <= wanted)
      throw damaged(path, found, 'the header is cut short');
    wanted = reading.bytes;
  }
}

/** Bytes read: fewer than `length` only at the end of the file. */
function readFully(file: File, target: Uint8Array, position: number, length: number): number {
  let done = 0;
  while (done < length) {
    const count = file.read(target, done, length - done, position + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}
