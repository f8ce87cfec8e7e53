// Yjs: one Y.Map, one set (its own transaction) a put. Memory only: nothing is written to disk,
// which flatters it in every write row.

export async function probe() {
  await import('yjs');
}

export async function openWrites() {
  const Y = await import('yjs');
  const map = new Y.Doc().getMap('kv');
  return {
    put: (key, value) => map.set(key, value),
    window: Infinity,
    has: (key) => map.has(key),
    close: async () => {},
  };
}
