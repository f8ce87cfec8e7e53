// From the answer of the write daemon until a read daemon on this machine answers with what was
// written: the median.

import { oursAsking, oursRead, wsEcho } from '../lib/contenders.mjs';
import { latencyAt } from '../lib/measure-sync.mjs';

export default {
  name: 'read-visible',
  question: 'commit acknowledged by the write daemon until visible in a read daemon, p50',
  unit: 'ms',
  better: 'lower',
  sizes: { full: { n: 2_000 }, quick: { n: 500 } },
  contenders: [oursRead('waiting'), wsEcho(), oursAsking()],
  bars: [{ against: 'floor', atMostTimes: 10 }],
  measure: latencyAt(0.5),
};
