/**
 * `snapshotChunk`: bytes of a snapshot from an offset on. Written without a copy, read as a view of
 * what arrived.
 */
import { ByteWriter, type SnapshotChunkMessage } from '../../core/index.ts';
import { readText, SNAPSHOT_ID_BYTES_MAX, writeNumber, writeSnapshotId } from './fields.ts';
import type { MessageFormat } from './message-format.ts';

export const snapshotChunkFormat: MessageFormat<SnapshotChunkMessage> = {
  kind: 'snapshotChunk',
  type: 23,
  isCritical: true,
  scope: 'world',
  limit: 'chunkBytesMax',
  encode({ id, offset, bytes }) {
    const writer = new ByteWriter(64);
    writeSnapshotId(writer, id);
    writeNumber(writer, offset);
    writeNumber(writer, bytes.length);
    return { parts: [writer.view(), bytes], byteLength: writer.length + bytes.length };
  },
  decode(reader) {
    return {
      kind: 'snapshotChunk',
      id: readText(reader, SNAPSHOT_ID_BYTES_MAX),
      offset: reader.varint(),
      bytes: reader.view(reader.varint()),
    };
  },
};
