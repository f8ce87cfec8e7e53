// A million puts at level `os`, one call each: the cost of a put without any flush.

import { floorLog, lmdbNoSync, ours, tinybase, yjs } from '../lib/contenders.mjs';
import { callEach } from '../lib/measure-writes.mjs';

export default {
  name: 'put-os-1m',
  question: 'level os, 1 M puts, one call each, random keys',
  unit: 'put/s',
  better: 'higher',
  sizes: { full: { n: 1_000_000 }, quick: { n: 200_000 } },
  contenders: [
    ours('os'),
    floorLog('os', 'floor: frame, promise, Map, write'),
    lmdbNoSync(),
    yjs(),
    tinybase(),
  ],
  bars: [
    { against: 'lmdb', atLeast: 1 },
    { against: 'yjs', atLeast: 1 },
    { against: 'tinybase', atLeast: 1 },
  ],
  measure: callEach,
};
