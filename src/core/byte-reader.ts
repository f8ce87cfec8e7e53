/**
 * Reads what `ByteWriter` wrote, from memory that may hold anything: every read checks its bounds
 * and throws `MalformedBytes` (never an untyped error, never an allocation by a length that has not
 * been checked against what is there). Decoders catch it at their edge and say what it means there.
 */
import { copyBytes, equalRun } from './byte-run.ts';
import { readUtf8, utf8Length, writeUtf8 } from './text.ts';

/** What was read is not what the format says. */
export class MalformedBytes extends Error {
  override readonly name = 'MalformedBytes';
}

export class ByteReader {
  source: Uint8Array;
  /** The next byte to read. */
  offset: number;
  end: number;

  constructor(source: Uint8Array, start = 0, end: number = source.length) {
    this.source = source;
    this.offset = start;
    this.end = end;
  }

  /** Reads from other memory with the same object. */
  rewind(source: Uint8Array, start: number, end: number): void {
    this.source = source;
    this.offset = start;
    this.end = end;
  }

  get remaining(): number {
    return this.end - this.offset;
  }

  /** Moves over `count` bytes; returns where they begin. */
  skip(count: number): number {
    const start = this.offset;
    if (count > this.end - start)
      throw new MalformedBytes(`${count} bytes wanted, ${this.end - start} left`);
    this.offset = start + count;
    return start;
  }

  u8(): number {
    return this.source[this.skip(1)] as number;
  }

  u16(): number {
    const at = this.skip(2);
    return (this.source[at] as number) | ((this.source[at + 1] as number) << 8);
  }

  u32(): number {
    return readU32(this.source, this.skip(4));
  }

  u48(): number {
    const at = this.skip(6);
    const { source } = this;
    const high = (source[at + 4] as number) | ((source[at + 5] as number) << 8);
    return readU32(source, at) + high * 0x1_0000_0000;
  }

  varint(): number {
    const { source, end } = this;
    let { offset } = this;
    let value = 0;
    let scale = 1;
    for (;;) {
      if (offset >= end) throw new MalformedBytes('varint runs past the end');
      const byte = source[offset++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
      scale *= 128;
      if (scale > 0x2_0000_0000_0000) throw new MalformedBytes('varint too long');
    }
    // One number, one encoding: what is read back and written again gives the same bytes.
    if (scale > 1 && source[offset - 1] === 0)
      throw new MalformedBytes('varint not in its shortest form');
    if (value > Number.MAX_SAFE_INTEGER) throw new MalformedBytes('varint above 2^53 − 1');
    this.offset = offset;
    return value;
  }

  /** An own copy of `count` bytes. */
  bytes(count: number): Uint8Array {
    const at = this.skip(count);
    return copyBytes(this.source, at, at + count);
  }

  /** A view of `count` bytes; valid as long as the memory below it. */
  view(count: number): Uint8Array {
    const at = this.skip(count);
    return this.source.subarray(at, at + count);
  }

  /** UTF-8 of `byteLength` bytes; bytes that no string has are malformed. */
  text(byteLength: number): string {
    const at = this.skip(byteLength);
    const text = readUtf8(this.source, at, at + byteLength);
    // Bad bytes are read as U+FFFD, which is rare in good text.
    if (text.includes('\ufffd') && !hasBytes(text, this.source, at, at + byteLength)) {
      throw new MalformedBytes('text is not UTF-8');
    }
    return text;
  }

  lengthAndText(): string {
    return this.text(this.varint());
  }

  lengthAndBytes(): Uint8Array {
    return this.bytes(this.varint());
  }

  /** Everything must have been read. */
  finish(): void {
    if (this.offset !== this.end)
      throw new MalformedBytes(`${this.end - this.offset} bytes too many`);
  }
}

function hasBytes(text: string, source: Uint8Array, start: number, end: number): boolean {
  const bytes = new Uint8Array(utf8Length(text));
  writeUtf8(bytes, 0, text);
  return equalRun(source, start, end, bytes);
}

export function readU32(source: Uint8Array, at: number): number {
  return (
    ((source[at] as number) |
      ((source[at + 1] as number) << 8) |
      ((source[at + 2] as number) << 16) |
      ((source[at + 3] as number) << 24)) >>>
    0
  );
}

export function readU48(source: Uint8Array, at: number): number {
  const high = (source[at + 4] as number) | ((source[at + 5] as number) << 8);
  return readU32(source, at) + high * 0x1_0000_0000;
}
