// better-sqlite3: WAL, synchronous = FULL, one table without rowid, prepared statements. It is
// synchronous, so it blocks the event loop for every flush and has no row with puts in flight.
// Records are JSON text, parsed on read.

import { above } from '../lib/data.mjs';

const LOAD_PUTS = 100_000;

export async function probe() {
  const { default: Database } = await import('better-sqlite3');
  new Database(':memory:').close();
}

async function openDatabase(dir, synchronous) {
  const { default: Database } = await import('better-sqlite3');
  const db = new Database(`${dir}/kv.sqlite`);
  db.pragma('journal_mode = WAL');
  db.pragma(`synchronous = ${synchronous}`);
  db.exec('create table if not exists kv(k text primary key, v blob) without rowid');
  return db;
}

export async function openWrites(dir) {
  const db = await openDatabase(dir, 'FULL');
  const insert = db.prepare('insert or replace into kv values (?, ?)');
  const select = db.prepare('select 1 from kv where k = ?');
  const insertAll = db.transaction((keys, values) => {
    for (let i = 0; i < keys.length; i += 1) insert.run(keys[i], values[i]);
  });
  return {
    put: (key, value) => insert.run(key, value),
    transact: (keys, values) => insertAll(keys, values),
    window: 1,
    has: (key) => select.get(key) !== undefined,
    close: () => db.close(),
  };
}

export async function load(dir, _mode, pairs) {
  const db = await openDatabase(dir, 'OFF');
  const insert = db.prepare('insert or replace into kv values (?, ?)');
  let count = 0;
  db.exec('begin');
  for (const [key, record] of pairs) {
    insert.run(key, JSON.stringify(record));
    count += 1;
    if (count % LOAD_PUTS === 0) db.exec('commit; begin');
  }
  db.exec('commit');
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
}

export async function openReads(dir) {
  const db = await openDatabase(dir, 'FULL');
  const select = db.prepare('select v from kv where k = ?').pluck();
  const range = db.prepare('select k, v from kv where k >= ? and k < ? order by k').raw();
  return {
    get: (key) => {
      const text = select.get(key);
      return text === undefined ? undefined : JSON.parse(text);
    },
    scan(prefix) {
      let sum = 0;
      let count = 0;
      for (const row of range.iterate(prefix, above(prefix))) {
        sum += JSON.parse(row[1]).qty;
        count += 1;
      }
      return { sum, count };
    },
    close: () => db.close(),
  };
}
