/**
 * Writing integers into bytes that are already there: headers are patched in place, in front of a
 * payload that was written first. Reading is `readU32` and `readU48` of core.
 */

/** Four bytes at `at`. */
export function putU32(target: Uint8Array, at: number, value: number): void {
  target[at] = value;
  target[at + 1] = value >>> 8;
  target[at + 2] = value >>> 16;
  target[at + 3] = value >>> 24;
}

/** Six bytes at `at`; a whole number below 2^48. */
export function putU48(target: Uint8Array, at: number, value: number): void {
  putU32(target, at, value % 0x1_0000_0000);
  const high = Math.floor(value / 0x1_0000_0000);
  target[at + 4] = high;
  target[at + 5] = high >>> 8;
}
