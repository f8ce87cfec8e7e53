/**
 * What an operator is told of this node's own clock. While it is ahead, the offsets of the peers
 * tell (`warnings` of sync); once it is right again, the stamps that it has given are still ahead,
 * and so are all that follow: that can be seen here alone.
 */
import type { PeeringNode } from './peering-node.ts';

/** How the warning of a jump begins; `clockRepair` ends it. */
export const CLOCK_JUMPED = 'the clock has jumped ahead';

/** Empty, or one sentence: stamps of this node are ahead of its clock, and until when. */
export function clockWarnings({ env, lane }: PeeringNode): readonly string[] {
  const { ms } = lane.parts.clock;
  const aheadMs = ms - env.clock.wallMs();
  const { driftMsMax } = lane.membership.table.limits();
  if (aheadMs <= driftMsMax) return [];
  const until = new Date(ms - driftMsMax).toISOString();
  const ahead = `stamps of this node are ${Math.round(aheadMs / 1000)} s ahead of its clock`;
  return [`${ahead}: others hold what it writes until ${until}; adastra clock repair ends it`];
}
