/**
 * A growing buffer that formats are written into: fixed little-endian integers, varints (unsigned
 * LEB128 up to 2^53 − 1), raw bytes and UTF-8 text. Made once and reset, so that the write path
 * allocates nothing. The bytes below `length` are valid until the next `reset`; growing moves them,
 * so keep offsets, not views.
 */
import { copyBytes } from './byte-run.ts';
import { allocateBytesUnsafe, utf8LengthMax, writeUtf8 } from './text.ts';

export class ByteWriter {
  /** The memory; valid below `length`. Replaced when it grows. */
  buffer: Uint8Array<ArrayBuffer>;
  /** Bytes written so far; may be set lower to take writes back. */
  length = 0;

  constructor(capacity = 1024) {
    this.buffer = allocateBytesUnsafe(capacity);
  }

  /** Makes room for `count` more bytes. */
  ensure(count: number): void {
    const needed = this.length + count;
    if (needed <= this.buffer.length) return;
    const grown = allocateBytesUnsafe(Math.max(needed, this.buffer.length * 2));
    grown.set(this.buffer.subarray(0, this.length));
    this.buffer = grown;
  }

  reset(): void {
    this.length = 0;
  }

  /** Gives memory above `capacity` bytes back; only when nothing is written. */
  shrink(capacity: number): void {
    if (this.length === 0 && this.buffer.length > capacity) {
      this.buffer = allocateBytesUnsafe(capacity);
    }
  }

  u8(value: number): void {
    this.ensure(1);
    this.buffer[this.length++] = value;
  }

  u16(value: number): void {
    this.ensure(2);
    const { buffer, length } = this;
    buffer[length] = value;
    buffer[length + 1] = value >>> 8;
    this.length = length + 2;
  }

  u32(value: number): void {
    this.ensure(4);
    this.putU32(this.length, value);
    this.length += 4;
  }

  /** A whole number below 2^48. */
  u48(value: number): void {
    this.ensure(6);
    this.putU32(this.length, value % 0x1_0000_0000);
    const high = Math.floor(value / 0x1_0000_0000);
    this.buffer[this.length + 4] = high;
    this.buffer[this.length + 5] = high >>> 8;
    this.length += 6;
  }

  /** Overwrites four bytes already written (or reserved) at `offset`. */
  putU32(offset: number, value: number): void {
    const { buffer } = this;
    buffer[offset] = value;
    buffer[offset + 1] = value >>> 8;
    buffer[offset + 2] = value >>> 16;
    buffer[offset + 3] = value >>> 24;
  }

  /** Unsigned LEB128 of a whole number up to 2^53 − 1. */
  varint(value: number): void {
    this.ensure(8);
    const { buffer } = this;
    let { length } = this;
    while (value > 0x7fff_ffff) {
      buffer[length++] = (value % 128) | 0x80;
      value = Math.floor(value / 128);
    }
    while (value > 127) {
      buffer[length++] = (value & 0x7f) | 0x80;
      value >>>= 7;
    }
    buffer[length++] = value;
    this.length = length;
  }

  bytes(source: Uint8Array, start = 0, end: number = source.length): void {
    const count = end - start;
    this.ensure(count);
    this.buffer.set(
      start === 0 && end === source.length ? source : source.subarray(start, end),
      this.length,
    );
    this.length += count;
  }

  /** UTF-8 without a length before it; returns bytes written. */
  text(text: string): number {
    this.ensure(utf8LengthMax(text));
    const written = writeUtf8(this.buffer, this.length, text);
    this.length += written;
    return written;
  }

  /** A varint byte length, then UTF-8. */
  lengthAndText(text: string): void {
    const start = this.length;
    const written = (this.u8(0), this.text(text));
    if (written < 128) {
      this.buffer[start] = written;
      return;
    }
    this.length = start;
    this.varint(written);
    this.text(text);
  }

  lengthAndBytes(source: Uint8Array): void {
    this.varint(source.length);
    this.bytes(source);
  }

  /** An own copy of what was written. */
  toBytes(): Uint8Array {
    return copyBytes(this.buffer, 0, this.length);
  }

  /** A view of what was written; valid until the next write. */
  view(start = 0): Uint8Array<ArrayBuffer> {
    return this.buffer.subarray(start, this.length);
  }
}
