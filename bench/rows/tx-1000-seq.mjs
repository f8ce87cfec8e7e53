// Durable transactions of 1,000 puts on ascending keys: the best case of every B-tree.

import { floorLog, level, lmdb, ours, sqlite } from '../lib/contenders.mjs';
import { transactions } from '../lib/measure-writes.mjs';

const more = { puts: 1_000, sequential: true };

export default {
  name: 'tx-1000-seq',
  question: 'durable transactions of 1,000 puts, ascending keys',
  unit: 'put/s',
  better: 'higher',
  sizes: { full: { n: 100_000, ...more }, quick: { n: 100_000, ...more } },
  contenders: [
    ours('always'),
    floorLog('sync1', 'floor: one write + fdatasyncSync a transaction'),
    lmdb(),
    level(),
    sqlite(),
  ],
  bars: [
    { against: 'floor', atLeast: 0.6 },
    { against: 'classic-level', atLeast: 1 },
    { against: 'lmdb', stated: true },
  ],
  measure: transactions,
};
