// A read daemon starts again N commits later: the most memory that it takes while it catches up.

import { oursRead } from '../lib/contenders.mjs';
import { readerCatchUp } from '../lib/measure-http.mjs';

const loaded = { fixture: 'behind', copy: true };
const SHARE = 0.25;

export default {
  name: 'read-catch-up',
  question: 'most memory of a read daemon while it catches up with N commits over 10,000 keys',
  unit: 'MB',
  better: 'lower',
  sizes: { full: { n: 1_000_000 }, quick: { n: 50_000 } },
  contenders: [
    oursRead('read', loaded),
    oursRead('read', {
      ...loaded,
      role: 'variant',
      id: 'adastra-quarter',
      label: `adastra, N × ${SHARE}`,
      share: SHARE,
    }),
  ],
  bars: [{ against: 'adastra-quarter', atMostTimes: 1.5 }],
  measure: readerCatchUp,
};
