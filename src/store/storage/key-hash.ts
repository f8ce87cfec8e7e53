/**
 * The hash of the key table: MurmurHash3 (32 bit) over the UTF-8 bytes of a key, with a seed drawn
 * per process so that nobody can prepare keys that collide. Local to the process: it appears in no
 * format. Results are signed 32-bit numbers, which V8 keeps out of the heap.
 */

/** Returned for a key that is not ASCII; `hashBytes` of its UTF-8 is its hash. */
export const NOT_ASCII = -1;

const C1 = 0xcc9e2d51 | 0;
const C2 = 0x1b873593;

function mix(hash: number, block: number): number {
  let k = Math.imul(block, C1);
  k = (k << 15) | (k >>> 17);
  const h = hash ^ Math.imul(k, C2);
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

function mixRest(hash: number, rest: number): number {
  const k = Math.imul(rest, C1);
  return hash ^ Math.imul((k << 15) | (k >>> 17), C2);
}

function finish(hash: number, length: number): number {
  let h = hash ^ length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  h ^= h >>> 16;
  // NOT_ASCII is no hash, so that one number tells both.
  return h === NOT_ASCII ? 0 : h;
}

/** The hash of an ASCII key, straight from its characters, or `NOT_ASCII`. */
export function hashAscii(key: string, seed: number): number {
  const length = key.length;
  const whole = length & ~3;
  let hash = seed | 0;
  let seen = 0;
  let index = 0;
  for (; index < whole; index += 4) {
    const a = key.charCodeAt(index);
    const b = key.charCodeAt(index + 1);
    const c = key.charCodeAt(index + 2);
    const d = key.charCodeAt(index + 3);
    seen |= a | b | c | d;
    hash = mix(hash, a | (b << 8) | (c << 16) | (d << 24));
  }
  let rest = 0;
  for (let shift = 0; index < length; index++, shift += 8) {
    const code = key.charCodeAt(index);
    seen |= code;
    rest |= code << shift;
  }
  if (seen > 0x7f) return NOT_ASCII;
  if (length > whole) hash = mixRest(hash, rest);
  return finish(hash, length);
}

/** The same hash over UTF-8 bytes. */
export function hashBytes(source: Uint8Array, start: number, end: number, seed: number): number {
  const whole = start + ((end - start) & ~3);
  let hash = seed | 0;
  let index = start;
  for (; index < whole; index += 4) {
    hash = mix(
      hash,
      (source[index] as number) |
        ((source[index + 1] as number) << 8) |
        ((source[index + 2] as number) << 16) |
        ((source[index + 3] as number) << 24),
    );
  }
  let rest = 0;
  for (let shift = 0; index < end; index++, shift += 8) rest |= (source[index] as number) << shift;
  if (end > whole) hash = mixRest(hash, rest);
  return finish(hash, end - start);
}
