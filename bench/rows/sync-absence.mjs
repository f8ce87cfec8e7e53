// Memory of a node that goes on for N commits while a member is away, against one without a member.

import { oursSync } from '../lib/contenders.mjs';
import { absence } from '../lib/measure-sync.mjs';

const SHARE = 0.05;

export default {
  name: 'sync-absence',
  question: 'memory of a node after N commits that a member lacks, against a node without members',
  unit: 'MB',
  better: 'lower',
  nodeFlags: ['--expose-gc'],
  sizes: { full: { n: 1_000_000 }, quick: { n: 50_000 } },
  contenders: [
    oursSync('member', { label: 'adastra, a member away' }),
    oursSync('member', {
      role: 'variant',
      id: 'adastra-few',
      label: `adastra, a member away, N × ${SHARE}`,
      share: SHARE,
    }),
    oursSync('alone', { role: 'floor', id: 'adastra-alone', label: 'floor: the same node alone' }),
  ],
  bars: [
    { against: 'floor', atMostTimes: 1.2 },
    { against: 'adastra-few', stated: true },
  ],
  measure: absence,
};
