// lmdb. Mode `flushed`: await the put, then db.flushed, the only documented durable wait under its
// default settings. Mode `nosync`: noSync: true. Written values are plain bytes, read ones are its
// default msgpack, decoded to objects.

import { above } from '../lib/data.mjs';

const LOAD_PUTS = 50_000;

export async function probe() {
  await import('lmdb');
}

export async function openWrites(dir, mode) {
  const { open } = await import('lmdb');
  const durable = mode === 'flushed';
  const db = open({ path: `${dir}/lmdb`, encoding: 'binary', noSync: !durable });
  return {
    put: durable
      ? async (key, value) => {
          await db.put(key, value);
          await db.flushed;
        }
      : (key, value) => db.put(key, value),
    async transact(keys, values) {
      await db.batch(() => {
        for (let i = 0; i < keys.length; i += 1) db.put(keys[i], values[i]);
      });
      if (durable) await db.flushed;
    },
    window: Infinity,
    has: (key) => db.doesExist(key),
    close: () => db.close(),
  };
}

export async function load(dir, _mode, pairs) {
  const { open } = await import('lmdb');
  const db = open({ path: `${dir}/lmdb`, noSync: true });
  let last;
  let count = 0;
  for (const [key, record] of pairs) {
    last = db.put(key, record);
    count += 1;
    if (count % LOAD_PUTS === 0) await last;
  }
  await last;
  await db.close();
}

export async function openReads(dir) {
  const { open } = await import('lmdb');
  const db = open({ path: `${dir}/lmdb` });
  return {
    get: (key) => db.get(key),
    scan(prefix) {
      let sum = 0;
      let count = 0;
      for (const { value } of db.getRange({ start: prefix, end: above(prefix) })) {
        sum += value.qty;
        count += 1;
      }
      return { sum, count };
    },
    close: () => db.close(),
  };
}
