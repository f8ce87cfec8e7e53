// The data that every contender gets: 16-byte keys, 100-byte values, small JSON records.
// All of it follows from the index alone, so two processes make the same bytes. Keys and values are
// made before the clock starts; keys are flat one-byte strings, so nobody pays for flattening them.

const PERMUTATION_FACTOR = 611_953; // coprime to every N that divides a power of ten
const VALUE_POOL = 4_096;
const KEY_DIGITS = 15;
const COLOURS = ['red', 'green', 'blue', 'black', 'white', 'amber', 'coral'];
const SIZES = ['small', 'large', 'wide', 'tall'];

/** The i-th index of the fixed pseudo-random permutation of 0 … n − 1. */
export function permuted(i, n) {
  return (i * PERMUTATION_FACTOR) % n;
}

/** The key of an index: one letter and 15 digits, ordered as the index is. */
export function keyOf(index, letter = 'k') {
  const text = letter + String(index).padStart(KEY_DIGITS, '0');
  return Buffer.from(text, 'latin1').latin1Slice(); // a fresh flat string, its hash not yet computed
}

/** n keys, in permuted order unless `sequential`. */
export function makeKeys(n, { sequential = false, letter = 'k' } = {}) {
  const keys = new Array(n);
  for (let i = 0; i < n; i += 1) keys[i] = keyOf(sequential ? i : permuted(i, n), letter);
  return keys;
}

/** A pool of 100-byte values, incompressible, from a fixed seed. */
export function makeValues() {
  const values = new Array(VALUE_POOL);
  let state = 0x9e3779b9;
  for (let i = 0; i < VALUE_POOL; i += 1) {
    const bytes = new Uint8Array(100);
    for (let j = 0; j < 100; j += 1) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      bytes[j] = state & 0xff;
    }
    values[i] = bytes;
  }
  return values;
}

/** The value that goes with the i-th write. */
export function valueAt(values, i) {
  return values[i % VALUE_POOL];
}

/** The small record of an index: about 85 bytes as JSON. */
export function recordOf(index) {
  return {
    id: index,
    name: `article no. ${index} of a list`,
    qty: index % 1_000,
    tags: [COLOURS[index % 7], SIZES[index % 4]],
  };
}

/** [key, record] pairs 0 … n − 1 in permuted order, for loading. */
export function* records(n) {
  for (let i = 0; i < n; i += 1) {
    const index = permuted(i, n);
    yield [keyOf(index), recordOf(index)];
  }
}

/** Bytes of keys and values as JSON of n records: what "raw" means in the memory row. */
export function rawBytes(n) {
  let sum = 0;
  for (let i = 0; i < n; i += 1) sum += KEY_DIGITS + 1 + JSON.stringify(recordOf(i)).length;
  return sum;
}

/** The prefix of the d-th run of 100,000 consecutive keys (d from 0 to 9). */
export function prefixOf100k(d) {
  return `k000000000${d}`;
}

/** The first string above every string with this prefix. */
export function above(prefix) {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}
