/**
 * `statements`: how far members had everything durable, each signed by the member itself, passed
 * on by anybody. Signatures are checked by `sync`, not here.
 */
import { ByteWriter, type StatementsMessage, type VectorStatement } from '../../core/index.ts';
import {
  readCount,
  readFingerprint,
  readVector,
  SIGNATURE_BYTES,
  writeCount,
  writeFingerprint,
  writeFixed,
  writeMs,
  writeVector,
} from './fields.ts';
import { bodyOf, type MessageFormat } from './message-format.ts';

const STATEMENT_BYTES_MIN = 82;

export const statementsFormat: MessageFormat<StatementsMessage> = {
  kind: 'statements',
  type: 19,
  isCritical: true,
  scope: 'world',
  limit: 'vectorBytesMax',
  encode({ statements }) {
    const writer = new ByteWriter(32 + statements.length * 256);
    writeCount(writer, statements.length);
    for (const statement of statements) {
      writeFingerprint(writer, statement.fingerprint);
      writeMs(writer, statement.timeMs);
      writeVector(writer, statement.vector);
      writeFixed(writer, statement.signature, SIGNATURE_BYTES);
    }
    return bodyOf(writer);
  },
  decode(reader) {
    const statements: VectorStatement[] = [];
    for (let left = readCount(reader, STATEMENT_BYTES_MIN); left > 0; left--) {
      statements.push({
        fingerprint: readFingerprint(reader),
        timeMs: reader.varint(),
        vector: readVector(reader),
        signature: reader.bytes(SIGNATURE_BYTES),
      });
    }
    return { kind: 'statements', statements };
  },
};
