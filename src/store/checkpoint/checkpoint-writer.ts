/**
 * One checkpoint file while it is written, from the first block to the footer; the header goes in
 * last because it counts what stands behind it. Knows nothing of names, renames and verification.
 * Each method writes a bounded piece; the caller decides when to go on.
 */
import { ByteWriter, assert } from '../../core/index.ts';
import type { Crypto, File } from '../../env/index.ts';
import type { EntryState, OriginTable } from '../storage/index.ts';
import { BlockBuilder } from './block-builder.ts';
import { type CheckpointHeader, encodeHeader } from './checkpoint-header.ts';
import {
  type BlockPlace,
  type SectionPlace,
  encodeFooterPlaces,
  encodeIndex,
} from './file-index.ts';
import { END_MAGIC, FOOTER_BYTES, HEADER_BYTES, PlaceSeed } from './format.ts';

/** What a header says apart from what the writer counts. */
export type CheckpointIdentity = Omit<CheckpointHeader, 'entryCount' | 'originCount'>;

const PIECE_BYTES = 1024 * 1024;

export class CheckpointWriter {
  /** Bytes from the start of the file to the end of what was written. */
  position: number = HEADER_BYTES;
  entryCount = 0;
  readonly #crypto: Crypto;
  readonly #file: File;
  readonly #identity: CheckpointIdentity;
  readonly #seed: PlaceSeed;
  readonly #block: BlockBuilder;
  readonly #blocks: BlockPlace[] = [];
  readonly #sections: SectionPlace[] = [];

  constructor(crypto: Crypto, file: File, identity: CheckpointIdentity, origins: OriginTable) {
    this.#crypto = crypto;
    this.#file = file;
    this.#identity = identity;
    this.#seed = new PlaceSeed(crypto, identity.worldId, identity.logId, identity.seq);
    this.#block = new BlockBuilder(origins);
  }

  /** Takes an entry, in ascending order of keys; whether that filled a block, which was written. */
  add(key: string, entry: EntryState): boolean {
    this.#block.add(key, entry);
    this.entryCount++;
    if (!this.#block.isFull) return false;
    this.endBlock();
    return true;
  }

  /** Writes the block that is open, if anything is in it. */
  endBlock(): void {
    const block = this.#block;
    const { entryCount, firstKey } = block;
    if (entryCount === 0) return;
    const offset = this.position;
    const bytes = block.close(this.#crypto, this.#seed.at(offset));
    this.#write(bytes, 0, bytes.length);
    this.#blocks.push({ offset, length: bytes.length, entryCount, firstKey });
    block.clear();
  }

  /** The origins that the entries name, for their section: only after the last block. */
  originBytes(): Uint8Array {
    return this.#block.originBytes();
  }

  /** Writes a section, up to 1 MiB a step. */
  *section(name: string, bytes: Uint8Array): Generator<undefined, void, void> {
    assert(this.#block.entryCount === 0, 'sections follow the last block');
    const offset = this.position;
    let checksum = this.#seed.at(offset);
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      const end = Math.min(at + PIECE_BYTES, bytes.length);
      checksum = this.#crypto.crc32(bytes.subarray(at, end), checksum);
      this.#write(bytes, at, end);
      yield;
    }
    this.#sections.push({ name, offset, length: bytes.length, checksum });
  }

  /** Writes index, footer and header: the file is whole, and not durable yet. */
  finish(): void {
    const header = new ByteWriter(HEADER_BYTES);
    const { entryCount } = this;
    const originCount = this.#block.originCount;
    encodeHeader(this.#crypto, { ...this.#identity, entryCount, originCount }, header);
    const end = new ByteWriter(PIECE_BYTES);
    const indexOffset = this.position;
    encodeIndex({ blocks: this.#blocks, sections: this.#sections }, end);
    encodeFooterPlaces(indexOffset, indexOffset + end.length + FOOTER_BYTES, end);
    end.u32(this.#crypto.crc32(end.view(), this.#crypto.crc32(header.view())));
    end.bytes(END_MAGIC);
    this.#write(end.buffer, 0, end.length);
    writeFully(this.#file, header.view(), { start: 0, end: header.length, position: 0 });
  }

  #write(bytes: Uint8Array, start: number, end: number): void {
    writeFully(this.#file, bytes, { start, end, position: this.position });
    this.position += end - start;
  }
}

function writeFully(
  file: File,
  source: Uint8Array,
  run: { start: number; end: number; position: number },
): void {
  const { start, end, position } = run;
  for (let at = start; at < end; ) {
    const count = file.write(source, at, end - at, position + at - start);
    // A disk that takes nothing and says nothing is full.
    if (count === 0)
      throw Object.assign(new Error('ENOSPC: nothing was written'), { code: 'ENOSPC' });
    at += count;
  }
}
