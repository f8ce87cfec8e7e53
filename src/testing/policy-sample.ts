/**
 * Siblings as somebody who tests a policy writes them down, and the cells that they stand for:
 * stamps count up, each sibling is by an author of its own.
 */
import { ByteWriter, encodeValue } from '../core/index.ts';
import { type Cell, KIND_PUT, KIND_REMOVE, makeCell, OriginTable } from '../store/storage/index.ts';

/** One write of the key. */
export type SampleSibling =
  | { readonly kind: 'put'; readonly value: unknown }
  | { readonly kind: 'remove' };

/** Siblings of one key, smallest stamp first. */
export type PolicySample = readonly SampleSibling[];

/** Authors of samples, in the order of their keys. */
export const SAMPLE_ORIGINS: OriginTable = new OriginTable();

const ANY_SIZE = { valueBytesMax: Number.MAX_SAFE_INTEGER, depthMax: 1000 };
const FIRST_MS = 1_767_225_600_000;
const NOTHING = new Uint8Array(0);

/** The cells of a sample; throws `invalid_value` for what is no value. */
export function sampleCells(sample: PolicySample): Cell[] {
  return sample.map((sibling, index) => {
    const origin = SAMPLE_ORIGINS.indexOf(new Uint8Array(32).fill(index + 1));
    const ms = FIRST_MS + index;
    if (sibling.kind === 'remove') {
      return makeCell(KIND_REMOVE, 0, NOTHING, 0, 0, undefined, ms, 0, origin, index + 1);
    }
    const writer = new ByteWriter(256);
    const head = encodeValue(writer, sibling.value, ANY_SIZE);
    const bytes = writer.toBytes();
    return makeCell(KIND_PUT, head, bytes, 0, bytes.length, undefined, ms, 0, origin, index + 1);
  });
}
