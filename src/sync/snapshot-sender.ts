/**
 * Serves a snapshot to one peer whose place is below the log's floor. The host prepares and signs
 * it; it goes out chunk by chunk, as far ahead of what the peer has asked for as the window allows,
 * so that memory on both sides is bounded. What is on its way is lost with the link and asked for
 * again by offset.
 */
import type { SnapshotOfferMessage } from '../core/index.ts';
import type { SyncContext } from './sync-context.ts';

export class SnapshotSender {
  readonly #context: SyncContext;
  readonly #peer: string;
  #asked = false;
  #offer: SnapshotOfferMessage | undefined;
  #sentOffset = 0;
  /** The host is reading from here. */
  #readingAt: number | undefined;
  #peerOffset = 0;

  constructor(context: SyncContext, peer: string) {
    this.#context = context;
    this.#peer = peer;
  }

  get isServing(): boolean {
    return this.#asked;
  }

  /** The peer needs one: asks the host for it, once for each link. */
  want(): void {
    if (this.#asked) return;
    this.#asked = true;
    this.#context.work.add({ kind: 'offer', peer: this.#peer });
  }

  /** The peer asks for one by itself; one that is being prepared is on its way already. */
  again(): void {
    if (this.#asked && this.#offer === undefined) return;
    this.#asked = true;
    this.#context.work.add({ kind: 'offer', peer: this.#peer });
  }

  /** The host has none to give now; the peer may ask again. */
  refused(): void {
    if (this.#offer === undefined) this.#asked = false;
  }

  /** The host has one. */
  ready(offer: SnapshotOfferMessage): void {
    this.#offer = offer;
    this.#readingAt = undefined;
    this.#context.work.send(this.#peer, offer);
  }

  /** The peer has everything before `offset` and waits for what follows. */
  request(id: string, offset: number): void {
    const offer = this.#offer;
    if (offer === undefined || offer.id !== id) return;
    if (!Number.isSafeInteger(offset) || offset < 0 || offset > offer.byteLength) return;
    const goesBack = offset <= this.#peerOffset;
    this.#peerOffset = offset;
    if (goesBack || offset > this.#sentOffset) {
      this.#sentOffset = offset;
      this.#readingAt = undefined;
    }
    this.#read();
  }

  /** Bytes that the host has read; others than those awaited are passed over. */
  chunk(id: string, offset: number, bytes: Uint8Array): void {
    if (this.#offer?.id !== id || this.#readingAt !== offset || bytes.length === 0) return;
    this.#readingAt = undefined;
    this.#sentOffset = offset + bytes.length;
    this.#context.work.send(this.#peer, { kind: 'snapshotChunk', id, offset, bytes });
    this.#read();
  }

  close(): void {
    this.#asked = false;
    this.#offer = undefined;
    this.#readingAt = undefined;
    this.#sentOffset = this.#peerOffset = 0;
  }

  #read(): void {
    const offer = this.#offer;
    if (offer === undefined || this.#readingAt !== undefined) return;
    const { chunkBytes, snapshotWindowBytes } = this.#context.options;
    const offset = this.#sentOffset;
    const windowEnd = Math.min(offer.byteLength, this.#peerOffset + snapshotWindowBytes);
    const bytesMax = Math.min(chunkBytes, windowEnd - offset);
    if (bytesMax <= 0) return;
    this.#readingAt = offset;
    this.#context.work.add({
      kind: 'readSnapshot',
      peer: this.#peer,
      id: offer.id,
      offset,
      bytesMax,
    });
  }
}
