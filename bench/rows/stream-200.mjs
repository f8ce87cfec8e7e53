// 200 subscribers of every commit, at 500 commits a second.

import { oursServe } from '../lib/contenders.mjs';
import { streamed } from '../lib/measure-http.mjs';

export default {
  name: 'stream-200',
  question: 'p99 of a commit at 500 a second with N subscribers of all of them, ÷ without',
  unit: '×',
  better: 'lower',
  sizes: {
    full: { n: 200, perSecond: 500, ms: 30_000, prefix: '' },
    quick: { n: 200, perSecond: 500, ms: 6_000, prefix: '' },
  },
  contenders: [oursServe()],
  bars: [{ atMost: 3 }],
  measure: streamed,
};
