// Heap and external memory above an empty process for 1 M records, same settings as for the reads.

import { mapOfObjects, mapOfOffsets, oursLoaded, rawBytes } from '../lib/contenders.mjs';
import { memory } from '../lib/measure-reads.mjs';

export default {
  name: 'memory-1m',
  question: 'memory for 1 M records: heap + external above an empty process, against the raw bytes',
  unit: 'MB',
  better: 'lower',
  nodeFlags: ['--expose-gc'],
  sizes: { full: { n: 1_000_000 }, quick: { n: 200_000 } },
  contenders: [
    oursLoaded('checkpoint'),
    oursLoaded('log', {
      role: 'variant',
      id: 'adastra-log',
      label: 'adastra, opened from the log',
    }),
    rawBytes(),
    mapOfOffsets('variant'),
    mapOfObjects('variant'),
  ],
  bars: [{ against: 'floor', atMostTimes: 3 }],
  measure: memory,
};
