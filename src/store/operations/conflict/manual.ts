/**
 * The policy `manual`: a person decides. Every sibling is shown in `conflicts` and `getEntry`;
 * until somebody has resolved it readers get the greatest stamp, provisionally. The code that
 * decides is there, so the entry is not `undecided`.
 */
import { GREATEST } from '../../storage/index.ts';
import type { Policy } from './policy.ts';

export const manual: Policy = () => GREATEST;
