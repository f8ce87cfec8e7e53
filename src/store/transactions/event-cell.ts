/**
 * The event that a bundle reader stands on, as the sibling that it makes. Its bytes are those of
 * the bundle: nobody may change them while the cell is in use.
 */
import { type BundleReader, EVENT_PUT } from '../../core/index.ts';
import { type Cell, KIND_PUT, KIND_REMOVE, makeCell } from '../storage/index.ts';

const EMPTY = new Uint8Array(0);

/** `origin` is the author's number in the origin table. */
export function eventCell(reader: BundleReader, origin: number): Cell {
  const { ms, counter, originSeq, source, valueHead, valueStart, valueEnd, meta } = reader;
  if (reader.eventKind !== EVENT_PUT) {
    return makeCell(KIND_REMOVE, 0, EMPTY, 0, 0, undefined, ms, counter, origin, originSeq);
  }
  return makeCell(
    KIND_PUT,
    valueHead,
    source,
    valueStart,
    valueEnd,
    meta,
    ms,
    counter,
    origin,
    originSeq,
  );
}
