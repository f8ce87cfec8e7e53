/**
 * One listening port of the memory network and the slots of its streams. A slot is taken before
 * anything else is done for one who knocks, and given back once: when the stream is over, or when
 * the handshake failed, which is then told with its reason.
 */
import {
  type ListenOptions,
  STREAM_REFUSALS,
  type StreamAddress,
  type StreamListener,
} from '../streams.ts';
import type { Timer } from '../env.ts';
import { isLoopback, type LanHost } from './memory-lan.ts';

/** All listening ports of a network. */
export class Switchboard {
  readonly #listeners = new Map<string, MemoryListener>();

  find(host: LanHost, port: number): MemoryListener | undefined {
    return this.#listeners.get(`${host.name} ${port}`);
  }

  add(listener: MemoryListener): void {
    this.#listeners.set(`${listener.host.name} ${listener.address.port}`, listener);
  }

  remove(listener: MemoryListener): void {
    const key = `${listener.host.name} ${listener.address.port}`;
    if (this.#listeners.get(key) === listener) this.#listeners.delete(key);
  }

  /** The host went down: its ports are gone, nobody is told. */
  forget(host: LanHost): void {
    for (const [key, listener] of this.#listeners) {
      if (listener.host === host) this.#listeners.delete(key);
    }
  }
}

/** `StreamListener` in memory. */
export class MemoryListener implements StreamListener {
  readonly host: LanHost;
  readonly address: StreamAddress;
  readonly options: ListenOptions;
  readonly #switchboard: Switchboard;
  readonly #slots = new Set<Slot>();
  #isClosed = false;

  constructor(host: LanHost, port: number, options: ListenOptions, switchboard: Switchboard) {
    this.host = host;
    this.address = { host: options.host, port };
    this.options = options;
    this.#switchboard = switchboard;
  }

  /** Whether somebody who called this machine by that address gets here. */
  hears(from: StreamAddress): boolean {
    return !isLoopback(this.options.host) || isLoopback(from.host);
  }

  /** A slot for one who knocks, or `undefined` (and told) where there is none. */
  enter(from: StreamAddress, onDeadline: () => void): Slot | undefined {
    const { limits, onRefused } = this.options;
    const fromAddress = [...this.#slots].filter((slot) => slot.from.host === from.host).length;
    if (this.#slots.size >= limits.streamsMax) onRefused(STREAM_REFUSALS.tooMany, from);
    else if (fromAddress >= limits.streamsPerAddressMax) {
      onRefused(STREAM_REFUSALS.tooManyFromAddress, from);
    } else {
      const slot = new Slot(this, from, onDeadline, (over) => this.#slots.delete(over));
      this.#slots.add(slot);
      return slot;
    }
    return undefined;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#switchboard.remove(this);
    for (const slot of [...this.#slots]) slot.drop();
  }
}

/** The place of one stream, from its knock to its end. */
export class Slot {
  readonly listener: MemoryListener;
  readonly from: StreamAddress;
  readonly #onOver: (slot: Slot) => void;
  readonly #onDropped: () => void;
  readonly #deadline: Timer;
  #isOver = false;
  #isOpen = false;

  constructor(
    listener: MemoryListener,
    from: StreamAddress,
    onDropped: () => void,
    onOver: (slot: Slot) => void,
  ) {
    this.listener = listener;
    this.from = from;
    this.#onDropped = onDropped;
    this.#onOver = onOver;
    const { handshakeMs } = listener.options.limits;
    this.#deadline = listener.host.timers.after(handshakeMs, () => this.#expire());
  }

  /** The handshake failed or was given up. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The handshake is done; the slot is kept until `leave`. */
  open(): void {
    this.#isOpen = true;
    this.#deadline.cancel();
  }

  /** Ends a handshake and says why; does nothing for one that is over or done. */
  refuse(reason: string): void {
    if (this.#isOver || this.#isOpen) return;
    this.leave();
    this.listener.options.onRefused(reason, this.from);
  }

  leave(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#deadline.cancel();
    this.#onOver(this);
  }

  /** The listener closes: handshakes end with it, and nobody is told of them. */
  drop(): void {
    if (this.#isOpen || this.#isOver) return;
    this.leave();
    this.#onDropped();
  }

  #expire(): void {
    if (this.#isOver || this.#isOpen) return;
    this.refuse(STREAM_REFUSALS.tooSlow);
    this.#onDropped();
  }
}
