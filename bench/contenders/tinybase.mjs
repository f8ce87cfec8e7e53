// TinyBase: one table, one setCell a put. Memory only, as Yjs; its cells hold no bytes, so it gets
// a 100-character string made before the clock starts. Both flatter it.

export async function probe() {
  await import('tinybase');
}

export async function openWrites() {
  const { createStore } = await import('tinybase');
  const store = createStore();
  return {
    put: (key, value) => store.setCell('kv', key, 'v', value),
    convert: (value) => Buffer.from(value).latin1Slice(),
    window: Infinity,
    has: (key) => store.hasRow('kv', key),
    close: async () => {},
  };
}
