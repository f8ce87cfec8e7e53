/**
 * Runs of bytes inside larger memory: copied, compared, looked over. `copyBytes` exists because
 * `slice` of a `Buffer` is a view of the same memory, unlike that of a `Uint8Array`; where a copy
 * of its own is promised, nothing else will do.
 */

/** An own `Uint8Array` (never a `Buffer`) with the bytes from `start` to `end`. */
export function copyBytes(
  source: Uint8Array,
  start = 0,
  end: number = source.length,
): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(end - start);
  copy.set(start === 0 && end === source.length ? source : source.subarray(start, end));
  return copy;
}

/** Whether every byte from `start` to `end` is below 0x80. */
export function isAsciiBytes(source: Uint8Array, start = 0, end: number = source.length): boolean {
  let seen = 0;
  for (let index = start; index < end; index++) seen |= source[index] as number;
  return seen < 0x80;
}

/**
 * Whether `source` from `start` to `end` holds exactly the bytes of `other` from 0 to `otherEnd`.
 */
export function equalRun(
  source: Uint8Array,
  start: number,
  end: number,
  other: Uint8Array,
  otherEnd: number = other.length,
): boolean {
  if (end - start !== otherEnd) return false;
  for (let index = 0; index < otherEnd; index++) {
    if (source[start + index] !== other[index]) return false;
  }
  return true;
}
