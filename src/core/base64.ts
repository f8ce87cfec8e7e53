/**
 * Bytes ⇄ standard base64 (RFC 4648 § 4, padded), in one form only: text that this module would not
 * have written (other alphabet, missing padding, spaces, stray bits) is not accepted. Native on
 * Node.
 */

const native = typeof Buffer === 'function';
const SHAPE = /^[A-Za-z0-9+/]*={0,2}$/;

/** The base64 text of `bytes`. */
export function encodeBase64(bytes: Uint8Array): string {
  if (native)
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  let binary = '';
  for (let index = 0; index < bytes.length; index++)
    binary += String.fromCharCode(bytes[index] as number);
  return btoa(binary);
}

/** The bytes that `text` stands for in an own array, or `undefined` if it is not strict base64. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 4 !== 0 || !SHAPE.test(text)) return undefined;
  const bytes = decodeShaped(text);
  if (bytes === undefined) return undefined;
  // Only the last group can hold stray bits or misplaced padding.
  const tail = bytes.subarray(Math.max(0, Math.ceil(bytes.length / 3) - 1) * 3);
  return encodeBase64(tail) === text.slice(-4) ? bytes : undefined;
}

function decodeShaped(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (native) return new Uint8Array(Buffer.from(text, 'base64'));
  try {
    return Uint8Array.from(atob(text), (unit) => unit.charCodeAt(0));
  } catch {
    return undefined;
  }
}
