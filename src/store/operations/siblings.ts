/**
 * Deciding a received event: which siblings a key has once the event is applied. They are the event
 * itself and those of before that its author had not seen; since every node applies in causal
 * order, the result depends on which commits were applied, never on their order (INV-7, design §
 * 9).
 */
import { type Cell, compareStamps, type OriginTable } from '../storage/index.ts';

/** Whether the author of an event had applied this sibling when it wrote. */
export type HasSeen = (sibling: Cell) => boolean;

/** The new siblings, sorted by stamp. */
export function siblingsAfter(
  before: readonly Cell[],
  event: Cell,
  hasSeen: HasSeen,
  origins: OriginTable,
): Cell[] {
  const after = before.filter((sibling) => sibling.origin !== event.origin && !hasSeen(sibling));
  after.push(event);
  return after.sort((left, right) => compareStamps(left, right, origins));
}
