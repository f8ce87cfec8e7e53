/**
 * L1 storage: the face of this folder.
 */
export type { RangeBounds } from './bounds.ts';
export type { Cell, CellKind, EntryState, View } from './cell.ts';
export {
  GREATEST,
  KIND_PUT,
  KIND_REMOVE,
  cellOfView,
  compareStamps,
  makeCell,
  ownCell,
  sameView,
} from './cell.ts';
export type { Undo } from './generation.ts';
export { OriginTable } from './origin-table.ts';
export type { RangeCursor } from './range.ts';
export type { EntryRef, HashName, StorageBytes, StorageOptions } from './storage.ts';
export { Storage } from './storage.ts';
export type { StorageSnapshot } from './storage-snapshot.ts';
