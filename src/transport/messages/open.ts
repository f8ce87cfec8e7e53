/**
 * `open`: the first message of each side about the world, where it stands. What follows from it is
 * for `sync` to decide.
 */
import { ByteWriter, MalformedBytes, type OpenMessage } from '../../core/index.ts';
import {
  readOptionalDigest,
  readVector,
  writeMs,
  writeNumber,
  writeOptionalDigest,
  writeVector,
} from './fields.ts';
import { bodyOf, type MessageFormat } from './message-format.ts';

const FILTER_ALL = 0;

export const openFormat: MessageFormat<OpenMessage> = {
  kind: 'open',
  type: 16,
  isCritical: true,
  scope: 'world',
  limit: 'vectorBytesMax',
  encode(message) {
    const writer = new ByteWriter(128 + message.vector.size * 72);
    writeNumber(writer, message.levelMin);
    writeNumber(writer, message.levelMax);
    writer.u8(FILTER_ALL);
    writeOptionalDigest(writer, message.stateHash);
    writeMs(writer, message.wallMs);
    writeVector(writer, message.vector);
    return bodyOf(writer);
  },
  decode(reader) {
    const levelMin = reader.varint();
    const levelMax = reader.varint();
    if (levelMax < levelMin) throw new MalformedBytes(`levels ${levelMin} to ${levelMax}`);
    if (reader.u8() !== FILTER_ALL) throw new MalformedBytes('unknown filter');
    const stateHash = readOptionalDigest(reader);
    const wallMs = reader.varint();
    const vector = readVector(reader);
    return { kind: 'open', vector, levelMin, levelMax, filter: 'all', stateHash, wallMs };
  },
};
