/**
 * `ping`: asks the other side for a sign of life; answered by a pong with the same id.
 * Small and always whole, it goes between the pieces of a large message. How many may come in a
 * second is the session's matter.
 */
import { ByteWriter } from '../../core/index.ts';
import { writeMs, writeNumber } from './fields.ts';
import { bodyOf, type MessageFormat } from './message-format.ts';

export interface PingMessage {
  readonly kind: 'ping';
  /** Counts up from 1 on each link. */
  readonly id: number;
  /** Wall time of the sender. */
  readonly wallMs: number;
}

export const pingFormat: MessageFormat<PingMessage> = {
  kind: 'ping',
  type: 3,
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
    return { kind: 'ping', id: reader.varint(), wallMs: reader.varint() };
  },
};
