/**
 * What the hosts of one memory network share: who is there, which directions are cut, how long a
 * way takes. It moves nothing itself; pipes and datagrams ask it. A host that went down and came
 * back is another object of the same name, and so are the connections of the old one told apart.
 */
import { assert, Prng } from '../../core/index.ts';
import type { Clock, Crypto, Timers } from '../env.ts';

/** How a memory network behaves; it can be changed while it runs. */
export interface NetworkConditions {
  /** One way, between hosts; within a host nothing takes time. Default 0. */
  latencyMs: number;
  /** Up to so much more, drawn anew for each thing that is sent. Default 0. */
  jitterMs: number;
  /** Of each stream and direction. Default without limit. */
  bytesPerMs: number;
  /** Of datagrams between hosts, each from 0 to 1. Default 0. */
  lossChance: number;
  duplicateChance: number;
  corruptChance: number;
  /** One that is late by up to `reorderMs` lets others overtake it. */
  reorderChance: number;
  /** Default 50. */
  reorderMs: number;
}

/** One machine on the network, from its start to its end. */
export interface LanHost {
  /** Its address. */
  readonly name: string;
  /** Which one it is, from 1. */
  readonly number: number;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly crypto: Crypto;
  isDown: boolean;
}

/** A way from one host to another that holds things while it is cut. */
export interface LanPath {
  readonly from: LanHost;
  readonly to: LanHost;
  /** The way may be open again, or the host there another one. */
  wake(): void;
}

/** Hosts, links and chance. */
export class MemoryLan {
  readonly conditions: NetworkConditions;
  readonly prng: Prng;
  readonly hosts: Map<string, LanHost> = new Map();
  readonly paths: Set<LanPath> = new Set();
  readonly #cut = new Set<string>();

  constructor(seed: number, conditions: Partial<NetworkConditions>) {
    this.prng = new Prng(seed);
    this.conditions = {
      latencyMs: 0,
      jitterMs: 0,
      bytesPerMs: Number.POSITIVE_INFINITY,
      lossChance: 0,
      duplicateChance: 0,
      corruptChance: 0,
      reorderChance: 0,
      reorderMs: 50,
      ...conditions,
    };
  }

  /** A host comes up; what waits for one of its name hears of it. */
  add(host: Omit<LanHost, 'number' | 'isDown'>): LanHost {
    const before = this.hosts.get(host.name);
    assert(before === undefined || before.isDown, `${host.name} is attached already`);
    const number = before?.number ?? this.hosts.size + 1;
    const added: LanHost = { ...host, number, isDown: false };
    this.hosts.set(host.name, added);
    this.wake((path) => path.to.name === host.name);
    return added;
  }

  isCut(from: LanHost, to: LanHost): boolean {
    return from.name !== to.name && this.#cut.has(`${from.name} ${to.name}`);
  }

  setCut(from: string, to: string, isCut: boolean): void {
    if (isCut) this.#cut.add(`${from} ${to}`);
    else if (this.#cut.delete(`${from} ${to}`)) {
      this.wake((path) => path.from.name === from && path.to.name === to);
    }
  }

  wake(isMeant: (path: LanPath) => boolean): void {
    for (const path of [...this.paths]) if (isMeant(path)) path.wake();
  }

  /** How long the next thing takes from one host to the other. */
  delayMs(from: LanHost, to: LanHost): number {
    const { latencyMs, jitterMs } = this.conditions;
    if (from.name === to.name) return 0;
    return jitterMs === 0 ? latencyMs : latencyMs + jitterMs * this.prng.float();
  }
}

/** Later, or as soon as can be. */
export function runIn(host: LanHost, ms: number, fn: () => void): void {
  if (ms > 0) host.timers.after(ms, fn);
  else host.timers.soon(fn);
}

/** Whether `address` means the machine itself. */
export function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || address.startsWith('127.');
}

/** Whether it is written as an address, and not as a name. */
export function isAddress(host: string): boolean {
  return host.includes(':') || /^[\d.]+$/.test(host);
}
