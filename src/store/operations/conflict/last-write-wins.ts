/**
 * The default policy: readers get the sibling with the greatest stamp. Where that is a remove the
 * key reads as absent, while the puts beside it stay in `conflicts` and `getEntry` (INV-14). Like
 * every policy a pure function of the siblings, sorted by stamp: no order of arrival can change it.
 */
import { GREATEST, type Cell, type View } from '../../storage/index.ts';

export function lastWriteWins(_siblings: readonly Cell[]): View {
  return GREATEST;
}
