/**
 * `joinReply`: the inviter has recorded the new member. It says which world this is, how far the
 * inviter is (behind that the joiner's membership stands), and where members can be reached.
 */
import { ByteWriter, MalformedBytes, type Role, type Vector } from '../../core/index.ts';
import {
  readCount,
  readFingerprint,
  readHex,
  readName,
  readText,
  readVector,
  writeCount,
  writeFingerprint,
  writeHex,
  writeNumber,
  writeText,
  writeVector,
} from './fields.ts';
import { WORLD_BYTES } from './hello.ts';
import { bodyOf, type MessageFormat } from './message-format.ts';

const ROLES: readonly Role[] = ['read', 'write', 'admin', 'witness'];
const ADDRESSES_MAX = 16;
const MEMBER_BYTES_MIN = 17;

/** Where a member was last known to take connections, as `host:port`. */
export interface MemberAddresses {
  readonly fingerprint: string;
  readonly addresses: readonly string[];
}

export interface JoinReplyMessage {
  readonly kind: 'joinReply';
  readonly version: number;
  /** 32 hex characters. */
  readonly worldId: string;
  readonly inviter: string;
  /** What the joiner was made. */
  readonly role: Role;
  /** Of the inviter, with the commit that makes the joiner a member. */
  readonly vector: Vector;
  /** At most 4096 members with 16 addresses each. */
  readonly members: readonly MemberAddresses[];
}

export const joinReplyFormat: MessageFormat<JoinReplyMessage> = {
  kind: 'joinReply',
  type: 8,
  isCritical: true,
  scope: 'world',
  limit: 'vectorBytesMax',
  encode(message) {
    const writer = new ByteWriter(512);
    writeNumber(writer, message.version);
    writeHex(writer, message.worldId, WORLD_BYTES);
    writeFingerprint(writer, message.inviter);
    writer.u8(ROLES.indexOf(message.role));
    writeVector(writer, message.vector);
    writeCount(writer, message.members.length);
    for (const { fingerprint, addresses } of message.members) {
      writeFingerprint(writer, fingerprint);
      const some = addresses.slice(0, ADDRESSES_MAX);
      writer.varint(some.length);
      for (const address of some) writeText(writer, address);
    }
    return bodyOf(writer);
  },
  decode(reader) {
    const version = reader.varint();
    if (version === 0) throw new MalformedBytes('version 0');
    const worldId = readHex(reader, WORLD_BYTES);
    const inviter = readFingerprint(reader);
    const role = readName(reader, ROLES);
    const vector = readVector(reader);
    const members: MemberAddresses[] = [];
    for (let left = readCount(reader, MEMBER_BYTES_MIN); left > 0; left--) {
      const fingerprint = readFingerprint(reader);
      const addresses: string[] = [];
      for (let more = readCount(reader, 1, ADDRESSES_MAX); more > 0; more--) {
        addresses.push(readText(reader));
      }
      members.push({ fingerprint, addresses });
    }
    return { kind: 'joinReply', version, worldId, inviter, role, vector, members };
  },
};
