/**
 * The machine's two clocks. Wall time comes from the system and may jump; monotonic time counts
 * from the start of the process and may stand still while the machine sleeps.
 */
import type { Clock } from '../env.ts';

/** `Clock` over `Date.now` and `performance.now`. */
export class NodeClock implements Clock {
  wallMs(): number {
    return Date.now();
  }

  monoMs(): number {
    return performance.now();
  }
}
