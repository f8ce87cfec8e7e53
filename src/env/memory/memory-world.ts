/**
 * Several machines in one virtual time: each has its own disk, timers, wall clock and chance, all
 * share one monotonic time and one network. `run` lets time pass, step by step: all that is soon
 * and all promise jobs, then the next timer of any machine. In which order machines that have work
 * at the same moment get their turn is drawn from the seed, so seeds explore orders, and one seed
 * gives one run.
 */
import { assert, Prng } from '../../core/index.ts';
import type { Crypto, Host } from '../env.ts';
import { MemoryClock } from './memory-clock.ts';
import { type MemoryEnv, memoryEnv } from './memory-env.ts';
import type { MemoryFileSystem } from './memory-file-system.ts';
import type { NetworkConditions } from './memory-lan.ts';
import { MemoryNetwork } from './memory-network.ts';
import { MemoryTimers } from './memory-timers.ts';

export interface MemoryWorldOptions {
  readonly seed: number;
  readonly crypto: Crypto;
  /**
   * Lets all promise jobs run and then resolves: on Node
   * `() => new Promise((done) => setImmediate(done))`.
   */
  readonly turn: () => Promise<void>;
  /** Default: 1 ms one way, no faults. */
  readonly network?: Partial<NetworkConditions> | undefined;
}

export interface MachineOptions {
  /** The disk; default an empty one. It has to use these `soon` and `wallMs`. */
  readonly disk?: ((uses: MachineUses) => MemoryFileSystem) | undefined;
  /** How far its wall clock is from the world's. */
  readonly wallOffsetMs?: number | undefined;
  readonly host?: Host | undefined;
}

/** What a disk needs of its machine. */
export interface MachineUses {
  readonly soon: (fn: () => void) => void;
  readonly wallMs: () => number;
}

const SETTLE_ROUNDS_MAX = 100_000;

/** Machines, their network, and time. */
export class MemoryWorld {
  readonly network: MemoryNetwork;
  readonly #options: MemoryWorldOptions;
  readonly #prng: Prng;
  readonly #machines = new Map<string, MemoryEnv>();
  readonly #clock = new MemoryClock();

  constructor(options: MemoryWorldOptions) {
    this.#options = options;
    this.#prng = new Prng(options.seed);
    const seed = this.#prng.u32();
    this.network = new MemoryNetwork({ seed, latencyMs: 1, ...options.network });
  }

  /** Milliseconds since the world began. */
  get nowMs(): number {
    return this.#clock.monoMs();
  }

  /** Starts a machine with this IPv4 address; again after `stop`. */
  machine(address: string, options: MachineOptions = {}): MemoryEnv {
    assert(!this.#machines.has(address), `${address} runs already`);
    const clock = new MemoryClock(this.#clock.wallMs());
    clock.jumpWall(options.wallOffsetMs ?? 0);
    const timers = new MemoryTimers({ clock });
    const uses: MachineUses = {
      soon: (fn) => timers.soon(fn),
      wallMs: () => clock.wallMs(),
    };
    const env = memoryEnv({
      seed: this.#prng.u32(),
      crypto: this.#options.crypto,
      clock,
      memoryTimers: timers,
      fileSystem: options.disk?.(uses),
      host: options.host,
      network: { network: this.network, address },
    });
    this.#machines.set(address, env);
    return env;
  }

  /**
   * Ends a machine. `kill`: the process is killed, others hear that its streams are lost. `crash`:
   * power fails, others hear nothing. Its disk freezes and its timers stop; what is found on the
   * disk afterwards is for its `crash` to say.
   */
  stop(address: string, how: 'kill' | 'crash'): void {
    const env = this.#machines.get(address);
    assert(env !== undefined, `${address} does not run`);
    this.#machines.delete(address);
    if (how === 'kill') this.network.kill(address);
    else this.network.crash(address);
    env.timers.stop();
    env.fs.freeze();
  }

  /** Lets `ms` of virtual time pass. */
  async run(ms: number): Promise<void> {
    await this.runUntil(() => false, ms);
  }

  /** The same until `isTrue`, asked after each step; whether it came true in time. */
  async runUntil(isTrue: () => boolean, maxMs: number): Promise<boolean> {
    const endMs = this.nowMs + maxMs;
    for (;;) {
      await this.#settle();
      if (isTrue()) return true;
      const next = this.#next();
      const leftMs = endMs - this.nowMs;
      if (next === undefined || next.inMs > leftMs) {
        this.#pass(leftMs);
        return false;
      }
      this.#pass(next.inMs);
      next.timers.runNext();
    }
  }

  /** Lets time pass until the promise is settled, and gives what it gives. */
  async settled<T>(promise: Promise<T>, maxMs = 60_000): Promise<T> {
    let isSettled = false;
    const watch = async (): Promise<void> => {
      await promise.catch(() => undefined);
      isSettled = true;
    };
    void watch();
    const isInTime = await this.runUntil(() => isSettled, maxMs);
    assert(isInTime, `not settled within ${maxMs} ms of virtual time`);
    return promise;
  }

  /** Runs all that is soon and all promise jobs, until nothing is left. */
  async #settle(): Promise<void> {
    for (let round = 0; ; round++) {
      assert(round < SETTLE_ROUNDS_MAX, 'soon that renews itself never ends');
      await this.#options.turn();
      const busy = [...this.#machines.values()].filter(({ timers }) => timers.hasSoon);
      if (busy.length === 0) return;
      const first = busy.length === 1 ? 0 : this.#prng.below(busy.length);
      busy[first]?.timers.runSoon();
    }
  }

  #next(): { readonly timers: MemoryTimers; readonly inMs: number } | undefined {
    let best: { readonly timers: MemoryTimers; readonly inMs: number } | undefined;
    for (const { timers } of this.#machines.values()) {
      const inMs = timers.nextInMs;
      if (inMs !== undefined && (best === undefined || inMs < best.inMs)) best = { timers, inMs };
    }
    return best;
  }

  #pass(ms: number): void {
    if (ms <= 0) return;
    this.#clock.advance(ms);
    for (const { clock } of this.#machines.values()) clock.advance(ms);
  }
}
