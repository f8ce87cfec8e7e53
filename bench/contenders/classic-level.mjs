// classic-level with { sync: true } for durable writes; records as its `json` encoding. Point reads
// use getSync and scans iterator.nextv(1000), its quickest ways.

import { above } from '../lib/data.mjs';

const NEXT = 1_000;
const LOAD_PUTS = 10_000;
const SYNC = { sync: true };

export async function probe() {
  await import('classic-level');
}

async function openLevel(dir, valueEncoding) {
  const { ClassicLevel } = await import('classic-level');
  const db = new ClassicLevel(`${dir}/level`, { keyEncoding: 'utf8', valueEncoding });
  await db.open();
  return db;
}

export async function openWrites(dir) {
  const db = await openLevel(dir, 'view');
  return {
    put: (key, value) => db.put(key, value, SYNC),
    transact(keys, values) {
      const batch = keys.map((key, i) => ({ type: 'put', key, value: values[i] }));
      return db.batch(batch, SYNC);
    },
    window: 1_000,
    has: (key) => db.getSync(key) !== undefined,
    close: () => db.close(),
  };
}

export async function load(dir, _mode, pairs) {
  const db = await openLevel(dir, 'json');
  let batch = [];
  for (const [key, value] of pairs) {
    batch.push({ type: 'put', key, value });
    if (batch.length < LOAD_PUTS) continue;
    await db.batch(batch);
    batch = [];
  }
  if (batch.length > 0) await db.batch(batch);
  await db.compactRange('a', 'z');
  await db.close();
}

export async function openReads(dir) {
  const db = await openLevel(dir, 'json');
  return {
    get: (key) => db.getSync(key),
    async scan(prefix) {
      const iterator = db.iterator({ gte: prefix, lt: above(prefix) });
      let sum = 0;
      let count = 0;
      for (;;) {
        const entries = await iterator.nextv(NEXT);
        if (entries.length === 0) break;
        for (const entry of entries) sum += entry[1].qty;
        count += entries.length;
      }
      await iterator.close();
      return { sum, count };
    },
    close: () => db.close(),
  };
}
