// The longest pause of the event loop while a checkpoint of 1 M records is written.

import { mapOfOffsets, oursLoaded } from '../lib/contenders.mjs';
import { checkpointPause } from '../lib/measure-reads.mjs';

export default {
  name: 'checkpoint-pause',
  question: 'longest pause while a checkpoint of 1 M records is written',
  unit: 'ms',
  better: 'lower',
  sizes: { full: { n: 1_000_000 }, quick: { n: 200_000 } },
  contenders: [
    oursLoaded('log'),
    { ...mapOfOffsets(), label: 'floor: 2 s idle over a Map of offsets' },
  ],
  bars: [{ atMost: 50 }],
  measure: checkpointPause,
};
