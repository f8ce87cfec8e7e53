// Process start to the first get with 1 M keys and a checkpoint, and how that grows with N.

import {
  levelLoaded,
  lmdbLoaded,
  mapOfObjects,
  mapOfOffsets,
  oursAtShare,
  oursLoaded,
  sqliteLoaded,
} from '../lib/contenders.mjs';
import { openToFirstGet } from '../lib/measure-reads.mjs';

export default {
  name: 'open-1m-checkpoint',
  question: 'open 1 M keys to the first get, from a checkpoint (Node start included)',
  unit: 'ms',
  better: 'lower',
  sizes: { full: { n: 1_000_000 }, quick: { n: 200_000 } },
  contenders: [
    oursLoaded('checkpoint'),
    oursAtShare('checkpoint', 0.25),
    oursAtShare('checkpoint', 0.5),
    mapOfOffsets(),
    mapOfObjects('variant'),
    lmdbLoaded(),
    levelLoaded(),
    sqliteLoaded(),
  ],
  bars: [{ atMost: 1_500 }],
  measure: openToFirstGet,
};
