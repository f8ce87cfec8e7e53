/**
 * A frame: one message of the stream, which carries a whole message of ours or one piece of it.
 * Type and critical bit, channel, flags, the length of the whole message in its first piece, the
 * piece, and a CRC-32 over all of that. This layout is the same in every protocol version.
 */
import { assert, ByteReader, ByteWriter, MalformedBytes } from '../core/index.ts';
import { FRAME_OVERHEAD_BYTES } from './limits.ts';
import { WireFault } from './wire-fault.ts';

/** Messages about the link itself. */
export const LINK_CHANNEL = 0;
/** Messages about the one world that format 1 has on a link. */
export const WORLD_CHANNEL = 1;

const CRITICAL = 0x80;
const FLAG_FIRST = 1;
const FLAG_LAST = 2;
const FLAGS_KNOWN = FLAG_FIRST | FLAG_LAST;
const COMPRESSION_SHIFT = 4;
const CHECKSUM_BYTES = 4;
/** Type, channel, flags, checksum. */
const FRAME_BYTES_MIN = 3 + CHECKSUM_BYTES;

/** CRC-32 as the `Crypto` port has it. */
export type Checksum = (data: Uint8Array) => number;

export interface FrameHead {
  /** 1 to 127. */
  readonly type: number;
  readonly isCritical: boolean;
  readonly channel: number;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  /** Bytes of the whole message; 0 in a frame that is not its first. */
  readonly totalBytes: number;
}

export interface Frame extends FrameHead {
  /** A view of the bytes that were read. */
  readonly piece: Uint8Array;
}

/** Memory of its own for a frame around `pieceBytes`, which `fill` writes. */
export function encodeFrame(
  head: FrameHead,
  pieceBytes: number,
  context: { readonly crc32: Checksum; fill(target: Uint8Array): void },
): Uint8Array {
  assert(head.type >= 1 && head.type < CRITICAL, `message type ${head.type}`);
  const writer = new ByteWriter(FRAME_OVERHEAD_BYTES + pieceBytes);
  writer.u8(head.type | (head.isCritical ? CRITICAL : 0));
  writer.varint(head.channel);
  writer.u8((head.isFirst ? FLAG_FIRST : 0) | (head.isLast ? FLAG_LAST : 0));
  if (head.isFirst) writer.varint(head.totalBytes);
  const start = writer.length;
  writer.length += pieceBytes;
  context.fill(writer.buffer.subarray(start, writer.length));
  writer.u32(context.crc32(writer.view()));
  return writer.view();
}

/** Reads a frame of any bytes; throws `MalformedBytes`, or `WireFault` for what is too new. */
export function decodeFrame(bytes: Uint8Array, crc32: Checksum): Frame {
  if (bytes.length < FRAME_BYTES_MIN) throw new MalformedBytes(`a frame of ${bytes.length} bytes`);
  const end = bytes.length - CHECKSUM_BYTES;
  const sum = new ByteReader(bytes, end).u32();
  if (crc32(bytes.subarray(0, end)) !== sum) throw new MalformedBytes('checksum of a frame');
  const reader = new ByteReader(bytes, 0, end);
  const typeByte = reader.u8();
  const channel = reader.varint();
  const flags = reader.u8();
  const compression = flags >>> COMPRESSION_SHIFT;
  if (compression !== 0) throw new WireFault('upgrade_needed', `compression ${compression}`);
  if ((flags & ~FLAGS_KNOWN) !== 0) throw new MalformedBytes(`frame flags ${flags}`);
  const type = typeByte & ~CRITICAL;
  if (type === 0) throw new MalformedBytes('message type 0');
  const isFirst = (flags & FLAG_FIRST) !== 0;
  const totalBytes = isFirst ? reader.varint() : 0;
  return {
    type,
    isCritical: (typeByte & CRITICAL) !== 0,
    channel,
    isFirst,
    isLast: (flags & FLAG_LAST) !== 0,
    totalBytes,
    piece: reader.view(reader.remaining),
  };
}
