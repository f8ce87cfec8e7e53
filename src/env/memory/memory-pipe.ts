/**
 * One direction of a connection: everything arrives, in order, later. A cut link or a host that is
 * down holds it back until that ends; what then finds another host of the same name in place (the
 * machine was restarted) resets the connection, as TCP does. Things arrive on the clock of the host
 * that receives them.
 */
import { type LanHost, type LanPath, type MemoryLan, runIn } from './memory-lan.ts';

interface Travelling {
  atMs: number;
  readonly arrive: () => void;
}

/** Floating-point grain of virtual time. */
const GRAIN_MS = 1e-6;

/** An ordered way from one host to another. */
export class MemoryPipe implements LanPath {
  readonly from: LanHost;
  readonly to: LanHost;
  readonly #lan: MemoryLan;
  readonly #onReset: () => void;
  #travelling: Travelling[] = [];
  #lastAtMs = 0;
  #freeAtMs = 0;
  #isArmed = false;
  #isClosed = false;

  constructor(lan: MemoryLan, from: LanHost, to: LanHost, onReset: () => void) {
    this.#lan = lan;
    this.from = from;
    this.to = to;
    this.#onReset = onReset;
    lan.paths.add(this);
  }

  /** `arrive` runs at the other host; nothing is sent by a host that is down. */
  send(sizeBytes: number, arrive: () => void): void {
    if (this.#isClosed || this.from.isDown) return;
    const startMs = Math.max(this.to.clock.monoMs(), this.#freeAtMs);
    this.#freeAtMs = startMs + sizeBytes / this.#lan.conditions.bytesPerMs;
    const atMs = this.#freeAtMs + this.#lan.delayMs(this.from, this.to);
    this.#lastAtMs = Math.max(this.#lastAtMs, atMs);
    this.#travelling.push({ atMs: this.#lastAtMs, arrive });
    this.#arm();
  }

  /** Drops what travels. */
  close(): void {
    this.#isClosed = true;
    this.#travelling = [];
    this.#lan.paths.delete(this);
  }

  wake(): void {
    const earliestMs = this.to.clock.monoMs() + this.#lan.delayMs(this.from, this.to);
    for (const item of this.#travelling) item.atMs = Math.max(item.atMs, earliestMs);
    this.#lastAtMs = Math.max(this.#lastAtMs, earliestMs);
    this.#arm();
  }

  #arm(): void {
    const [head] = this.#travelling;
    if (head === undefined || this.#lan.isCut(this.from, this.to)) return;
    if (this.to.isDown) {
      if (this.#lan.hosts.get(this.to.name) !== this.to) this.#reset();
      return;
    }
    if (this.#isArmed) return;
    this.#isArmed = true;
    runIn(this.to, head.atMs - this.to.clock.monoMs(), () => this.#fire());
  }

  #fire(): void {
    this.#isArmed = false;
    for (;;) {
      const [head] = this.#travelling;
      const isHeld = this.to.isDown || this.#lan.isCut(this.from, this.to);
      if (head === undefined || isHeld) break;
      if (head.atMs > this.to.clock.monoMs() + GRAIN_MS) break;
      this.#travelling.shift();
      head.arrive();
    }
    this.#arm();
  }

  #reset(): void {
    this.#travelling = [];
    runIn(this.from, this.#lan.delayMs(this.to, this.from), () => {
      if (!this.#isClosed && !this.from.isDown) this.#onReset();
    });
  }
}
