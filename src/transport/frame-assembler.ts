/**
 * Makes messages of the frames that come in. The announced length is checked against the limit of
 * its kind at the first piece, and memory is only held for pieces that have arrived. One message
 * about the world may be unfinished, messages about the link stand between its pieces; those are
 * always whole. An unknown type is skipped and counted unless it is critical.
 */
import { MalformedBytes } from '../core/index.ts';
import { type Checksum, decodeFrame, type Frame, LINK_CHANNEL, WORLD_CHANNEL } from './frame.ts';
import { PIECE_BYTES_MIN, type TransportLimits } from './limits.ts';
import {
  type AnyFormat,
  decodeBody,
  formatOfType,
  type WireMessage,
} from './messages/message-table.ts';
import { WireFault } from './wire-fault.ts';

interface Unfinished {
  readonly format: AnyFormat;
  readonly totalBytes: number;
  readonly pieces: Uint8Array[];
  haveBytes: number;
}

export interface AssemblerParts {
  readonly limits: TransportLimits;
  readonly crc32: Checksum;
  /** Whether a message of this kind may come now; throws `WireFault` if not. */
  admit(format: AnyFormat): void;
  /** An unknown message that may be skipped. */
  onUnknown(type: number): void;
}

/** The reading end of one stream. */
export class FrameAssembler {
  readonly #parts: AssemblerParts;
  #unfinished: Unfinished | undefined;

  constructor(parts: AssemblerParts) {
    this.#parts = parts;
  }

  /** Bytes held for a message of which pieces are missing. */
  get heldBytes(): number {
    return this.#unfinished?.haveBytes ?? 0;
  }

  /**
   * The message that this frame completes, if any. Its payloads may be views of `bytes`. Throws
   * `MalformedBytes` or `WireFault`; the stream is at its end then.
   */
  take(bytes: Uint8Array): WireMessage | undefined {
    const { limits, crc32 } = this.#parts;
    if (bytes.length > limits.frameBytesMax) {
      throw new WireFault('too_large', `a frame of ${bytes.length} bytes`);
    }
    const frame = decodeFrame(bytes, crc32);
    const format = formatOfType(frame.type);
    if (format === undefined) {
      this.#skip(frame);
      return undefined;
    }
    if (frame.isCritical !== format.isCritical) {
      throw new MalformedBytes(`critical bit of ${format.kind}`);
    }
    const channel = format.scope === 'link' ? LINK_CHANNEL : WORLD_CHANNEL;
    if (frame.channel !== channel) {
      throw new MalformedBytes(`${format.kind} on channel ${frame.channel}`);
    }
    return frame.isFirst ? this.#begin(frame, format) : this.#continue(frame, format);
  }

  #skip(frame: Frame): void {
    if (frame.isCritical) {
      throw new WireFault('upgrade_needed', `unknown critical message type ${frame.type}`);
    }
    this.#parts.onUnknown(frame.type);
  }

  #begin(frame: Frame, format: AnyFormat): WireMessage | undefined {
    const { limits, admit } = this.#parts;
    const { totalBytes, piece, isLast } = frame;
    admit(format);
    if (totalBytes > limits[format.limit]) {
      throw new WireFault('too_large', `${format.kind} of ${totalBytes} bytes`);
    }
    if (isLast) {
      if (piece.length !== totalBytes) throw wrongLength(format, piece.length, totalBytes);
      if (format.scope === 'world') this.#checkNothingUnfinished(format);
      return decodeBody(format, piece);
    }
    if (format.scope === 'link') throw new MalformedBytes(`${format.kind} in pieces`);
    this.#checkNothingUnfinished(format);
    this.#unfinished = { format, totalBytes, pieces: [], haveBytes: 0 };
    this.#add(this.#unfinished, frame);
    return undefined;
  }

  #continue(frame: Frame, format: AnyFormat): WireMessage | undefined {
    const unfinished = this.#unfinished;
    if (unfinished === undefined || unfinished.format !== format) {
      throw new MalformedBytes(`a piece of ${format.kind} without its beginning`);
    }
    this.#add(unfinished, frame);
    if (!frame.isLast) return undefined;
    this.#unfinished = undefined;
    if (unfinished.haveBytes !== unfinished.totalBytes) {
      throw wrongLength(format, unfinished.haveBytes, unfinished.totalBytes);
    }
    return decodeBody(format, joined(unfinished));
  }

  #add(unfinished: Unfinished, { piece, isLast }: Frame): void {
    if (!isLast && piece.length < PIECE_BYTES_MIN) {
      throw new MalformedBytes(`a piece of ${piece.length} bytes`);
    }
    unfinished.haveBytes += piece.length;
    if (unfinished.haveBytes > unfinished.totalBytes) {
      throw wrongLength(unfinished.format, unfinished.haveBytes, unfinished.totalBytes);
    }
    unfinished.pieces.push(piece);
  }

  #checkNothingUnfinished(format: AnyFormat): void {
    if (this.#unfinished === undefined) return;
    throw new MalformedBytes(`${format.kind} inside ${this.#unfinished.format.kind}`);
  }
}

function wrongLength(format: AnyFormat, haveBytes: number, totalBytes: number): MalformedBytes {
  return new MalformedBytes(`${format.kind} of ${totalBytes} bytes has ${haveBytes}`);
}

function joined({ pieces, totalBytes }: Unfinished): Uint8Array {
  const body = new Uint8Array(totalBytes);
  let offset = 0;
  for (const piece of pieces) {
    body.set(piece, offset);
    offset += piece.length;
  }
  return body;
}
