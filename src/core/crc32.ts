/**
 * CRC-32 (IEEE 802.3, reflected, as in zlib, PNG and gzip) in plain arithmetic, eight bytes a step
 * ("slicing by 8", M. Kounavis and F. Berry, 2005). It is the quicker one for small inputs, where a
 * call into native code costs more than the sum; for long inputs the `Crypto` port of the real
 * world hands over to zlib. Both give the same number: a test compares them.
 */

const POLYNOMIAL = 0xedb88320;

/** Table `k` (256 numbers from `k * 256` on) advances a byte through `k` more zero bytes. */
function makeTables(): Int32Array {
  const tables = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let sum = byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum & 1) === 1 ? (sum >>> 1) ^ POLYNOMIAL : sum >>> 1;
    tables[byte] = sum;
  }
  for (let at = 256; at < tables.length; at++) {
    const before = tables[at - 256] as number;
    tables[at] = (before >>> 8) ^ (tables[before & 0xff] as number);
  }
  return tables;
}

const TABLES = makeTables();

/**
 * CRC-32 of `data`, continuing from `seed` (the sum of what came before; 0 to begin). An unsigned
 * 32-bit number.
 */
export function crc32(data: Uint8Array, seed = 0): number {
  // A local alias and casts instead of checks: this loop is the cost of every small frame.
  const table = TABLES as unknown as { readonly [index: number]: number };
  const bytes = data as unknown as { readonly [index: number]: number };
  const length = data.length;
  const blockEnd = length - 7;
  let sum = ~seed;
  let at = 0;
  for (; at < blockEnd; at += 8) {
    sum ^=
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    sum =
      (table[1792 + (sum & 0xff)] as number) ^
      (table[1536 + ((sum >>> 8) & 0xff)] as number) ^
      (table[1280 + ((sum >>> 16) & 0xff)] as number) ^
      (table[1024 + (sum >>> 24)] as number) ^
      (table[768 + (bytes[at + 4] as number)] as number) ^
      (table[512 + (bytes[at + 5] as number)] as number) ^
      (table[256 + (bytes[at + 6] as number)] as number) ^
      (table[bytes[at + 7] as number] as number);
  }
  for (; at < length; at++) {
    sum = (sum >>> 8) ^ (table[(sum ^ (bytes[at] as number)) & 0xff] as number);
  }
  return ~sum >>> 0;
}
