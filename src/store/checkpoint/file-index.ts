/**
 * The end of a checkpoint: where each block and each section lies, then the footer. A paged reader
 * finds a key by the first keys in it; every reader learns from it that the parts follow each other
 * without a gap from the header to the index, so that no byte of the file is outside all checksums.
 */
import {
  ByteReader,
  type ByteWriter,
  MalformedBytes,
  equalBytes,
  readU32,
  readU48,
} from '../../core/index.ts';
import { BLOCK_HEADER_BYTES, END_MAGIC, FOOTER_BYTES, HEADER_BYTES } from './format.ts';

/** One block: where it begins (bytes from the start of the file), how long it is, its first key. */
export interface BlockPlace {
  readonly offset: number;
  /** Block header included. */
  readonly length: number;
  readonly entryCount: number;
  readonly firstKey: Uint8Array;
}

/** One section: where its bytes lie, and their checksum. */
export interface SectionPlace {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
  readonly checksum: number;
}

/** What stands between the sections and the footer. */
export interface FileIndex {
  readonly blocks: readonly BlockPlace[];
  readonly sections: readonly SectionPlace[];
}

/** The fixed last bytes of a file. */
export interface Footer {
  readonly indexOffset: number;
  readonly totalLength: number;
  readonly checksum: number;
}

/** Appends the index. */
export function encodeIndex(index: FileIndex, target: ByteWriter): void {
  target.u32(index.blocks.length);
  for (const { offset, length, entryCount, firstKey } of index.blocks) {
    target.u48(offset);
    target.u32(length);
    target.u32(entryCount);
    target.lengthAndBytes(firstKey);
  }
  target.u32(index.sections.length);
  for (const { name, offset, length, checksum } of index.sections) {
    target.lengthAndText(name);
    target.u48(offset);
    target.u48(length);
    target.u32(checksum);
  }
}

/** Reads an index that its checksum vouches for; throws `MalformedBytes`. */
export function decodeIndex(source: Uint8Array, indexOffset: number): FileIndex {
  const reader = new ByteReader(source);
  const blocks: BlockPlace[] = [];
  const sections: SectionPlace[] = [];
  let next = HEADER_BYTES;
  const follow = (offset: number, length: number): void => {
    if (offset !== next) throw new MalformedBytes(`a part at ${offset} where ${next} is next`);
    next = offset + length;
  };
  for (let count = reader.u32(); count > 0; count--) {
    const block = {
      offset: reader.u48(),
      length: reader.u32(),
      entryCount: reader.u32(),
      firstKey: reader.lengthAndBytes(),
    };
    if (block.length <= BLOCK_HEADER_BYTES)
      throw new MalformedBytes(`a block of ${block.length} bytes`);
    follow(block.offset, block.length);
    blocks.push(block);
  }
  for (let count = reader.u32(); count > 0; count--) {
    const name = reader.lengthAndText();
    const section = { name, offset: reader.u48(), length: reader.u48(), checksum: reader.u32() };
    follow(section.offset, section.length);
    sections.push(section);
  }
  reader.finish();
  follow(indexOffset, source.length);
  return { blocks, sections };
}

/** Appends what comes before the checksum in a footer. */
export function encodeFooterPlaces(
  indexOffset: number,
  totalLength: number,
  target: ByteWriter,
): void {
  target.u48(indexOffset);
  target.u48(totalLength);
}

/** The fields of the last 24 bytes, or `undefined` if they do not end in the magic. */
export function decodeFooter(source: Uint8Array): Footer | undefined {
  if (source.length !== FOOTER_BYTES || !equalBytes(source.subarray(16), END_MAGIC))
    return undefined;
  return {
    indexOffset: readU48(source, 0),
    totalLength: readU48(source, 6),
    checksum: readU32(source, 12),
  };
}
