/**
 * One end of a stream of the memory network. A message that is sent waits in the outbox until the
 * window has room; the window counts what travels and what the other side has not been given yet,
 * so a receiver that is paused makes the sender's `bufferedBytes` grow, as a full socket does.
 */
import { assert } from '../../core/index.ts';
import {
  STREAM_ENDS,
  STREAM_LOW_BYTES,
  type Stream,
  type StreamAddress,
  type StreamHandlers,
  type StreamPeer,
} from '../streams.ts';
import type { LanHost } from './memory-lan.ts';
import type { MemoryPipe } from './memory-pipe.ts';

/** What two real sockets hold between them, about. */
const WINDOW_BYTES = 262_144;
const CLOSE_MS = 1_000;

/** What an end is made of. */
export interface StreamEnd {
  readonly host: LanHost;
  /** Towards the other side. */
  readonly pipe: MemoryPipe;
  readonly peer: StreamPeer;
  readonly outbound: boolean;
  readonly messageBytesMax: number;
  /** The end is over, however it came. */
  onEnd(): void;
}

/** `Stream` in memory; `other` is set right after both ends are made. */
export class MemoryStream implements Stream {
  readonly remoteKey: Uint8Array;
  readonly remoteAddress: StreamAddress;
  readonly path: string;
  readonly outbound: boolean;
  other: MemoryStream | undefined;
  bytesIn = 0;
  bytesOut = 0;
  bufferedBytes = 0;
  readonly #end: StreamEnd;
  #handlers: StreamHandlers | undefined;
  #outbox: Uint8Array[] = [];
  #inbox: Uint8Array[] = [];
  #windowBytes = 0;
  #isHigh = false;
  #isPaused = false;
  #isClosing = false;
  #isOver = false;
  /** The other side's last word, to be heard after what is in the inbox. */
  #lastWord: string | undefined;
  /** Ours, once `close` was called; then whether it is on its way. */
  #farewell = '';
  #isSaid = false;
  /** Why it ended, until the handlers are told. */
  #ended: string | undefined;

  constructor(end: StreamEnd) {
    this.#end = end;
    this.remoteKey = end.peer.remoteKey;
    this.remoteAddress = end.peer.remoteAddress;
    this.path = end.peer.path;
    this.outbound = end.outbound;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  attach(handlers: StreamHandlers): void {
    assert(this.#handlers === undefined, 'handlers are attached once');
    this.#handlers = handlers;
    this.#soon(() => this.#deliver());
    if (this.#ended !== undefined) this.#tellEnd();
  }

  send(bytes: Uint8Array): void {
    if (this.#isOver || this.#isClosing) return;
    this.#outbox.push(bytes);
    this.bufferedBytes += bytes.length;
    this.#pump();
    if (this.bufferedBytes > STREAM_LOW_BYTES) this.#isHigh = true;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#soon(() => this.#deliver());
  }

  close(reason: string): void {
    if (this.#isOver || this.#isClosing) return;
    this.#isClosing = true;
    this.#inbox = [];
    this.#farewell = reason;
    if (this.#lastWord !== undefined) {
      this.#answerLastWord(this.#lastWord);
      return;
    }
    this.#end.host.timers.after(CLOSE_MS, () => this.#abandon(reason));
    this.#pump();
  }

  destroy(reason: string): void {
    this.#abandon(reason);
  }

  /** The connection broke: nobody says anything any more. */
  lose(): void {
    this.#finish(STREAM_ENDS.lost);
  }

  /** The process ended: its operating system resets the other side, nobody here is told. */
  kill(): void {
    this.#sayLost();
    this.vanish();
  }

  /** The machine ended: nobody is told. */
  vanish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#handlers = undefined;
    this.#end.onEnd();
  }

  #abandon(reason: string): void {
    if (this.#isOver) return;
    this.#sayLost();
    this.#finish(reason);
  }

  #sayLost(): void {
    const { other } = this;
    if (!this.#isOver) this.#end.pipe.send(0, () => other?.lose());
  }

  #pump(): void {
    const { other } = this;
    if (other === undefined) return;
    for (;;) {
      const [next] = this.#outbox;
      if (next === undefined) break;
      if (this.#windowBytes > 0 && this.#windowBytes + next.length > WINDOW_BYTES) break;
      this.#outbox.shift();
      this.#windowBytes += next.length;
      this.bufferedBytes -= next.length;
      this.bytesOut += next.length;
      this.#end.pipe.send(next.length, () => other.#arrive(next));
    }
    if (this.#isClosing && this.#outbox.length === 0) this.#sayFarewell(other);
    if (this.#isHigh && this.bufferedBytes <= STREAM_LOW_BYTES) this.#drained();
  }

  #drained(): void {
    this.#isHigh = false;
    this.#soon(() => {
      if (!this.#isOver && !this.#isClosing) this.#handlers?.onDrain();
    });
  }

  #sayFarewell(other: MemoryStream): void {
    if (this.#isSaid) return;
    this.#isSaid = true;
    const reason = this.#farewell;
    this.#end.pipe.send(0, () => other.#hearLastWord(reason));
  }

  #hearLastWord(reason: string): void {
    if (this.#isOver) return;
    if (this.#isClosing) {
      this.#finish(this.#farewell);
      return;
    }
    this.#lastWord = reason;
    this.#deliver();
  }

  #arrive(bytes: Uint8Array): void {
    if (this.#isOver) return;
    this.bytesIn += bytes.length;
    if (bytes.length > this.#end.messageBytesMax) this.close(STREAM_ENDS.tooLong);
    if (this.#isClosing) {
      this.#credit(bytes.length);
      return;
    }
    this.#inbox.push(bytes.slice());
    this.#deliver();
  }

  #deliver(): void {
    while (!this.#isPaused && !this.#isClosing && !this.#isOver && this.#handlers !== undefined) {
      const bytes = this.#inbox.shift();
      if (bytes === undefined) {
        if (this.#lastWord !== undefined) this.#answerLastWord(this.#lastWord);
        return;
      }
      this.#credit(bytes.length);
      this.#handlers.onMessage(bytes);
    }
  }

  #answerLastWord(reason: string): void {
    const { other } = this;
    this.#end.pipe.send(0, () => {
      if (other !== undefined) other.#hearLastWord(reason);
    });
    this.#finish(reason);
  }

  /** Tells the sender that these bytes are out of the window. */
  #credit(sizeBytes: number): void {
    const { other } = this;
    this.#end.pipe.send(0, () => {
      if (other === undefined || other.#isOver) return;
      other.#windowBytes -= sizeBytes;
      other.#pump();
    });
  }

  #finish(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#outbox = [];
    this.#inbox = [];
    this.bufferedBytes = 0;
    this.#ended = reason;
    this.#end.onEnd();
    if (this.#handlers !== undefined) this.#tellEnd();
  }

  #tellEnd(): void {
    const handlers = this.#handlers;
    const reason = this.#ended as string;
    this.#soon(() => handlers?.onClose(reason));
  }

  #soon(fn: () => void): void {
    this.#end.host.timers.soon(fn);
  }
}
