/**
 * What a policy is: a pure function from the siblings of a conflict, sorted by stamp, to the view
 * that readers get. It sees no clock, no order of arrival and nothing of other keys, so nodes that
 * have the same siblings and the same rule show the same value. Where there is no conflict no
 * policy is asked.
 */
import { equalBytes, type ValueLimits } from '../../../core/index.ts';
import {
  type Cell,
  KIND_PUT,
  KIND_REMOVE,
  type OriginTable,
  type View,
} from '../../storage/index.ts';

/** What a policy may know beside the siblings. */
export interface PolicyContext {
  readonly origins: OriginTable;
  /** Key id of this node (32 hex characters), for the two policies that are views of one node. */
  readonly keyId: string;
  /** Those of the world: the same on every node. */
  readonly limits: ValueLimits;
}

/** `siblings`: a conflict, sorted by stamp, smallest first. */
export type Policy = (siblings: readonly Cell[], context: PolicyContext) => View;

/** More than one sibling, not all removes, not all the same value. */
export function isConflict(siblings: readonly Cell[]): boolean {
  const [first, ...others] = siblings;
  if (first === undefined || others.length === 0) return false;
  if (first.kind === KIND_REMOVE) return others.some(({ kind }) => kind === KIND_PUT);
  return others.some((other) => other.kind === KIND_REMOVE || !sameValue(first, other));
}

function sameValue(left: Cell, right: Cell): boolean {
  if (left.valueHead !== right.valueHead) return false;
  const length = left.end - left.start;
  if (right.end - right.start !== length) return false;
  for (let index = 0; index < length; index++) {
    if (left.source[left.start + index] !== right.source[right.start + index]) return false;
  }
  return true;
}

/** The view of the sibling at `index`; the last one is the greatest stamp. */
export function viewOfIndex(siblings: readonly Cell[], index: number): View {
  return index === siblings.length - 1 ? { kind: 'greatest' } : { kind: 'sibling', index };
}

/** As one of the siblings where it is equal to one, so that it need not be kept a second time. */
export function viewOfValue(siblings: readonly Cell[], valueHead: number, bytes: Uint8Array): View {
  for (let index = siblings.length - 1; index >= 0; index--) {
    const { kind, valueHead: head, source, start, end } = siblings[index] as Cell;
    if (kind !== KIND_PUT || head !== valueHead) continue;
    if (equalBytes(source.subarray(start, end), bytes)) return viewOfIndex(siblings, index);
  }
  return { kind: 'value', valueHead, bytes };
}
