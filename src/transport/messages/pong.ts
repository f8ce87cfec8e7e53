/**
 * `pong`: answers a ping. With its wall time the asker estimates the offset of the two clocks.
 * Small and always whole, it goes between the pieces of a large message. How many may come in a
 * second is the session's matter.
 */
import { ByteWriter } from '../../core/index.ts';
import { writeMs, writeNumber } from './fields.ts';
import { bodyOf, type MessageFormat } from './message-format.ts';

export interface PongMessage {
  readonly kind: 'pong';
  /** Counts up from 1 on each link. */
  readonly id: number;
  /** Wall time of the sender. */
  readonly wallMs: number;
}

export const pongFormat: MessageFormat<PongMessage> = {
  kind: 'pong',
  type: 4,
  isCritical: true,
  scope: 'link',
  limit: 'controlBytesMax',
  encode(message) {
    const writer = new ByteWriter(24);
    writeNumber(writer, message.id);
    writeMs(writer, message.wallMs);
    return bodyOf(writer);
  },
  decode(reader) {
    return { kind: 'pong', id: reader.varint(), wallMs: reader.varint() };
  },
};
