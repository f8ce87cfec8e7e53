/**
 * What the two hashes say of one entry. `stateHash`: key and every sibling, removes included, of an
 * entry with at least one put; a tombstone counts nothing, and neither does what a policy made of
 * the siblings. `contentHash`: user key and canonical value bytes of what readers get, with one
 * byte that tells raw bytes from JSON text. Both texts are unambiguous: every part of free length
 * has its length.
 */
import { type ByteWriter, CODEC_BYTES } from '../../core/index.ts';
import { type Cell, KIND_REMOVE } from './cell.ts';
import type { KeyRecords } from './key-records.ts';
import {
  CONTENT_IN,
  CONTENT_QUEUED,
  HAS_PUT,
  PRESENT,
  STATE_IN,
  STATE_QUEUED,
  SYSTEM,
} from './key-records.ts';
import type { Locator } from './locator.ts';
import type { OriginTable } from './origin-table.ts';
import type { HashKind } from './state-hash.ts';

/** The hash over siblings. */
export function stateKind(records: KeyRecords, locator: Locator, origins: OriginTable): HashKind {
  const write = (entry: number, writer: ByteWriter): boolean => {
    if ((records.flagsOf(entry) & HAS_PUT) === 0 || !locator.locate(entry)) return false;
    const { siblings } = locator.state();
    writer.lengthAndBytes(records.keyBytesOf(entry));
    writer.varint(siblings.length);
    for (const cell of siblings) writeSibling(writer, cell, origins);
    return true;
  };
  const domain = 'adastra state 1\n';
  return { domain, included: STATE_IN, queued: STATE_QUEUED, write };
}

/** The hash over what readers of user keys get. */
export function contentKind(records: KeyRecords, locator: Locator): HashKind {
  const write = (entry: number, writer: ByteWriter): boolean => {
    if ((records.flagsOf(entry) & (PRESENT | SYSTEM)) !== PRESENT) return false;
    if (!locator.locate(entry)) return false;
    const cell = locator.viewCell();
    writer.lengthAndBytes(records.keyBytesOf(entry));
    writer.u8((cell.valueHead & 15) === CODEC_BYTES ? 1 : 0);
    writer.bytes(cell.source, cell.start, cell.end);
    return true;
  };
  const domain = 'adastra content 1\n';
  return { domain, included: CONTENT_IN, queued: CONTENT_QUEUED, write };
}

function writeSibling(writer: ByteWriter, cell: Cell, origins: OriginTable): void {
  const removed = cell.kind === KIND_REMOVE;
  writer.u8(cell.kind);
  writer.u8(removed ? 0 : cell.valueHead);
  writer.varint(removed ? 0 : cell.end - cell.start);
  if (!removed) writer.bytes(cell.source, cell.start, cell.end);
  writer.u8(cell.meta === undefined ? 0 : 1);
  if (cell.meta !== undefined) writer.lengthAndBytes(cell.meta);
  writer.u48(cell.ms);
  writer.u16(cell.counter);
  writer.bytes(origins.bytes(cell.origin));
  writer.u48(cell.originSeq);
}
