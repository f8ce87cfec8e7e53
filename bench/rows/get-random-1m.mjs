// Random get of a decoded JSON record out of 1 M, page cache warm.

import {
  levelLoaded,
  lmdbLoaded,
  mapOfObjects,
  mapOfOffsets,
  oursLoaded,
  sqliteLoaded,
} from '../lib/contenders.mjs';
import { randomGets } from '../lib/measure-reads.mjs';

export default {
  name: 'get-random-1m',
  question: 'random get of a decoded JSON record out of 1 M',
  unit: 'get/s',
  better: 'higher',
  sizes: { full: { n: 1_000_000, gets: 500_000 }, quick: { n: 200_000, gets: 100_000 } },
  contenders: [
    oursLoaded('checkpoint'),
    mapOfOffsets(),
    mapOfObjects('variant'),
    lmdbLoaded(),
    levelLoaded(),
    sqliteLoaded(),
  ],
  bars: [
    { against: 'floor', atLeast: 0.85 },
    { against: 'lmdb', atLeast: 1.3 },
  ],
  measure: randomGets,
};
