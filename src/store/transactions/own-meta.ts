/**
 * The meta of own puts under a `merge-fields` rule: when each field was last changed in the view
 * that the author writes from. Computed before the commit is begun, since its bytes count; the
 * put's own stamp is not in it. Where no such rule stands in the world nobody calls this.
 */
import type { ByteWriter } from '../../core/index.ts';
import { KIND_PUT, makeCell } from '../storage/index.ts';
import type { Overlay } from './overlay.ts';
import type { PolicyTable } from './policy-table.ts';
import type { Transaction } from './transaction.ts';

/** Where a value stands encoded. */
interface Written {
  readonly valueHead: number;
  readonly start: number;
  readonly end: number;
}

/** What of the lane is needed. */
interface Writing {
  readonly overlay: Overlay;
  readonly policies: PolicyTable;
}

/** The meta of one put; `undefined` where none is due. */
export function ownMeta(
  { overlay, policies }: Writing,
  key: string,
  scratch: ByteWriter,
  { valueHead, start, end }: Written,
): Uint8Array | undefined {
  const after = makeCell(KIND_PUT, valueHead, scratch.buffer, start, end, undefined, 0, 0, 0, 0);
  return policies.metaOf(key, overlay.siblingsOf(key), after);
}

/** Gives the puts of a transaction their metas; returns the bytes that they take. */
export function addOwnMetas(writing: Writing, transaction: Transaction): number {
  const metas = new Map<string, Uint8Array>();
  let bytes = 0;
  for (const [key, written] of transaction.writes) {
    if (written.remove) continue;
    const meta = ownMeta(writing, key, transaction.scratch, written);
    if (meta === undefined) continue;
    metas.set(key, meta);
    bytes += meta.length + 8;
  }
  transaction.metas = metas;
  return bytes;
}
