/**
 * The text that `invite` prints and `join` takes: where the inviting node listens, whose key must
 * answer there, which world it is, and a secret that only that node accepts, once. Everybody who
 * sees the code before it is used or has expired can join with it.
 *
 * Bytes: version 1 (1), key id of the inviter (16), world id (16), token (16), port (u16), host
 * (text of at most 255 bytes, its length first), CRC-32 of all before (4); in base32 behind
 * `ADASTRA-`.
 */
import { AdastraError, ByteReader, ByteWriter, crc32, MalformedBytes } from '../../core/index.ts';
import { base32Of, bytesOfBase32 } from './base32.ts';

/** What a code says. */
export interface InviteCode {
  readonly host: string;
  readonly port: number;
  /** Key id of the inviting node, 16 bytes. */
  readonly inviter: Uint8Array;
  readonly worldId: Uint8Array;
  /** Both the name of the invitation and its secret are made of this; 16 bytes. */
  readonly token: Uint8Array;
}

const PREFIX = 'ADASTRA-';
const VERSION = 1;
const ID_BYTES = 16;
const HOST_BYTES_MAX = 255;
const CODE_LENGTH_MAX = 1024;

export function encodeInviteCode(code: InviteCode): string {
  const writer = new ByteWriter(128);
  writer.u8(VERSION);
  writer.bytes(code.inviter);
  writer.bytes(code.worldId);
  writer.bytes(code.token);
  writer.u16(code.port);
  writer.lengthAndText(code.host);
  writer.u32(crc32(writer.view()));
  return PREFIX + base32Of(writer.view());
}

/** Throws `invite_invalid`: mistyped, cut off, or of a newer version. */
export function decodeInviteCode(text: unknown): InviteCode {
  const code = typeof text === 'string' ? text.trim().toUpperCase() : '';
  if (!code.startsWith(PREFIX) || code.length > CODE_LENGTH_MAX) throw invalid('it is no code');
  const bytes = bytesOfBase32(code.slice(PREFIX.length));
  if (bytes === undefined || bytes.length < 1 + 3 * ID_BYTES + 2 + 1 + 4) throw invalid('cut off');
  const body = bytes.subarray(0, bytes.length - 4);
  try {
    const sum = new ByteReader(bytes.subarray(bytes.length - 4)).u32();
    if (sum !== crc32(body)) throw invalid('mistyped or cut off');
    return readBody(new ByteReader(body));
  } catch (error) {
    if (error instanceof MalformedBytes) throw invalid('mistyped or cut off');
    throw error;
  }
}

function readBody(reader: ByteReader): InviteCode {
  if (reader.u8() !== VERSION) throw invalid('of a newer version');
  const inviter = reader.bytes(ID_BYTES);
  const worldId = reader.bytes(ID_BYTES);
  const token = reader.bytes(ID_BYTES);
  const port = reader.u16();
  const host = reader.lengthAndText();
  reader.finish();
  if (host.length === 0 || host.length > HOST_BYTES_MAX || port === 0) throw invalid('no address');
  return { host, port, inviter, worldId, token };
}

function invalid(reason: string): AdastraError {
  return new AdastraError('invite_invalid', `this invitation cannot be used: ${reason}`, {
    hint: 'copy the whole code that adastra invite printed, from ADASTRA- to its end',
  });
}
