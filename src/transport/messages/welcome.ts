/**
 * `welcome`: the answer to a hello that was found good. It names the version that both will speak
 * and the session it answers. Only with the other side's welcome does a link exist: a stream may be
 * open here before the other side has judged it.
 */
import { ByteWriter, MalformedBytes } from '../../core/index.ts';
import { readHex, writeHex, writeMs, writeNumber } from './fields.ts';
import { SESSION_BYTES } from './hello.ts';
import { bodyOf, type MessageFormat } from './message-format.ts';

export interface WelcomeMessage {
  readonly kind: 'welcome';
  /** The greatest version that both speak. */
  readonly version: number;
  /** That of the hello which this answers. */
  readonly sessionId: string;
  readonly wallMs: number;
}

export const welcomeFormat: MessageFormat<WelcomeMessage> = {
  kind: 'welcome',
  type: 2,
  isCritical: true,
  scope: 'link',
  limit: 'controlBytesMax',
  encode(message) {
    const writer = new ByteWriter(64);
    writeNumber(writer, message.version);
    writeHex(writer, message.sessionId, SESSION_BYTES);
    writeMs(writer, message.wallMs);
    return bodyOf(writer);
  },
  decode(reader) {
    const version = reader.varint();
    if (version === 0) throw new MalformedBytes('version 0');
    return {
      kind: 'welcome',
      version,
      sessionId: readHex(reader, SESSION_BYTES),
      wallMs: reader.varint(),
    };
  },
};
