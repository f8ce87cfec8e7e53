// The floor of the memory row: the bytes of the keys and of the values as JSON, nothing around them.

import { rawBytes } from '../lib/data.mjs';

export async function probe() {}

export function bytesOf(n) {
  return rawBytes(n);
}
