// A local put while a peer takes N commits from the same node, against the same node idle.

import { oursSync } from '../lib/contenders.mjs';
import { interference } from '../lib/measure-sync.mjs';

export default {
  name: 'sync-interference',
  question: 'p99 of a local put while a peer takes N commits, as a multiple of the idle p99',
  unit: '× idle',
  better: 'lower',
  sizes: { full: { n: 1_000_000 }, quick: { n: 50_000 } },
  contenders: [oursSync('read', { fixture: 'absent', copy: true })],
  bars: [{ atMost: 5 }],
  measure: interference,
};
