/**
 * The deterministic twin of the whole world: everything follows from the seed and from how the test
 * drives time. Cryptography is passed in, since it is a pure function and Node's is at hand.
 */
import type { Crypto, Env, Host, Timers } from '../env.ts';
import { MemoryClock } from './memory-clock.ts';
import { MemoryFileSystem } from './memory-file-system.ts';
import { MemoryNetwork } from './memory-network.ts';
import { MemoryRandom } from './memory-random.ts';
import { MemoryTimers } from './memory-timers.ts';

/** What the twin is made of; all but the seed and the cryptography has a default. */
export interface MemoryEnvOptions {
  readonly seed: number;
  readonly crypto: Crypto;
  readonly host?: Host | undefined;
  /**
   * `true` (default): what is soon runs by itself, as microtasks. `false`: only `timers` runs
   * things, completions of background syncs included.
   */
  readonly auto?: boolean | undefined;
  /** Default: a new one. Give it `soon` of the same timers if `auto` is `false`. */
  readonly fileSystem?: MemoryFileSystem | undefined;
  /** Real timers for delays; default virtual time. */
  readonly timers?: Timers | undefined;
  readonly clock?: MemoryClock | undefined;
  /** Made over the same clock; then `auto` and `timers` count nothing. */
  readonly memoryTimers?: MemoryTimers | undefined;
  /** Where it is plugged in; default a network of its own without latency, as `10.0.0.1`. */
  readonly network?: { readonly network: MemoryNetwork; readonly address: string } | undefined;
}

/** An `Env` with the handles that drive it. */
export interface MemoryEnv extends Env {
  readonly fs: MemoryFileSystem;
  readonly clock: MemoryClock;
  readonly timers: MemoryTimers;
}

const HOST: Host = { hostname: 'memory', platform: 'memory', pid: 1 };

/** A new deterministic world. */
export function memoryEnv(options: MemoryEnvOptions): MemoryEnv {
  const clock = options.clock ?? new MemoryClock();
  const { seed, crypto, auto = true, timers: real } = options;
  const timers = options.memoryTimers ?? new MemoryTimers({ clock, auto, real });
  const soon = (fn: () => void): void => timers.soon(fn);
  const fs = options.fileSystem ?? new MemoryFileSystem({ soon, wallMs: () => clock.wallMs() });
  const random = new MemoryRandom(seed);
  const { network = new MemoryNetwork({ seed }), address = '10.0.0.1' } = options.network ?? {};
  const ports = network.attach({ address, clock, timers, crypto });
  return { fs, clock, timers, random, crypto, host: options.host ?? HOST, ...ports };
}
