// The member comes back after N commits: the most memory that either process takes meanwhile.

import { oursSync } from '../lib/contenders.mjs';
import { catchUp } from '../lib/measure-sync.mjs';

const loaded = { fixture: 'absent', copy: true };
const SHARE = 0.25;

export default {
  name: 'sync-catch-up',
  question:
    'most memory of either process while a member catches up with N commits over 10,000 keys',
  unit: 'MB',
  better: 'lower',
  sizes: { full: { n: 1_000_000 }, quick: { n: 50_000 } },
  contenders: [
    oursSync('read', loaded),
    oursSync('read', {
      ...loaded,
      role: 'variant',
      id: 'adastra-quarter',
      label: `adastra, N × ${SHARE}`,
      share: SHARE,
    }),
  ],
  bars: [{ against: 'adastra-quarter', atMostTimes: 1.5 }],
  measure: catchUp,
};
