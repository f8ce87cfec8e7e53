// Ordered scan of 100,000 decoded records by prefix, out of 1 M.

import {
  levelLoaded,
  lmdbLoaded,
  mapOfObjects,
  mapOfOffsets,
  oursLoaded,
  sqliteLoaded,
} from '../lib/contenders.mjs';
import { scans } from '../lib/measure-reads.mjs';

export default {
  name: 'scan-100k',
  question: 'ordered scan of 100 k decoded records',
  unit: 'record/s',
  better: 'higher',
  sizes: {
    full: { n: 1_000_000, warmPrefix: 'k0000000009', ranges: [3, 7, 5] },
    quick: { n: 200_000, warmPrefix: 'k00000000015', ranges: [0, 1] },
  },
  contenders: [
    oursLoaded('checkpoint'),
    mapOfObjects(),
    mapOfOffsets('variant'),
    lmdbLoaded(),
    levelLoaded(),
    sqliteLoaded(),
  ],
  bars: [{ against: 'best', atLeast: 1.5 }],
  measure: scans,
};
