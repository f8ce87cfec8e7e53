/**
 * Siblings as objects, for setters and for those who look at a whole entry. `makeCell` alone makes
 * them, so that all have one shape. A `View` says what readers get of several siblings; deciding it
 * is for the policies above, here it is only carried out.
 */
import { equalBytes } from '../../core/index.ts';
import type { OriginTable } from './origin-table.ts';

/** Sibling kinds. Numbers: they stand in the hot path and in hashes. */
export const KIND_PUT = 0;
export const KIND_REMOVE = 1;
export type CellKind = typeof KIND_PUT | typeof KIND_REMOVE;

/** One sibling. Its bytes are `source` from `start` to `end`; nobody may change them afterwards. */
export interface Cell {
  kind: CellKind;
  /** Codec id in the low four bits, flags above; one byte. 0 for a remove. */
  valueHead: number;
  source: Uint8Array;
  start: number;
  end: number;
  meta: Uint8Array | undefined;
  /** Hybrid clock: milliseconds (48 bits) and counter (16 bits). */
  ms: number;
  counter: number;
  /** Number in the `OriginTable`. */
  origin: number;
  /** 48 bits. */
  originSeq: number;
}

/**
 * What readers get: the sibling with the greatest stamp (absent if that is a remove), the sibling
 * at an index of the list sorted by stamp, a value made of several, nothing at all, or, where the
 * policy's code is missing, the greatest stamp provisionally.
 */
export type View =
  | { readonly kind: 'greatest' }
  | { readonly kind: 'sibling'; readonly index: number }
  | { readonly kind: 'value'; readonly valueHead: number; readonly bytes: Uint8Array }
  | { readonly kind: 'undecided' }
  | { readonly kind: 'absent' };

export const GREATEST: View = { kind: 'greatest' };

/**
 * An entry as objects. Bytes are shared with the store and stay as they are: never write to them.
 */
export interface EntryState {
  /** Sorted by stamp, smallest first; at least one. */
  readonly siblings: readonly Cell[];
  readonly view: View;
  /** What readers get; `undefined` where the key reads as absent. */
  readonly viewCell: Cell | undefined;
  /** This log's seq of the last event of the key. */
  readonly seq: number;
}

/** The one maker of cells. */
export function makeCell(
  kind: CellKind,
  valueHead: number,
  source: Uint8Array,
  start: number,
  end: number,
  meta: Uint8Array | undefined,
  ms: number,
  counter: number,
  origin: number,
  originSeq: number,
): Cell {
  return { kind, valueHead, source, start, end, meta, ms, counter, origin, originSeq };
}

/** Order of stamps: clock, then the origin's bytes, then originSeq. */
export function compareStamps(left: Cell, right: Cell, origins: OriginTable): number {
  if (left.ms !== right.ms) return left.ms - right.ms;
  if (left.counter !== right.counter) return left.counter - right.counter;
  const byOrigin = origins.compare(left.origin, right.origin);
  return byOrigin !== 0 ? byOrigin : left.originSeq - right.originSeq;
}

/** The same sibling on memory of its own. */
export function ownCell(cell: Cell): Cell {
  const length = cell.kind === KIND_REMOVE ? 0 : cell.end - cell.start;
  const bytes = new Uint8Array(length);
  if (length > 0) bytes.set(cell.source.subarray(cell.start, cell.end));
  const meta = cell.meta === undefined ? undefined : new Uint8Array(cell.meta);
  const head = cell.kind === KIND_REMOVE ? 0 : cell.valueHead;
  return makeCell(
    cell.kind,
    head,
    bytes,
    0,
    length,
    meta,
    cell.ms,
    cell.counter,
    cell.origin,
    cell.originSeq,
  );
}

const NO_BYTES = new Uint8Array(0);

/** What a view makes of siblings sorted by stamp: a put to show, or a remove for "absent". */
export function cellOfView(siblings: readonly Cell[], view: View): Cell {
  const greatest = siblings[siblings.length - 1] as Cell;
  if (view.kind === 'sibling') return siblings[view.index] ?? greatest;
  const { ms, counter, origin, originSeq } = greatest;
  if (view.kind === 'absent') {
    return makeCell(KIND_REMOVE, 0, NO_BYTES, 0, 0, undefined, ms, counter, origin, originSeq);
  }
  if (view.kind !== 'value') return greatest;
  const { valueHead, bytes } = view;
  return makeCell(
    KIND_PUT,
    valueHead,
    bytes,
    0,
    bytes.length,
    undefined,
    ms,
    counter,
    origin,
    originSeq,
  );
}

/** Whether two views of the same siblings are the same. */
export function sameView(left: View, right: View): boolean {
  if (left.kind === 'sibling') return right.kind === 'sibling' && left.index === right.index;
  if (left.kind !== 'value') return left.kind === right.kind;
  if (right.kind !== 'value' || left.valueHead !== right.valueHead) return false;
  return equalBytes(left.bytes, right.bytes);
}
