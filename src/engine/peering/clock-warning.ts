/**
 * What an operator is told of this node's own clock. While it is ahead, the offsets of the peers
 * tell (`warnings` of sync); once it is right again, the stamps that it has given are still ahead,
 * and so are all that follow: that can be seen here alone.
 */
import type { PeeringNode } from './peering-node.ts';
import type { Warnings } from './warnings.ts';

/** How the warning of a jump begins; `clockRepair` ends it. */
export const CLOCK_JUMPED = 'the clock has jumped ahead';

/** The wall clock is much further than it was: stamps go on from there. */
export function noteClockJump(
  { node, warnings }: { readonly node: PeeringNode; readonly warnings: Warnings },
  wallMs: number,
): void {
  const text = `${CLOCK_JUMPED}: stamps go on from ${new Date(wallMs).toISOString()}`;
  warnings.add(text);
  node.options.logger?.warn(text);
}

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
