/**
 * `hello`: the first message of both sides of a `/peer` stream. Its beginning (range of versions,
 * world) never changes, so that nodes of any two versions can tell each other why they part; what a
 * later version adds goes into the extension, which this one keeps and does not look at.
 */
import {
  type ByteReader,
  ByteWriter,
  MalformedBytes,
  type NodeMetadata,
} from '../../core/index.ts';
import { readFingerprint, readHex, writeFingerprint, writeHex, writeMs } from './fields.ts';
import { bodyOf, type MessageFormat } from './message-format.ts';
import {
  type DialAddress,
  readAddress,
  readMetadata,
  writeAddress,
  writeMetadata,
} from './metadata.ts';

export const WORLD_BYTES = 16;
export const SESSION_BYTES = 16;
const EXTENSION_BYTES_MAX = 4096;

/** Protocol versions that a node speaks, both ends included. */
export interface VersionRange {
  readonly min: number;
  readonly max: number;
}

export interface HelloMessage {
  readonly kind: 'hello';
  readonly versions: VersionRange;
  /** 32 hex characters. */
  readonly worldId: string;
  /** Must be that of the key which the stream has proved. */
  readonly fingerprint: string;
  /** 32 hex characters, drawn when the transport was made: one process, one session. */
  readonly sessionId: string;
  readonly wallMs: number;
  /** Where it can be dialled; a host of all zeros means the address it came from. */
  readonly listening: DialAddress | undefined;
  readonly metadata: NodeMetadata;
  /** Of later versions. */
  readonly extension: Uint8Array;
}

export function writeVersions(writer: ByteWriter, { min, max }: VersionRange): void {
  writer.varint(min);
  writer.varint(max);
}

export function readVersions(reader: ByteReader): VersionRange {
  const min = reader.varint();
  const max = reader.varint();
  if (min === 0 || max < min) throw new MalformedBytes(`versions ${min} to ${max}`);
  return { min, max };
}

export const helloFormat: MessageFormat<HelloMessage> = {
  kind: 'hello',
  type: 1,
  isCritical: true,
  scope: 'link',
  limit: 'controlBytesMax',
  encode(message) {
    const writer = new ByteWriter(512);
    writeVersions(writer, message.versions);
    writeHex(writer, message.worldId, WORLD_BYTES);
    writeFingerprint(writer, message.fingerprint);
    writeHex(writer, message.sessionId, SESSION_BYTES);
    writeMs(writer, message.wallMs);
    writeAddress(writer, message.listening);
    writeMetadata(writer, message.metadata);
    writer.lengthAndBytes(message.extension);
    return bodyOf(writer);
  },
  decode(reader) {
    const versions = readVersions(reader);
    const worldId = readHex(reader, WORLD_BYTES);
    const fingerprint = readFingerprint(reader);
    const sessionId = readHex(reader, SESSION_BYTES);
    const wallMs = reader.varint();
    const listening = readAddress(reader);
    const metadata = readMetadata(reader);
    const extensionBytes = reader.varint();
    if (extensionBytes > EXTENSION_BYTES_MAX) throw new MalformedBytes('extension too long');
    const extension = reader.bytes(extensionBytes);
    return {
      kind: 'hello',
      versions,
      worldId,
      fingerprint,
      sessionId,
      wallMs,
      listening,
      metadata,
      extension,
    };
  },
};
