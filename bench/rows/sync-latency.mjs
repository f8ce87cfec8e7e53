// One put on one node until a subscriber on another is told: the median.

import { floorTls, oursSync } from '../lib/contenders.mjs';
import { latencyAt } from '../lib/measure-sync.mjs';

export default {
  name: 'sync-latency',
  question: 'latency of one put until it is visible on the other node, both durable, p50',
  unit: 'ms',
  better: 'lower',
  sizes: { full: { n: 2_000 }, quick: { n: 500 } },
  contenders: [oursSync('each'), floorTls()],
  bars: [{ against: 'floor', atMostTimes: 3 }],
  measure: latencyAt(0.5),
};
