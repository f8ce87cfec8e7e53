/**
 * The default policy: readers get the sibling with the greatest stamp. Where that is a remove the
 * key reads as absent, while the puts beside it stay in `conflicts` and `getEntry` (INV-14). Like
 * every policy a pure function of the siblings, sorted by stamp: no order of arrival can change it.
 */
import { GREATEST } from '../../storage/index.ts';
import type { Policy } from './policy.ts';

export const lastWriteWins: Policy = () => GREATEST;
