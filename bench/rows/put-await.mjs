// One awaited durable put at a time, one caller: how close to append + fdatasync, and against peers.

import { floorLog, level, lmdb, ours, sqlite } from '../lib/contenders.mjs';
import { awaitEach } from '../lib/measure-writes.mjs';

export default {
  name: 'put-await',
  question: 'one awaited durable put at a time, one caller',
  unit: 'put/s',
  better: 'higher',
  sizes: { full: { n: 10_000 }, quick: { n: 5_000 } },
  contenders: [
    ours('always'),
    floorLog('sync1', 'floor: writeSync + fdatasyncSync'),
    floorLog('async1', 'writeSync + fs.fdatasync', 'variant'),
    lmdb(),
    level(),
    sqlite(),
  ],
  bars: [
    { against: 'floor', atLeast: 0.8 },
    { against: 'lmdb', atLeast: 1 },
    { against: 'classic-level', atLeast: 1 },
    { against: 'better-sqlite3', stated: true },
  ],
  measure: awaitEach,
};
