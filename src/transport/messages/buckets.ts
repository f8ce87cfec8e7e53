/**
 * `buckets`: the 256 sums that the state hash is made of, at a vector. Sent where vectors are equal
 * and hashes are not; a node that does not know it can do without.
 */
import { type BucketsMessage, ByteWriter } from '../../core/index.ts';
import { readVector, writeFixed, writeVector } from './fields.ts';
import { bodyOf, type MessageFormat } from './message-format.ts';

const BUCKETS_BYTES = 256 * 32;

export const bucketsFormat: MessageFormat<BucketsMessage> = {
  kind: 'buckets',
  type: 20,
  isCritical: false,
  scope: 'world',
  limit: 'vectorBytesMax',
  encode({ vector, buckets }) {
    const writer = new ByteWriter(BUCKETS_BYTES + 16 + vector.size * 72);
    writeVector(writer, vector);
    writeFixed(writer, buckets, BUCKETS_BYTES);
    return bodyOf(writer);
  },
  decode(reader) {
    return { kind: 'buckets', vector: readVector(reader), buckets: reader.bytes(BUCKETS_BYTES) };
  },
};
