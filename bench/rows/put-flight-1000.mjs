// Durable puts with 1,000 callers, each awaiting its own: what group commit brings, on random keys.

import { floorLog, level, lmdb, ours } from '../lib/contenders.mjs';
import { inFlight } from '../lib/measure-writes.mjs';

export default {
  name: 'put-flight-1000',
  question: 'durable puts, 1,000 in flight, random keys',
  unit: 'put/s',
  better: 'higher',
  sizes: { full: { n: 100_000, callers: 1_000 }, quick: { n: 100_000, callers: 1_000 } },
  contenders: [
    ours('always'),
    floorLog('turn', 'floor: one write + fdatasyncSync a turn'),
    lmdb(),
    level({ share: 0.1 }), // some 100 times slower than the others
  ],
  bars: [
    { against: 'floor', atLeast: 0.6 },
    { against: 'lmdb', atLeast: 3 },
  ],
  measure: inFlight,
};
