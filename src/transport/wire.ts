/**
 * Messages over one stream. Messages about the link leave at once, those about the world wait until
 * the stream has taken most of what it was given: so a ping overtakes a long message between two of
 * its pieces, and what waits is counted. A fault of the other side is reported once, typed; after
 * it, as after the end of the stream, nothing is delivered and nothing leaves but an error.
 */
import { MalformedBytes } from '../core/index.ts';
import type { Stream } from '../env/index.ts';
import type { Checksum } from './frame.ts';
import { FrameAssembler } from './frame-assembler.ts';
import { FrameQueue, wholeFrame } from './frame-queue.ts';
import type { TransportLimits } from './limits.ts';
import type { AnyFormat, WireMessage } from './messages/message-table.ts';
import { WireFault, type WireReason } from './wire-fault.ts';

export interface WireParts {
  readonly stream: Stream;
  readonly limits: TransportLimits;
  readonly crc32: Checksum;
  /** Whether a message of this kind may come now; throws `WireFault` if not. */
  admit(format: AnyFormat): void;
  /** May throw `WireFault`. */
  onMessage(message: WireMessage): void;
  /** A message that was skipped; may throw `WireFault`. */
  onUnknown(type: number): void;
  /** After the link was congested it no longer is. */
  onDrain(): void;
  /** The other side broke the rules; the owner ends the wire. */
  onFault(fault: WireFault): void;
  /** The stream ended without `end`; nothing follows. */
  onClose(reason: string): void;
}

export class Wire {
  readonly #parts: WireParts;
  readonly #assembler: FrameAssembler;
  readonly #queue: FrameQueue;
  #isOver = false;
  #isCongested = false;

  constructor(parts: WireParts) {
    this.#parts = parts;
    const { limits, crc32 } = parts;
    this.#queue = new FrameQueue(limits, crc32);
    this.#assembler = new FrameAssembler({
      limits,
      crc32,
      admit: (format) => parts.admit(format),
      onUnknown: (type) => parts.onUnknown(type),
    });
  }

  /** Begins to read; not in the constructor, so that the owner is whole when messages come. */
  start(): void {
    this.#parts.stream.attach({
      onMessage: (bytes) => this.#take(bytes),
      onDrain: () => this.#pump(),
      onClose: (reason) => this.#closed(reason),
    });
  }

  /** Bytes that wait here and in the stream. */
  get bufferedBytes(): number {
    return this.#queue.bytes + this.#parts.stream.bufferedBytes;
  }

  get congested(): boolean {
    if (this.bufferedBytes >= this.#parts.limits.bufferedBytesHigh) this.#isCongested = true;
    return this.#isCongested;
  }

  /** A message about the link, before all others. Ignored once it is over. */
  sendNow(message: WireMessage): void {
    const { stream, limits, crc32 } = this.#parts;
    if (this.#isOver) return;
    stream.send(wholeFrame(message, limits, crc32));
    this.#checkSlow();
  }

  /** A message about the world, behind those before it. Ignored once it is over. */
  send(message: WireMessage): void {
    if (this.#isOver) return;
    this.#queue.push(message);
    this.#pump();
    this.#checkSlow();
  }

  /** Says `last`, drops what waits, and ends the stream. */
  end(reason: string, last?: WireMessage): void {
    if (this.#isOver) return;
    const { stream, limits, crc32 } = this.#parts;
    this.#isOver = true;
    this.#queue.clear();
    if (last !== undefined) stream.send(wholeFrame(last, limits, crc32));
    stream.close(reason);
  }

  /** Ends the stream with what it holds: for one that does not read. */
  destroy(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#queue.clear();
    this.#parts.stream.destroy(reason);
  }

  #take(bytes: Uint8Array): void {
    if (this.#isOver) return;
    try {
      const message = this.#assembler.take(bytes);
      if (message !== undefined) this.#parts.onMessage(message);
    } catch (error) {
      this.#fault(error);
    }
  }

  #fault(error: unknown): void {
    if (error instanceof WireFault) this.#parts.onFault(error);
    else if (error instanceof MalformedBytes) this.#report('malformed', error.message);
    else throw error;
  }

  #report(reason: WireReason, message: string): void {
    this.#parts.onFault(new WireFault(reason, message));
  }

  #pump(): void {
    if (this.#isOver) return;
    const { stream, limits } = this.#parts;
    while (stream.bufferedBytes < limits.windowBytes) {
      const frame = this.#queue.next();
      if (frame === undefined) break;
      stream.send(frame);
    }
    if (this.#isCongested && this.bufferedBytes < limits.bufferedBytesHigh / 2) {
      this.#isCongested = false;
      this.#parts.onDrain();
    }
  }

  #checkSlow(): void {
    const { bufferedBytes } = this;
    const { limits } = this.#parts;
    if (bufferedBytes >= limits.bufferedBytesHigh) this.#isCongested = true;
    if (this.#isOver || bufferedBytes <= limits.bufferedBytesMax) return;
    this.#report('slow', `${bufferedBytes} bytes wait for it`);
  }

  #closed(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#queue.clear();
    this.#parts.onClose(reason);
  }
}
