/**
 * `error`: why a side ends the stream; the last that it sends. The code is for programs (those of
 * docs/formats/wire.md), the message for people. What a code of the other side means here is
 * decided by whoever asked; it is never trusted further than that.
 */
import { ByteWriter } from '../../core/index.ts';
import { readText, writeText } from './fields.ts';
import { bodyOf, type MessageFormat } from './message-format.ts';

const CODE_BYTES_MAX = 64;
const MESSAGE_BYTES_MAX = 1024;

export interface ErrorMessage {
  readonly kind: 'error';
  readonly code: string;
  readonly message: string;
}

export const errorFormat: MessageFormat<ErrorMessage> = {
  kind: 'error',
  type: 6,
  isCritical: false,
  scope: 'link',
  limit: 'controlBytesMax',
  encode(message) {
    const writer = new ByteWriter(128);
    writeText(writer, message.code, CODE_BYTES_MAX);
    writeText(writer, message.message, MESSAGE_BYTES_MAX);
    return bodyOf(writer);
  },
  decode(reader) {
    return {
      kind: 'error',
      code: readText(reader, CODE_BYTES_MAX),
      message: readText(reader, MESSAGE_BYTES_MAX),
    };
  },
};
