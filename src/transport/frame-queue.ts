/**
 * Messages about the world that wait for their stream, cut into frames one at a time, in order.
 * What lies here is the encoded parts as the caller gave them: bytes are copied when a frame is
 * built, and never before.
 */
import { assert } from '../core/index.ts';
import { type Checksum, encodeFrame, LINK_CHANNEL, WORLD_CHANNEL } from './frame.ts';
import { FRAME_OVERHEAD_BYTES, type TransportLimits } from './limits.ts';
import type { EncodedBody } from './messages/message-format.ts';
import {
  type AnyFormat,
  encodeBody,
  formatOfKind,
  type WireMessage,
} from './messages/message-table.ts';

/** What a message in the queue counts beside its bytes, so that many small ones count too. */
const MESSAGE_OVERHEAD_BYTES = 64;

interface Waiting {
  readonly format: AnyFormat;
  readonly body: EncodedBody;
  sentBytes: number;
  partIndex: number;
  partOffset: number;
}

function waitingOf(message: WireMessage, limits: TransportLimits): Waiting {
  const format = formatOfKind(message.kind);
  const body = encodeBody(message);
  const bytesMax = limits[format.limit];
  assert(
    body.byteLength <= bytesMax,
    `${message.kind} of ${body.byteLength} bytes, ${bytesMax} go`,
  );
  return { format, body, sentBytes: 0, partIndex: 0, partOffset: 0 };
}

function fillFrom(waiting: Waiting, target: Uint8Array): void {
  let filled = 0;
  while (filled < target.length) {
    const part = waiting.body.parts[waiting.partIndex] as Uint8Array;
    const start = waiting.partOffset;
    const end = Math.min(part.length, start + target.length - filled);
    target.set(start === 0 && end === part.length ? part : part.subarray(start, end), filled);
    filled += end - start;
    waiting.partOffset = end;
    if (end === part.length) {
      waiting.partIndex += 1;
      waiting.partOffset = 0;
    }
  }
  waiting.sentBytes += filled;
}

function nextFrame(waiting: Waiting, limits: TransportLimits, crc32: Checksum): Uint8Array {
  const { format, body } = waiting;
  const left = body.byteLength - waiting.sentBytes;
  const pieceBytes = Math.min(left, limits.frameBytesMax - FRAME_OVERHEAD_BYTES);
  const head = {
    type: format.type,
    isCritical: format.isCritical,
    channel: format.scope === 'link' ? LINK_CHANNEL : WORLD_CHANNEL,
    isFirst: waiting.sentBytes === 0,
    isLast: pieceBytes === left,
    totalBytes: body.byteLength,
  };
  const fill = (target: Uint8Array): void => fillFrom(waiting, target);
  return encodeFrame(head, pieceBytes, { crc32, fill });
}

/** The frame of a message that fits into one. */
export function wholeFrame(
  message: WireMessage,
  limits: TransportLimits,
  crc32: Checksum,
): Uint8Array {
  return nextFrame(waitingOf(message, limits), limits, crc32);
}

/** The writing end of one stream. */
export class FrameQueue {
  readonly #limits: TransportLimits;
  readonly #crc32: Checksum;
  #waiting: Waiting[] = [];
  #head = 0;
  #bytes = 0;

  constructor(limits: TransportLimits, crc32: Checksum) {
    this.#limits = limits;
    this.#crc32 = crc32;
  }

  /** Bytes that wait, a little for each message included. */
  get bytes(): number {
    return this.#bytes;
  }

  push(message: WireMessage): void {
    const waiting = waitingOf(message, this.#limits);
    this.#waiting.push(waiting);
    this.#bytes += waiting.body.byteLength + MESSAGE_OVERHEAD_BYTES;
  }

  /** The next frame to send, or `undefined` if nothing waits. */
  next(): Uint8Array | undefined {
    const waiting = this.#waiting[this.#head];
    if (waiting === undefined) return undefined;
    const before = waiting.sentBytes;
    const frame = nextFrame(waiting, this.#limits, this.#crc32);
    this.#bytes -= waiting.sentBytes - before;
    if (waiting.sentBytes === waiting.body.byteLength) this.#drop();
    return frame;
  }

  clear(): void {
    this.#waiting = [];
    this.#head = 0;
    this.#bytes = 0;
  }

  #drop(): void {
    this.#bytes -= MESSAGE_OVERHEAD_BYTES;
    // Let go of the parts at once; the array itself is cut when half of it is behind.
    (this.#waiting as (Waiting | undefined)[])[this.#head] = undefined;
    this.#head += 1;
    if (this.#head * 2 < this.#waiting.length) return;
    this.#waiting = this.#waiting.slice(this.#head);
    this.#head = 0;
  }
}
