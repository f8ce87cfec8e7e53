// Two nodes meet again after one key has changed on one of them: what goes over the wire.

import { oursSync } from '../lib/contenders.mjs';
import { reconnect } from '../lib/measure-sync.mjs';

const loaded = { fixture: 'pair', copy: true };
const SHARE = 0.001;

export default {
  name: 'sync-reconnect',
  question: 'bytes on the wire when two equal nodes meet again and one key of N has changed',
  unit: 'B',
  better: 'lower',
  sizes: { full: { n: 1_000_000 }, quick: { n: 50_000 } },
  contenders: [
    oursSync('read', loaded),
    oursSync('read', {
      ...loaded,
      role: 'variant',
      id: 'adastra-few',
      label: `adastra, N × ${SHARE}`,
      share: SHARE,
    }),
  ],
  bars: [{ atMost: 10_000 }, { against: 'adastra-few', atMostTimes: 1.2 }],
  measure: reconnect,
};
