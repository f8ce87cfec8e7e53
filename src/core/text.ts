/**
 * Strings ⇄ UTF-8 bytes, quick for the short strings that keys and records are. On Node the native
 * methods of `Buffer` do the work (an ASCII loop in JavaScript beats them below some 24
 * characters); elsewhere `TextEncoder` does. Strings are taken to be well-formed: check with
 * `isWellFormed` first, a lone surrogate would become U+FFFD.
 */

interface NativeText {
  utf8Write(this: Uint8Array, text: string, offset: number): number;
  utf8Slice(this: Uint8Array, start: number, end: number): string;
  latin1Slice(this: Uint8Array, start: number, end: number): string;
}

const native = typeof Buffer === 'function';
// Taken from the prototype and called on any Uint8Array: what callers hand us need not be a Buffer.
const { utf8Write, utf8Slice, latin1Slice } = (native
  ? Buffer.prototype
  : {}) as unknown as NativeText;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const SHORT_TEXT_LENGTH_MAX = 24;

/** Memory that the functions here are quick on: a `Buffer` of its own on Node, zero-filled. */
export function allocateBytes(size: number): Uint8Array<ArrayBuffer> {
  return native ? Buffer.alloc(size) : new Uint8Array(size);
}

/** The same without zero-filling, for memory that is written before it is read. */
export function allocateBytesUnsafe(size: number): Uint8Array<ArrayBuffer> {
  return native ? Buffer.allocUnsafeSlow(size) : new Uint8Array(size);
}

/** The most bytes that `text` can take as UTF-8. */
export function utf8LengthMax(text: string): number {
  return text.length * 3;
}

/**
 * Writes `text` at `offset`, where `utf8LengthMax(text)` bytes must be free; returns bytes written.
 */
export function writeUtf8(target: Uint8Array, offset: number, text: string): number {
  const length = text.length;
  if (length <= SHORT_TEXT_LENGTH_MAX) {
    let index = 0;
    for (; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code > 0x7f) break;
      target[offset + index] = code;
    }
    if (index === length) return length;
  }
  if (native) return utf8Write.call(target, text, offset);
  return encoder.encodeInto(text, target.subarray(offset)).written;
}

/** Reads UTF-8 bytes; `ascii` says that every byte is below 0x80, which is quicker. */
export function readUtf8(source: Uint8Array, start: number, end: number, ascii = false): string {
  if (native) {
    return ascii ? latin1Slice.call(source, start, end) : utf8Slice.call(source, start, end);
  }
  return decoder.decode(source.subarray(start, end));
}

/** Bytes that `text` takes as UTF-8. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code <= 0x7f) continue;
    if (code <= 0x7ff) bytes += 1;
    else if (code >= 0xd800 && code <= 0xdbff) {
      bytes += 2;
      index++;
    } else bytes += 2;
  }
  return bytes;
}

/** Whether `text` has no lone surrogate, that is, has a UTF-8 form. */
export function isWellFormed(text: string): boolean {
  return (text as string & { isWellFormed(): boolean }).isWellFormed();
}
