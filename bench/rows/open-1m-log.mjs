// Process start to the first get with 1 M keys and no checkpoint: replay of the whole log.

import { mapOfObjects, mapOfOffsets, oursAtShare, oursLoaded } from '../lib/contenders.mjs';
import { openToFirstGet } from '../lib/measure-reads.mjs';

export default {
  name: 'open-1m-log',
  question: 'open 1 M keys to the first get, from the log alone (Node start included)',
  unit: 'ms',
  better: 'lower',
  sizes: { full: { n: 1_000_000 }, quick: { n: 200_000 } },
  contenders: [
    oursLoaded('log'),
    oursAtShare('log', 0.25),
    oursAtShare('log', 0.5),
    mapOfOffsets(),
    mapOfObjects('variant'),
  ],
  bars: [{ atMost: 4_000 }],
  measure: openToFirstGet,
};
