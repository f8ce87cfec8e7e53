// 100,000 keys from one node to an empty one, two processes: against bare TCP and the peers.

import {
  floorTcp,
  hypercoreSync,
  oursSync,
  oursSyncTransactions,
  yjsSync,
} from '../lib/contenders.mjs';
import { transferRate } from '../lib/measure-sync.mjs';

export default {
  name: 'sync-100k',
  question: 'keys from one node to an empty one over loopback, until the state hashes are equal',
  unit: 'key/s',
  better: 'higher',
  sizes: { full: { n: 100_000 }, quick: { n: 20_000 } },
  contenders: [
    oursSync('each'),
    oursSyncTransactions(),
    floorTcp('stream', 'floor: bare TCP + fdatasync'),
    floorTcp('map', 'bare TCP + fdatasync + Map', 'variant'),
    yjsSync(),
    hypercoreSync(),
  ],
  bars: [
    { against: 'floor', atLeast: 0.4 },
    { against: 'sync-yjs', atLeast: 1.5 },
    { against: 'sync-hypercore', stated: true },
  ],
  measure: transferRate,
};
