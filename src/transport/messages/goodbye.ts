/**
 * `goodbye`: the last message of a side that ends a link in good order. The reason is one of a few
 * words (`stopping`, `duplicate`, …) or text for people; nothing hangs on it.
 */
import { ByteWriter } from '../../core/index.ts';
import { readText, writeText } from './fields.ts';
import { bodyOf, type MessageFormat } from './message-format.ts';

export interface GoodbyeMessage {
  readonly kind: 'goodbye';
  readonly reason: string;
}

export const goodbyeFormat: MessageFormat<GoodbyeMessage> = {
  kind: 'goodbye',
  type: 5,
  isCritical: false,
  scope: 'link',
  limit: 'controlBytesMax',
  encode(message) {
    const writer = new ByteWriter(64);
    writeText(writer, message.reason);
    return bodyOf(writer);
  },
  decode(reader) {
    return { kind: 'goodbye', reason: readText(reader) };
  },
};
