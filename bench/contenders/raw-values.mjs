// Floor of `sync-bytes`: the bytes of the 16-byte keys and the 100-byte values themselves.

const KEY_BYTES = 16;
const VALUE_BYTES = 100;

export async function probe() {}

export async function transfer({ n }) {
  return { bytes: n * (KEY_BYTES + VALUE_BYTES) };
}
