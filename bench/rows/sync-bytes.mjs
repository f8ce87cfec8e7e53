// Bytes on the wire for the transfer of `sync-100k`, both ways, against the raw keys and values.

import {
  hypercoreSync,
  oursSync,
  oursSyncTransactions,
  rawValues,
  yjsSync,
} from '../lib/contenders.mjs';
import { transferBytes } from '../lib/measure-sync.mjs';

export default {
  name: 'sync-bytes',
  question: 'bytes on the wire for the keys of sync-100k, both ways, against the raw bytes',
  unit: 'MB',
  better: 'lower',
  sizes: { full: { n: 100_000 }, quick: { n: 20_000 } },
  contenders: [
    oursSync('each'),
    oursSyncTransactions(),
    rawValues(),
    { ...yjsSync(), role: 'variant' },
    { ...hypercoreSync(), role: 'variant' },
  ],
  bars: [{ against: 'floor', atMostTimes: 1.3 }],
  measure: transferBytes,
};
