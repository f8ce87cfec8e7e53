/**
 * A network in memory, shared by several hosts: streams that are ordered and whole, datagrams that
 * are neither, and the faults of both by hand and by chance. All of it follows from the seed and
 * from how time is driven; what is for a host runs on that host's timers. A cut link holds streams
 * back (as TCP does, they stall) and loses datagrams.
 */
import type { Clock, Crypto, Timers } from '../env.ts';
import type { DatagramAddress, Datagrams } from '../datagrams.ts';
import type { Streams } from '../streams.ts';
import { type MemoryDatagramSocket, MemoryDatagrams } from './memory-datagrams.ts';
import { type LanHost, MemoryLan, type NetworkConditions, runIn } from './memory-lan.ts';
import { Switchboard } from './memory-listener.ts';
import type { MemoryStream } from './memory-stream.ts';
import { MemoryStreams } from './memory-streams.ts';

export interface MemoryNetworkOptions extends Partial<NetworkConditions> {
  readonly seed: number;
}

/** A machine that is plugged in. */
export interface MemoryNetworkHost {
  /** Its IPv4 address, such as `10.0.0.1`; how others reach it. */
  readonly address: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly crypto: Crypto;
}

/** Hosts and what can happen between them. */
export class MemoryNetwork {
  readonly #lan: MemoryLan;
  readonly #switchboard = new Switchboard();
  readonly #sockets = new Set<MemoryDatagramSocket>();
  readonly #streams = new Map<LanHost, Set<MemoryStream>>();

  constructor({ seed, ...conditions }: MemoryNetworkOptions) {
    this.#lan = new MemoryLan(seed, conditions);
  }

  /** What holds from now on; may be changed at any time. */
  get conditions(): NetworkConditions {
    return this.#lan.conditions;
  }

  /** Plugs a machine in; again after it went down, under the same address. */
  attach({ address, clock, timers, crypto }: MemoryNetworkHost): {
    streams: Streams;
    datagrams: Datagrams;
  } {
    const host = this.#lan.add({ name: address, clock, timers, crypto });
    const datagrams = new MemoryDatagrams(this.#lan, host, this.#sockets);
    const streams = new MemoryStreams(this.#lan, host, this.#switchboard, (ends) => {
      for (const [owner, end] of ends) this.#remember(owner, end);
    });
    return { streams, datagrams };
  }

  /** Nothing passes between two hosts any more, or (`oneWay`) not from the first to the second. */
  cut(from: string, to: string, options: { readonly oneWay?: boolean } = {}): void {
    this.#lan.setCut(from, to, true);
    if (options.oneWay !== true) this.#lan.setCut(to, from, true);
  }

  /** Ends a cut in both directions; streams go on where they stalled. */
  heal(from: string, to: string): void {
    this.#lan.setCut(from, to, false);
    this.#lan.setCut(to, from, false);
  }

  /** Cuts a host off from all others that there are. */
  isolate(address: string): void {
    for (const other of this.#lan.hosts.keys()) if (other !== address) this.cut(address, other);
  }

  /** Ends every cut. */
  healAll(): void {
    const names = [...this.#lan.hosts.keys()];
    for (const from of names) for (const to of names) this.#lan.setCut(from, to, false);
  }

  /** Breaks every stream of a host; both sides hear of it, the host goes on. */
  breakStreams(address: string): void {
    const host = this.#lan.hosts.get(address);
    for (const stream of host === undefined ? [] : this.#streamsOf(host)) {
      stream.destroy('broken by the test');
    }
  }

  /** The process there is killed: others hear that its streams are lost. */
  kill(address: string): void {
    this.#down(address, (stream) => stream.kill());
  }

  /** The machine there loses power: others hear nothing, their streams are half open. */
  crash(address: string): void {
    this.#down(address, (stream) => stream.vanish());
  }

  /** A datagram out of nowhere: forged, or replayed. */
  inject(bytes: Uint8Array, from: DatagramAddress, to: DatagramAddress): void {
    for (const socket of this.#sockets) {
      if (socket.host.name !== to.host || socket.address.port !== to.port) continue;
      runIn(socket.host, 0, () => socket.receive(bytes.slice(), from));
    }
  }

  #remember(owner: LanHost, stream: MemoryStream): void {
    const kept = this.#streams.get(owner) ?? new Set();
    this.#streams.set(owner, kept);
    for (const other of kept) if (other.isOver) kept.delete(other);
    kept.add(stream);
  }

  #streamsOf(host: LanHost): MemoryStream[] {
    return [...(this.#streams.get(host) ?? [])].filter(({ isOver }) => !isOver);
  }

  #down(address: string, end: (stream: MemoryStream) => void): void {
    const host = this.#lan.hosts.get(address);
    if (host === undefined || host.isDown) return;
    for (const stream of this.#streamsOf(host)) end(stream);
    host.isDown = true;
    this.#streams.delete(host);
    this.#switchboard.forget(host);
    for (const socket of this.#sockets) if (socket.host === host) this.#sockets.delete(socket);
  }
}
