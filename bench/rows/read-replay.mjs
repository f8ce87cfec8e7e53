// A read daemon begins at the beginning of a log: how fast it replays it.

import { replaying } from '../lib/contenders.mjs';
import { replayRate } from '../lib/measure-http.mjs';

export default {
  name: 'read-replay',
  question: 'commits of one put per second, replayed into a fresh read daemon',
  unit: 'commit/s',
  better: 'higher',
  sizes: { full: { n: 1_000_000 }, quick: { n: 100_000 } },
  contenders: [
    replaying('ours', 'replay', 'adastra'),
    replaying('floor', 'decode', 'floor: decoding the same log'),
    replaying('variant', 'scan', 'the same without keys and values'),
  ],
  bars: [{ against: 'floor', atLeast: 0.5 }],
  measure: replayRate,
};
