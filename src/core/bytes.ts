/**
 * Bytes compared and shown as text: equality, and lower-case hex, which is how ids, digests and
 * hashes appear wherever people or JSON see them.
 */

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, '0'),
);
const HEX_TEXT = /^(?:[0-9a-f]{2})*$/;

/** Whether both hold the same bytes. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index++) {
    if (left[index] !== right[index]) return false;
  }
  return true;
}

/** Lower-case hex of the bytes from `start` to `end`. */
export function hexOf(source: Uint8Array, start = 0, end: number = source.length): string {
  let text = '';
  for (let index = start; index < end; index++) text += HEX[source[index] as number] as string;
  return text;
}

/** The bytes of lower-case hex text, or `undefined` if it is none. */
export function bytesOfHex(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!HEX_TEXT.test(text)) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  for (let index = 0; index < bytes.length; index++) {
    bytes[index] = Number.parseInt(text.slice(index * 2, index * 2 + 2), 16);
  }
  return bytes;
}
