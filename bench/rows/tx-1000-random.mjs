// Durable transactions of 1,000 puts on random keys: a B-tree dirties about 1,000 pages for each.

import { floorLog, level, lmdb, ours, sqlite } from '../lib/contenders.mjs';
import { transactions } from '../lib/measure-writes.mjs';

export default {
  name: 'tx-1000-random',
  question: 'durable transactions of 1,000 puts, random keys',
  unit: 'put/s',
  better: 'higher',
  sizes: { full: { n: 100_000, puts: 1_000 }, quick: { n: 100_000, puts: 1_000 } },
  contenders: [
    ours('always'),
    floorLog('sync1', 'floor: one write + fdatasyncSync a transaction'),
    lmdb(),
    level(),
    sqlite(),
  ],
  bars: [
    { against: 'floor', atLeast: 0.6 },
    { against: 'lmdb', atLeast: 3 },
    { against: 'better-sqlite3', atLeast: 8 },
  ],
  measure: transactions,
};
