/**
 * For tests: the store as anybody would write it, a `Map` and a sort, and builders of cells. Slow
 * and plainly right; the tests of `src/store/storage` hold the real store against it.
 */
import {
  ByteWriter,
  DEFAULT_LIMITS,
  type Value,
  compareKeys,
  encodeValue,
} from '../../src/core/index.ts';
import { NodeCrypto } from '../../src/env/node/index.ts';
import {
  type Cell,
  KIND_PUT,
  KIND_REMOVE,
  OriginTable,
  type RangeBounds,
  Storage,
  type View,
  cellOfView,
  compareStamps,
  makeCell,
} from '../../src/store/storage/index.ts';

const crypto = new NodeCrypto();

/** Four origins, the same in every test. */
export const testOrigins: OriginTable = new OriginTable();
for (const fill of [9, 3, 250, 77]) testOrigins.indexOf(new Uint8Array(32).fill(fill));

export function newStorage(hashSeed = 1): Storage {
  return new Storage({ hashSeed, crypto, origins: testOrigins });
}

/** A put of `value`; stamp from `ms` and `origin`. */
export function putOf(value: Value, ms: number, origin = 0, meta?: Uint8Array): Cell {
  const writer = new ByteWriter(16);
  writer.u8(0xee);
  const codec = encodeValue(writer, value, DEFAULT_LIMITS);
  const { buffer, length } = writer;
  return makeCell(KIND_PUT, codec, buffer, 1, length, meta, ms, ms % 65_536, origin, ms + 1);
}

export function removeOf(ms: number, origin = 0): Cell {
  return makeCell(KIND_REMOVE, 0, new Uint8Array(0), 0, 0, undefined, ms, 0, origin, ms + 1);
}

export interface ModelEntry {
  readonly siblings: readonly Cell[];
  readonly view: View;
  readonly seq: number;
}

/** The naive twin. */
export class Model {
  entries: Map<string, ModelEntry> = new Map<string, ModelEntry>();

  set(key: string, siblings: readonly Cell[], view: View, seq: number): void {
    const sorted = [...siblings].sort((left, right) => compareStamps(left, right, testOrigins));
    this.entries.set(key, { siblings: sorted, view, seq });
  }

  copy(): Model {
    const copy = new Model();
    copy.entries = new Map(this.entries);
    return copy;
  }

  view(key: string): Cell | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined) return undefined;
    const cell = cellOfView(entry.siblings, entry.view);
    return cell.kind === KIND_PUT ? cell : undefined;
  }

  keys(bounds: RangeBounds): string[] {
    const keys = [...this.entries.keys()]
      .filter((key) => this.#covers(bounds, key))
      .sort(compareKeys);
    return bounds.reverse === true ? keys.reverse() : keys;
  }

  #covers(bounds: RangeBounds, key: string): boolean {
    const { prefix, gt, gte, lt, lte } = bounds;
    if (bounds.includeSystem !== true && key.startsWith('$')) return false;
    if (bounds.includeAbsent !== true && this.view(key) === undefined) return false;
    if (prefix !== undefined && !key.startsWith(prefix)) return false;
    if (gt !== undefined && compareKeys(key, gt) <= 0) return false;
    if (gte !== undefined && compareKeys(key, gte) < 0) return false;
    if (lt !== undefined && compareKeys(key, lt) >= 0) return false;
    return lte === undefined || compareKeys(key, lte) <= 0;
  }
}

/** What a sibling says, in a form that compares. */
export function plainCell(cell: Cell): unknown {
  const removed = cell.kind === KIND_REMOVE;
  return {
    kind: cell.kind,
    head: removed ? 0 : cell.valueHead,
    bytes: removed ? '' : hex(cell.source.subarray(cell.start, cell.end)),
    meta: cell.meta === undefined ? undefined : hex(cell.meta),
    stamp: [cell.ms, cell.counter, cell.origin, cell.originSeq],
  };
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
