/**
 * `join`: the only message of one who holds an invitation and is no member yet, on a `/join`
 * stream. Its key is the one that the stream has proved, so the message does not repeat it.
 */
import { ByteWriter } from '../../core/index.ts';
import { readText, writeFixed, writeText } from './fields.ts';
import { readVersions, type VersionRange, writeVersions } from './hello.ts';
import { bodyOf, type MessageFormat } from './message-format.ts';
import { type DialAddress, readAddress, writeAddress } from './metadata.ts';

export const INVITE_ID_BYTES = 16;
export const INVITE_SECRET_BYTES = 32;
const NAME_BYTES_MAX = 64;

export interface JoinMessage {
  readonly kind: 'join';
  readonly versions: VersionRange;
  /** 16 bytes. */
  readonly inviteId: Uint8Array;
  /** 32 bytes. */
  readonly secret: Uint8Array;
  readonly nodeId: string;
  /** Where the joiner will take connections, if it knows that already. */
  readonly listening: DialAddress | undefined;
}

export const joinFormat: MessageFormat<JoinMessage> = {
  kind: 'join',
  type: 7,
  isCritical: true,
  scope: 'link',
  limit: 'controlBytesMax',
  encode(message) {
    const writer = new ByteWriter(192);
    writeVersions(writer, message.versions);
    writeFixed(writer, message.inviteId, INVITE_ID_BYTES);
    writeFixed(writer, message.secret, INVITE_SECRET_BYTES);
    writeText(writer, message.nodeId, NAME_BYTES_MAX);
    writeAddress(writer, message.listening);
    return bodyOf(writer);
  },
  decode(reader) {
    return {
      kind: 'join',
      versions: readVersions(reader),
      inviteId: reader.bytes(INVITE_ID_BYTES),
      secret: reader.bytes(INVITE_SECRET_BYTES),
      nodeId: readText(reader, NAME_BYTES_MAX),
      listening: readAddress(reader),
    };
  },
};
