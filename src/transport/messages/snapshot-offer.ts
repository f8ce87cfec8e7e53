/**
 * `snapshotOffer`: what snapshot comes, how long it is, and the signature of the member that stands
 * for it. The length is what is announced, never what a receiver may allocate.
 */
import { ByteWriter, type SnapshotOfferMessage } from '../../core/index.ts';
import {
  DIGEST_BYTES,
  readFingerprint,
  readText,
  readVector,
  SIGNATURE_BYTES,
  SNAPSHOT_ID_BYTES_MAX,
  writeFingerprint,
  writeFixed,
  writeNumber,
  writeSnapshotId,
  writeVector,
} from './fields.ts';
import { bodyOf, type MessageFormat } from './message-format.ts';

export const snapshotOfferFormat: MessageFormat<SnapshotOfferMessage> = {
  kind: 'snapshotOffer',
  type: 22,
  isCritical: true,
  scope: 'world',
  limit: 'vectorBytesMax',
  encode(message) {
    const writer = new ByteWriter(256 + message.vector.size * 72);
    writeSnapshotId(writer, message.id);
    writeFingerprint(writer, message.fingerprint);
    writeNumber(writer, message.byteLength);
    writeFixed(writer, message.digest, DIGEST_BYTES);
    writeFixed(writer, message.stateHash, DIGEST_BYTES);
    writeVector(writer, message.vector);
    writeFixed(writer, message.signature, SIGNATURE_BYTES);
    return bodyOf(writer);
  },
  decode(reader) {
    return {
      kind: 'snapshotOffer',
      id: readText(reader, SNAPSHOT_ID_BYTES_MAX),
      fingerprint: readFingerprint(reader),
      byteLength: reader.varint(),
      digest: reader.bytes(DIGEST_BYTES),
      stateHash: reader.bytes(DIGEST_BYTES),
      vector: readVector(reader),
      signature: reader.bytes(SIGNATURE_BYTES),
    };
  },
};
