/**
 * Takes a snapshot, from one peer at a time and only from a member with role admin or witness whose
 * signature is on the offer. Chunks come in order, are stored by the host, and each stored one asks
 * for more. A broken transfer goes on at its offset when the same snapshot is offered again; one
 * that fell silent is asked for again with a back-off. The host verifies all bytes at the end.
 */
import type { SnapshotChunkMessage, SnapshotOfferMessage } from '../core/index.ts';
import { BackOff } from './back-off.ts';
import type { Now } from './ports.ts';
import { ANY_SNAPSHOT, forkRequestOf } from './snapshot-wanted.ts';
import type { SyncContext } from './sync-context.ts';
import { covers, expandVector } from './wire-vector.ts';

const CHUNKS_WAITING_MAX = 64;
const ASK_AFTER_ANNOUNCES = 5;
const ASKS_MAX = 64;

interface Transfer {
  readonly peer: string;
  readonly offer: SnapshotOfferMessage;
  /** Bytes stored here. */
  storedBytes: number;
  /** A chunk at this offset is with the host. */
  storingAt: number | undefined;
  /** Chunks that came while one is being stored: their bytes are within the window. */
  waiting: SnapshotChunkMessage[];
  askAgainMono: number;
  installing: boolean;
}

export class SnapshotReceiver {
  readonly #context: SyncContext;
  readonly #backOff: BackOff;
  /** Peers whose snapshot was bad: nothing more from them. */
  readonly #bad = new Set<string>();
  #transfer: Transfer | undefined;
  /** Why this node has to get rid of what it holds; set by the engine. */
  #causes: readonly string[] = [];
  #askMono: number | undefined;
  /** Of peers whose link is up, for when the one that is used fails. */
  readonly #offers = new Map<string, SnapshotOfferMessage>();

  constructor(context: SyncContext) {
    this.#context = context;
    const { ackTimeoutMs, retryMaxMs } = context.options;
    this.#backOff = new BackOff(context.prng, { baseMs: ackTimeoutMs, maxMs: retryMaxMs });
  }

  get from(): string | undefined {
    return this.#transfer?.peer;
  }

  get progress(): { storedBytes: number; byteLength: number } | undefined {
    const transfer = this.#transfer;
    if (transfer === undefined) return undefined;
    return { storedBytes: transfer.storedBytes, byteLength: transfer.offer.byteLength };
  }

  offered(peer: string, offer: SnapshotOfferMessage, now: Now): void {
    if (this.#bad.has(peer)) return;
    this.#offers.set(peer, offer);
    // What it offered before it no longer has.
    const isOver = this.#transfer?.peer === peer && this.#transfer.offer.id !== offer.id;
    if (isOver && this.#transfer?.installing !== true) this.#transfer = undefined;
    if (this.#transfer !== undefined || !this.#isWorthy(peer, offer)) return;
    const { host, work } = this.#context;
    const storedBytes = Math.min(host.snapshotBytesHere(offer.id), offer.byteLength);
    this.#transfer = {
      peer,
      offer,
      storedBytes,
      storingAt: undefined,
      waiting: [],
      askAgainMono: now.mono,
      installing: false,
    };
    work.syncChanged();
    this.#next(now);
  }

  chunk(peer: string, message: SnapshotChunkMessage): void {
    const transfer = this.#transfer;
    if (transfer === undefined || transfer.peer !== peer || transfer.offer.id !== message.id)
      return;
    if (transfer.waiting.length >= CHUNKS_WAITING_MAX) return;
    const waitingBytes = transfer.waiting.reduce((sum, { bytes }) => sum + bytes.length, 0);
    const end = message.offset + message.bytes.length;
    if (end > transfer.offer.byteLength || message.bytes.length === 0) return;
    if (waitingBytes + message.bytes.length > this.#context.options.snapshotWindowBytes) return;
    transfer.waiting.push(message);
    this.#store();
  }

  /** The host has stored a chunk: everything before `storedBytes` is there. */
  stored(id: string, storedBytes: number, now: Now): void {
    const transfer = this.#transfer;
    if (transfer === undefined || transfer.offer.id !== id) return;
    transfer.storingAt = undefined;
    if (storedBytes > transfer.storedBytes) {
      transfer.storedBytes = storedBytes;
      this.#backOff.succeed();
    }
    this.#store();
    this.#next(now);
  }

  /** Its bytes are not what the offer says: nothing more is taken from this peer. */
  failed(id: string, now: Now): void {
    const transfer = this.#transfer;
    if (transfer?.offer.id !== id) return;
    this.#bad.add(transfer.peer);
    this.#offers.delete(transfer.peer);
    this.#transfer = undefined;
    this.#context.work.syncChanged();
    this.#tryOthers(now);
  }

  /** What was stored is not what it should be, and nobody's fault: from the beginning again. */
  restart(id: string, now: Now): void {
    const transfer = this.#transfer;
    if (transfer?.offer.id !== id) return;
    Object.assign(transfer, {
      storedBytes: 0,
      storingAt: undefined,
      waiting: [],
      installing: false,
    });
    this.#next(now);
  }

  /** Then one that brings nothing new is wanted as well. */
  get isNeeded(): boolean {
    return this.#causes.length > 0 || this.#context.frozen.size > 0;
  }

  need(causes: readonly string[]): void {
    this.#causes = causes.map((one) => (one === 'any' ? ANY_SNAPSHOT : forkRequestOf(one)));
  }

  /** What peers are to be asked for now: the text that their request goes by. */
  asksDue(now: Now): readonly string[] {
    if (!this.isNeeded || this.#transfer !== undefined) {
      this.#askMono = undefined;
      return [];
    }
    const { options, frozen } = this.#context;
    // What settles it may be on its way as commits.
    this.#askMono ??= now.mono + options.announceMs * ASK_AFTER_ANNOUNCES;
    if (this.#askMono > now.mono) return [];
    this.#askMono = now.mono + options.retryMaxMs;
    return [...new Set([...this.#causes, ...frozen.origins().map(forkRequestOf)])].slice(
      0,
      ASKS_MAX,
    );
  }

  /** The link is gone. What is stored stays with the host, by id. */
  linkDown(peer: string, now: Now): void {
    this.#offers.delete(peer);
    if (this.#transfer?.peer !== peer || this.#transfer.installing) return;
    this.#transfer = undefined;
    this.#tryOthers(now);
  }

  tick(now: Now): void {
    const transfer = this.#transfer;
    if (transfer === undefined || transfer.installing) return;
    if (transfer.askAgainMono > now.mono) return;
    transfer.storingAt = undefined;
    transfer.waiting = [];
    const { ackTimeoutMs } = this.#context.options;
    this.#request(transfer);
    transfer.askAgainMono = now.mono + ackTimeoutMs + this.#backOff.fail();
  }

  get nextMono(): number | undefined {
    const transfer = this.#transfer;
    if (transfer === undefined) return this.isNeeded ? this.#askMono : undefined;
    return transfer.installing ? undefined : transfer.askAgainMono;
  }

  #tryOthers(now: Now): void {
    for (const [peer, offer] of this.#offers) this.offered(peer, offer, now);
  }

  #isWorthy(peer: string, offer: SnapshotOfferMessage): boolean {
    const { host, predecessorOf } = this.#context;
    const role = host.member(offer.fingerprint);
    if (offer.fingerprint !== peer || role?.state !== 'member') return false;
    if (role.role !== 'admin' && role.role !== 'witness') return false;
    if (!Number.isSafeInteger(offer.byteLength) || offer.byteLength < 1) return false;
    const isNews = !covers(host.vector(), expandVector(offer.vector, predecessorOf));
    if (!isNews && !this.isNeeded) return false;
    return host.verifyOffer(offer);
  }

  #store(): void {
    const transfer = this.#transfer;
    if (transfer === undefined || transfer.storingAt !== undefined) return;
    transfer.waiting = transfer.waiting.filter(({ offset }) => offset >= transfer.storedBytes);
    const next = transfer.waiting.find(({ offset }) => offset === transfer.storedBytes);
    if (next === undefined) return;
    transfer.waiting = transfer.waiting.filter((chunk) => chunk !== next);
    transfer.storingAt = next.offset;
    const { id, offset, bytes } = next;
    this.#context.work.add({ kind: 'storeSnapshot', peer: transfer.peer, id, offset, bytes });
  }

  #next(now: Now): void {
    const transfer = this.#transfer;
    if (transfer === undefined || transfer.installing) return;
    if (transfer.storedBytes === transfer.offer.byteLength) {
      if (!this.#isWorthy(transfer.peer, transfer.offer)) {
        // What it was for has come by itself meanwhile.
        this.#transfer = undefined;
        this.#context.work.syncChanged();
        return;
      }
      transfer.installing = true;
      const { peer, offer } = transfer;
      this.#context.work.add({ kind: 'install', peer, offer });
      return;
    }
    this.#request(transfer);
    transfer.askAgainMono = now.mono + this.#context.options.ackTimeoutMs;
  }

  #request({ peer, offer, storedBytes: offset }: Transfer): void {
    this.#context.work.send(peer, { kind: 'snapshotRequest', id: offer.id, offset });
  }
}
