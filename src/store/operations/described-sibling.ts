/**
 * A sibling as readers and policies get it: kind, a copy of the value, stamp and origin as text.
 * The opposite of `Cell`, which is for setters and keeps everything encoded.
 */
import {
  decodeValue,
  formatStamp,
  type Sibling,
  type Stamp,
  type Value,
} from '../../core/index.ts';
import { type Cell, KIND_PUT, KIND_REMOVE, type OriginTable } from '../storage/index.ts';

const VALUE_CODEC_MASK = 0x0f;

/** The value of a cell, an own copy; `undefined` for a remove. */
export function valueOfCell(cell: Cell): Value | undefined {
  if (cell.kind === KIND_REMOVE) return undefined;
  return decodeValue(cell.valueHead & VALUE_CODEC_MASK, cell.source, cell.start, cell.end, false);
}

/** The stamp of the write that a cell stands for. */
export function stampOfCell(cell: Cell, origins: OriginTable): Stamp {
  const { ms, counter, originSeq } = cell;
  return { ms, counter, origin: origins.text(cell.origin), originSeq };
}

/** A sibling as plain data. */
export function describeSibling(origins: OriginTable, cell: Cell): Sibling {
  const stamp = stampOfCell(cell, origins);
  return {
    kind: cell.kind === KIND_PUT ? 'put' : 'remove',
    value: valueOfCell(cell),
    stamp: formatStamp(stamp),
    origin: stamp.origin,
  };
}
