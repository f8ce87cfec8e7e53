/**
 * Keeps links with the nodes that the engine wants: tries the addresses of each in turn, waits ever
 * longer between failures, and begins anew when a link falls. A few dials at once, each with a
 * deadline. Failure is a state to look at and never an end: nothing is given up but by `drop`.
 */
import { AdastraError } from '../core/index.ts';
import type { Env, Timer } from '../env/index.ts';
import { parseAddress } from './address.ts';
import { backoffMs } from './backoff.ts';
import type { TransportLimits } from './limits.ts';
import type { Link } from './link.ts';
import type { DialAddress } from './messages/metadata.ts';

/** One target, for status. */
export interface DialTarget {
  /** The fingerprint, or the first address of a target that has none. */
  readonly key: string;
  /** Known from the start or since the first link. */
  readonly fingerprint: string | undefined;
  readonly addresses: readonly string[];
  readonly state: 'connecting' | 'waiting' | 'connected';
  /** Milliseconds until the next attempt; `undefined` while connected or without an address. */
  readonly nextAttemptMs: number | undefined;
  /** Attempts in a row that failed. */
  readonly failures: number;
  readonly lastError: AdastraError | undefined;
}

export interface DialerParts {
  readonly env: Pick<Env, 'clock' | 'timers' | 'random'>;
  readonly limits: TransportLimits;
  /** Opens a link within `dialMs`; rejects with an `AdastraError`. */
  dial(address: DialAddress, fingerprint: string | undefined, signal: AbortSignal): Promise<Link>;
  isUp(fingerprint: string): boolean;
}

interface Target {
  readonly key: string;
  fingerprint: string | undefined;
  addresses: readonly string[];
  state: 'connecting' | 'waiting' | 'queued' | 'connected';
  failures: number;
  lastError: AdastraError | undefined;
  timer: Timer | undefined;
  nextAtMs: number | undefined;
  nudgedAtMs: number | undefined;
  readonly abort: AbortController;
}

export class Dialer {
  readonly #parts: DialerParts;
  readonly #targets = new Map<string, Target>();
  #queue: Target[] = [];
  #dialing = 0;

  constructor(parts: DialerParts) {
    this.#parts = parts;
  }

  /**
   * Wants a link with this node, or with whoever is at these addresses (`host:port`); called again
   * it replaces the addresses. Throws `limit_exceeded`, `invalid_host`, `invalid_port`,
   * `invalid_argument`.
   */
  keep(fingerprint: string | undefined, addresses: readonly string[]): void {
    for (const address of addresses) parseAddress(address);
    const { targetsMax, addressesMax } = this.#parts.limits;
    const some = addresses.slice(0, addressesMax);
    const key = fingerprint ?? some[0];
    if (key === undefined) throw new AdastraError('invalid_argument', 'neither node nor address');
    const known = this.#targets.get(key);
    if (known !== undefined) {
      known.addresses = some;
      if (known.state === 'waiting' && known.timer === undefined) this.#schedule(known, 0);
      return;
    }
    if (this.#targets.size >= targetsMax) {
      throw new AdastraError('limit_exceeded', `${targetsMax} nodes are dialled already`, {
        details: { limit: 'targetsMax', value: targetsMax },
      });
    }
    const target = newTarget(key, fingerprint, some);
    this.#targets.set(key, target);
    if (fingerprint !== undefined && this.#parts.isUp(fingerprint)) target.state = 'connected';
    else this.#schedule(target, 0);
  }

  /** Wants it no more; a link that is up stays. `key` as in `DialTarget`. */
  drop(key: string): void {
    const target = this.#targets.get(key);
    if (target === undefined) return;
    this.#targets.delete(key);
    target.timer?.cancel();
    target.abort.abort();
  }

  /** The node has been seen: the wait is cut short, unless that was done a moment ago. */
  nudge(fingerprint: string): void {
    const { env, limits } = this.#parts;
    const nowMs = env.clock.monoMs();
    const target = this.#targets.get(fingerprint);
    if (target === undefined || target.state !== 'waiting') return;
    if (target.nudgedAtMs !== undefined && nowMs - target.nudgedAtMs < limits.nudgeMs) return;
    target.nudgedAtMs = nowMs;
    this.#schedule(target, 0);
  }

  /** A link is up, whoever dialled it. */
  linkUp(fingerprint: string): void {
    for (const target of this.#of(fingerprint)) {
      target.timer?.cancel();
      target.timer = undefined;
      target.state = 'connected';
      target.lastError = undefined;
      target.nextAtMs = undefined;
    }
  }

  /** A link is down after `livedMs`. */
  linkDown(fingerprint: string, livedMs: number, error: AdastraError): void {
    const { stableMs } = this.#parts.limits;
    for (const target of this.#of(fingerprint)) {
      target.failures = livedMs >= stableMs ? 0 : target.failures + 1;
      target.lastError = error;
      this.#wait(target);
    }
  }

  /** For status, in the order in which they came. */
  targets(): DialTarget[] {
    const nowMs = this.#parts.env.clock.monoMs();
    return [...this.#targets.values()].map((target) => ({
      key: target.key,
      fingerprint: target.fingerprint,
      addresses: target.addresses,
      state: target.state === 'queued' ? 'connecting' : target.state,
      nextAttemptMs:
        target.nextAtMs === undefined ? undefined : Math.max(0, target.nextAtMs - nowMs),
      failures: target.failures,
      lastError: target.lastError,
    }));
  }

  /** Drops all. */
  stop(): void {
    for (const key of [...this.#targets.keys()]) this.drop(key);
    this.#queue = [];
  }

  *#of(fingerprint: string): Iterable<Target> {
    for (const target of this.#targets.values()) {
      if (target.fingerprint === fingerprint) yield target;
    }
  }

  #isKept(target: Target): boolean {
    return this.#targets.get(target.key) === target;
  }

  #wait(target: Target): void {
    const { env, limits } = this.#parts;
    const range = { minMs: limits.backoffMinMs, maxMs: limits.backoffMaxMs };
    this.#schedule(target, backoffMs(Math.max(0, target.failures - 1), range, env.random));
  }

  #schedule(target: Target, delayMs: number): void {
    target.timer?.cancel();
    target.timer = undefined;
    target.state = 'waiting';
    target.nextAtMs = undefined;
    if (target.addresses.length === 0) return;
    const { clock, timers } = this.#parts.env;
    target.nextAtMs = clock.monoMs() + delayMs;
    target.timer = timers.after(delayMs, () => {
      target.timer = undefined;
      target.state = 'queued';
      this.#queue.push(target);
      this.#next();
    });
  }

  #next(): void {
    while (this.#dialing < this.#parts.limits.dialsMax) {
      const target = this.#queue.shift();
      if (target === undefined) return;
      if (!this.#isKept(target) || target.state !== 'queued') continue;
      target.state = 'connecting';
      target.nextAtMs = undefined;
      this.#dialing += 1;
      void this.#round(target).finally(() => {
        this.#dialing -= 1;
        this.#next();
      });
    }
  }

  /** Every address once, until one of them, or somebody else, makes a link. */
  async #round(target: Target): Promise<void> {
    for (const address of target.addresses) {
      try {
        const { fingerprint, abort } = target;
        // oxlint-disable-next-line no-await-in-loop -- one address after the other
        const link = await this.#parts.dial(parseAddress(address), fingerprint, abort.signal);
        target.fingerprint = link.fingerprint;
        if (this.#parts.isUp(link.fingerprint)) this.linkUp(link.fingerprint);
      } catch (error) {
        if (!AdastraError.is(error)) throw error;
        if (target.state === 'connecting') target.lastError = error;
      }
      if (!this.#isKept(target) || target.state !== 'connecting') return;
    }
    target.failures += 1;
    this.#wait(target);
  }
}

function newTarget(
  key: string,
  fingerprint: string | undefined,
  addresses: readonly string[],
): Target {
  return {
    key,
    fingerprint,
    addresses,
    state: 'waiting',
    failures: 0,
    lastError: undefined,
    timer: undefined,
    nextAtMs: undefined,
    nudgedAtMs: undefined,
    abort: new AbortController(),
  };
}
