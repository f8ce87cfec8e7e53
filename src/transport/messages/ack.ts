/**
 * `ack`: how far the sender has applied, and has durable, what it received, with what it did not
 * take and why. Cumulative: a later one makes an earlier one needless.
 */
import { type AckMessage, type ByteReader, ByteWriter, type Refusal } from '../../core/index.ts';
import {
  readCount,
  readFlag,
  readName,
  readOptionalDigest,
  readOrigin,
  readText,
  readVector,
  writeCount,
  writeMs,
  writeNumber,
  writeOptionalDigest,
  writeOrigin,
  writeText,
  writeVector,
} from './fields.ts';
import { bodyOf, type MessageFormat } from './message-format.ts';

const KINDS: readonly Refusal['kind'][] = ['held', 'void', 'refused', 'fork', 'unsupported'];
const REFUSAL_BYTES_MIN = 36;

function writeRefusal(writer: ByteWriter, refusal: Refusal): void {
  writeOrigin(writer, refusal.origin);
  writeNumber(writer, refusal.originSeq);
  writer.u8(KINDS.indexOf(refusal.kind));
  writeText(writer, refusal.reason);
  writeMs(writer, refusal.untilMs);
}

function readRefusal(reader: ByteReader): Refusal {
  return {
    origin: readOrigin(reader),
    originSeq: reader.varint(),
    kind: readName(reader, KINDS),
    reason: readText(reader),
    untilMs: reader.varint(),
  };
}

export const ackFormat: MessageFormat<AckMessage> = {
  kind: 'ack',
  type: 18,
  isCritical: true,
  scope: 'world',
  limit: 'vectorBytesMax',
  encode(message) {
    const writer = new ByteWriter(96 + (message.received.size + message.durable.size) * 72);
    writeNumber(writer, message.frame);
    writer.u8(message.again ? 1 : 0);
    writeOptionalDigest(writer, message.stateHash);
    writeMs(writer, message.wallMs);
    writeVector(writer, message.received);
    writeVector(writer, message.durable);
    writeCount(writer, message.refusals.length);
    for (const refusal of message.refusals) writeRefusal(writer, refusal);
    return bodyOf(writer);
  },
  decode(reader) {
    const frame = reader.varint();
    const again = readFlag(reader);
    const stateHash = readOptionalDigest(reader);
    const wallMs = reader.varint();
    const received = readVector(reader);
    const durable = readVector(reader);
    const refusals: Refusal[] = [];
    for (let left = readCount(reader, REFUSAL_BYTES_MIN); left > 0; left--) {
      refusals.push(readRefusal(reader));
    }
    return { kind: 'ack', frame, received, durable, stateHash, refusals, again, wallMs };
  },
};
