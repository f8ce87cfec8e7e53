/**
 * The constants of checkpoint format 1 and the names of its files. docs/formats/checkpoint.md says
 * the same in words, with a worked example that a test regenerates from this code. A change of any
 * number here is a new format.
 */
import type { Crypto } from '../../env/index.ts';

/** The format that this code writes, and the highest that it reads. */
export const CHECKPOINT_FORMAT = 1;
/** `ADASTCKP`, the first bytes of every checkpoint. */
export const CHECKPOINT_MAGIC: Uint8Array = asciiBytes('ADASTCKP');
/** `ADASTEND`, the last bytes of every whole checkpoint. */
export const END_MAGIC: Uint8Array = asciiBytes('ADASTEND');
/** Bytes of the header, its checksum included. */
export const HEADER_BYTES = 168;
/** The longest header that a later format may have; a length above it is damage. */
export const HEADER_BYTES_MAX: number = 64 * 1024;
/** Bytes before the entries of a block: checksum, length of the entries, number of entries. */
export const BLOCK_HEADER_BYTES = 12;
/** A block is closed once its entries take this many bytes. */
export const BLOCK_BYTES: number = 64 * 1024;
/** Bytes of the footer: index offset, total length, checksum, magic. */
export const FOOTER_BYTES = 24;
/** The section with the origins that entries name by number. */
export const ORIGINS_SECTION = 'origins';
export const ID_BYTES = 16;
export const DIGEST_BYTES = 32;

/** First byte of an entry, and of each sibling of an entry with several. */
export const FLAG_REMOVE = 1;
export const FLAG_META = 2;
/** First byte of an entry only: view and number of siblings follow. */
export const FLAG_MANY = 4;

/** How a view is written; the place in this list is the number in the file. */
export const VIEW_KINDS = ['greatest', 'sibling', 'value', 'undecided', 'absent'] as const;

const SUFFIX = '.ckpt';
/** Behind the name of a checkpoint while it is written, and while it is removed. */
export const ASIDE = '.tmp';
const SEQ_DIGITS = 16;

/** `0000000000000042.ckpt` for seq 42. */
export function checkpointName(seq: number): string {
  return `${String(seq).padStart(SEQ_DIGITS, '0')}${SUFFIX}`;
}

/** The seq in a file name, or `undefined` for any other name (unfinished ones among them). */
export function checkpointSeq(name: string): number | undefined {
  return /^\d{16}\.ckpt$/.test(name) ? Number(name.slice(0, SEQ_DIGITS)) : undefined;
}

/** Whether a writer that did not finish left this file. */
export function isUnfinishedName(name: string): boolean {
  return /^\d{16}\.ckpt\.tmp$/.test(name);
}

/**
 * What checksums of blocks and sections begin with: world, log, seq and the offset of what is
 * summed, so that no piece is valid in another file or at another place.
 */
export class PlaceSeed {
  readonly #crypto: Crypto;
  readonly #ofFile: number;
  readonly #offset = new Uint8Array(8);

  constructor(crypto: Crypto, worldId: Uint8Array, logId: Uint8Array, seq: number) {
    this.#crypto = crypto;
    this.#putOffset(seq);
    const ids = crypto.crc32(logId, crypto.crc32(worldId));
    this.#ofFile = crypto.crc32(this.#offset, ids);
  }

  at(offset: number): number {
    this.#putOffset(offset);
    return this.#crypto.crc32(this.#offset, this.#ofFile);
  }

  #putOffset(value: number): void {
    let rest = value;
    for (let at = 0; at < 8; at++) {
      this.#offset[at] = rest % 256;
      rest = Math.floor(rest / 256);
    }
  }
}

function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}
