// From the answer of the write daemon until a read daemon on this machine answers with what was
// written: the slowest of a hundred.

import { oursAsking, oursRead, wsEcho } from '../lib/contenders.mjs';
import { latencyAt } from '../lib/measure-sync.mjs';

export default {
  name: 'read-visible-p99',
  question: 'commit acknowledged by the write daemon until visible in a read daemon, p99',
  unit: 'ms',
  better: 'lower',
  sizes: { full: { n: 2_000 }, quick: { n: 500 } },
  contenders: [oursRead('waiting'), wsEcho(), oursAsking()],
  bars: [{ against: 'floor', atMostTimes: 50 }],
  measure: latencyAt(0.99),
};
