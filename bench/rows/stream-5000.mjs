// 5,000 subscribers that are told of one commit in a thousand, at 500 commits a second.

import { oursServe } from '../lib/contenders.mjs';
import { streamed } from '../lib/measure-http.mjs';

/** Ten of the 10,000 keys. */
const prefix = 'k00000000000000';

export default {
  name: 'stream-5000',
  question: 'p99 of a commit at 500 a second with N mostly idle subscribers, ÷ without',
  unit: '×',
  better: 'lower',
  sizes: {
    full: { n: 5_000, perSecond: 500, ms: 30_000, prefix },
    quick: { n: 5_000, perSecond: 500, ms: 6_000, prefix },
  },
  contenders: [oursServe()],
  bars: [{ atMost: 3 }],
  measure: streamed,
};
