/**
 * `snapshotRequest`: the sender cannot be served from the log and asks for a snapshot, or for the
 * rest of one that broke off.
 */
import { ByteWriter, type SnapshotRequestMessage } from '../../core/index.ts';
import { readText, SNAPSHOT_ID_BYTES_MAX, writeNumber, writeSnapshotId } from './fields.ts';
import { bodyOf, type MessageFormat } from './message-format.ts';

export const snapshotRequestFormat: MessageFormat<SnapshotRequestMessage> = {
  kind: 'snapshotRequest',
  type: 21,
  isCritical: true,
  scope: 'world',
  limit: 'controlBytesMax',
  encode({ id, offset }) {
    const writer = new ByteWriter(64);
    writeSnapshotId(writer, id);
    writeNumber(writer, offset);
    return bodyOf(writer);
  },
  decode(reader) {
    return {
      kind: 'snapshotRequest',
      id: readText(reader, SNAPSHOT_ID_BYTES_MAX),
      offset: reader.varint(),
    };
  },
};
