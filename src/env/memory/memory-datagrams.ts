/**
 * `Datagrams` of one host of the memory network: one local network on which multicast and broadcast
 * reach every host, with loss, repetition, corruption and overtaking by chance between hosts. Each
 * host has a loopback, an IPv4 and a link-local IPv6 address; as on Linux, a socket hears a group
 * only on the interfaces where it joined, and of sockets that share a port the last opened one gets
 * what is sent to its address alone.
 */
import type {
  DatagramAddress,
  DatagramOptions,
  Datagrams,
  DatagramSocket,
  NetworkInterface,
} from '../datagrams.ts';
import { StreamError } from '../streams.ts';
import { isAddress, isLoopback, type LanHost, type MemoryLan, runIn } from './memory-lan.ts';

const BYTES_MAX = 65_507;
const EPHEMERAL_START = 40_000;
const PORT_MAX = 65_535;
const SCOPE_ID = 2;

/** Every open socket of a network, in the order they were opened. */
export type MemorySockets = Set<MemoryDatagramSocket>;

/** `Datagrams` in memory. */
export class MemoryDatagrams implements Datagrams {
  readonly #lan: MemoryLan;
  readonly #host: LanHost;
  readonly #sockets: MemorySockets;

  constructor(lan: MemoryLan, host: LanHost, sockets: MemorySockets) {
    this.#lan = lan;
    this.#host = host;
    this.#sockets = sockets;
  }

  interfaces(): NetworkInterface[] {
    return interfacesOf(this.#host);
  }

  async open(options: DatagramOptions): Promise<DatagramSocket> {
    this.#check(options);
    const port = options.port === 0 ? this.#freePort() : options.port;
    for (const other of this.#sockets) {
      const isSame = other.host === this.#host && other.address.port === port;
      const isShared = options.shared && other.options.shared;
      if (isSame && other.options.family === options.family && !isShared) {
        throw new StreamError('EADDRINUSE', `${options.host}:${port}`);
      }
    }
    const socket = new MemoryDatagramSocket(this.#lan, this.#host, this.#sockets, options, port);
    this.#sockets.add(socket);
    return socket;
  }

  #check({ host, port, groups, family }: DatagramOptions): void {
    if (!Number.isInteger(port) || port < 0 || port > PORT_MAX) {
      throw new StreamError('EINVAL', `port ${port}`);
    }
    if (!isAddress(host) && host !== 'localhost') throw new StreamError('ENOTFOUND', host);
    const own = this.interfaces().map(({ address }) => address);
    const isAny = host === '0.0.0.0' || host === '::';
    if (!isAny && !isLoopback(host) && !own.includes(host)) {
      throw new StreamError('EADDRNOTAVAIL', host);
    }
    for (const { group, interfaceAddress } of groups) {
      if (!isMulticast(group)) throw new StreamError('EINVAL', `${group} is no group`);
      if (interfaceNamed(this.#host, family, interfaceAddress) === undefined) {
        throw new StreamError('ENODEV', `no interface ${interfaceAddress}`);
      }
    }
  }

  #freePort(): number {
    const taken = new Set([...this.#sockets].map(({ address }) => address.port));
    for (let port = EPHEMERAL_START; ; port++) if (!taken.has(port)) return port;
  }
}

/** `DatagramSocket` in memory. */
export class MemoryDatagramSocket implements DatagramSocket {
  readonly address: DatagramAddress;
  readonly host: LanHost;
  readonly options: DatagramOptions;
  readonly #lan: MemoryLan;
  readonly #sockets: MemorySockets;

  constructor(
    lan: MemoryLan,
    host: LanHost,
    sockets: MemorySockets,
    options: DatagramOptions,
    port: number,
  ) {
    this.#lan = lan;
    this.host = host;
    this.#sockets = sockets;
    this.options = options;
    this.address = { host: options.host, port };
  }

  send(bytes: Uint8Array, to: DatagramAddress, interfaceAddress?: string): void {
    if (!this.#sockets.has(this)) return;
    const refusal = this.#refusal(bytes, to, interfaceAddress);
    if (refusal !== undefined) {
      this.host.timers.soon(() => this.options.onError(refusal));
      return;
    }
    const out = this.#wayOut(to, interfaceAddress);
    const from = { host: out.address, port: this.address.port };
    for (const target of this.#targets(to, out)) this.#carry(bytes.slice(), from, target);
  }

  async close(): Promise<void> {
    this.#sockets.delete(this);
  }

  /** Hands over what arrived, unless the socket is closed by then. */
  receive(bytes: Uint8Array, from: DatagramAddress): void {
    if (this.#sockets.has(this) && !this.host.isDown) this.options.onMessage(bytes, from);
  }

  #refusal(
    bytes: Uint8Array,
    to: DatagramAddress,
    interfaceAddress: string | undefined,
  ): Error | undefined {
    if (bytes.length > BYTES_MAX) return new StreamError('EMSGSIZE', `${bytes.length} bytes`);
    if (isBroadcast(to.host) && !this.options.broadcast) {
      return new StreamError('EACCES', `broadcast to ${to.host}`);
    }
    if (!isAddress(to.host)) return new StreamError('ENOTFOUND', to.host);
    const { family } = this.options;
    if (interfaceAddress === undefined) return undefined;
    if (interfaceNamed(this.host, family, interfaceAddress) !== undefined) return undefined;
    return new StreamError('EADDRNOTAVAIL', `no interface ${interfaceAddress}`);
  }

  #wayOut(to: DatagramAddress, interfaceAddress: string | undefined): NetworkInterface {
    const { family } = this.options;
    const named = interfaceAddress ?? to.host.split('%')[1];
    const chosen = named === undefined ? undefined : interfaceNamed(this.host, family, named);
    const own = interfacesOf(this.host).filter((each) => each.family === family);
    const isInside = isLoopback(to.host) || to.host === '127.255.255.255';
    return chosen ?? (own.find((each) => each.loopback === isInside) as NetworkInterface);
  }

  #targets(to: DatagramAddress, out: NetworkInterface): MemoryDatagramSocket[] {
    const isInside = out.loopback || (isMulticast(to.host) && this.options.multicastTtl === 0);
    const reached = [...this.#sockets].filter(
      ({ host, options, address }) =>
        options.family === this.options.family &&
        address.port === to.port &&
        (host === this.host || (!isInside && !host.isDown)),
    );
    if (isMulticast(to.host)) return reached.filter((socket) => socket.#hasJoined(to.host, out));
    if (isBroadcast(to.host)) return reached.filter((socket) => socket.#isAny());
    const last = reached.findLast((socket) => socket.#isAt(to.host, this.host));
    return last === undefined ? [] : [last];
  }

  #hasJoined(group: string, out: NetworkInterface): boolean {
    const name = group.split('%')[0] as string;
    return this.options.groups.some((joined) => {
      const on = interfaceNamed(this.host, this.options.family, joined.interfaceAddress);
      return joined.group.split('%')[0] === name && on?.name === out.name;
    });
  }

  #isAny(): boolean {
    return this.address.host === '0.0.0.0' || this.address.host === '::';
  }

  #isAt(target: string, sender: LanHost): boolean {
    const name = target.split('%')[0] as string;
    if (isLoopback(name))
      return this.host === sender && (this.#isAny() || isLoopback(this.address.host));
    const isHere = interfacesOf(this.host).some(({ address }) => address === name);
    return isHere && (this.#isAny() || this.address.host === name);
  }

  #carry(bytes: Uint8Array, from: DatagramAddress, target: MemoryDatagramSocket): void {
    const { conditions, prng } = this.#lan;
    const isLocal = target.host === this.host;
    if (this.host.isDown || this.#lan.isCut(this.host, target.host)) return;
    if (!isLocal && prng.chance(conditions.lossChance)) return;
    const copies = !isLocal && prng.chance(conditions.duplicateChance) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const isLate = !isLocal && prng.chance(conditions.reorderChance);
      const lateMs = isLate ? conditions.reorderMs * prng.float() : 0;
      const arrived = bytes.slice();
      if (!isLocal && arrived.length > 0 && prng.chance(conditions.corruptChance)) {
        const at = prng.below(arrived.length);
        arrived[at] = (arrived[at] as number) ^ (1 << prng.below(8));
      }
      const ms = lateMs + this.#lan.delayMs(this.host, target.host);
      runIn(target.host, ms, () => target.receive(arrived, from));
    }
  }
}

function interfacesOf({ name, number }: LanHost): NetworkInterface[] {
  const none = { broadcast: undefined, scopeId: undefined };
  const loopback = { ...none, name: 'lo', loopback: true } as const;
  const ethernet = { ...none, name: 'eth0', loopback: false } as const;
  return [
    { ...loopback, family: 'IPv4', address: '127.0.0.1', broadcast: '127.255.255.255' },
    { ...ethernet, family: 'IPv4', address: name, broadcast: name.replace(/\d+$/, '255') },
    { ...loopback, family: 'IPv6', address: '::1', scopeId: 0 },
    { ...ethernet, family: 'IPv6', address: `fe80::${number.toString(16)}`, scopeId: SCOPE_ID },
  ];
}

/** By its address, by `::%name`, or by its name. */
function interfaceNamed(
  host: LanHost,
  family: 'IPv4' | 'IPv6',
  given: string,
): NetworkInterface | undefined {
  const [address, scope] = given.split('%');
  return interfacesOf(host).find(
    (each) =>
      each.family === family &&
      (each.address === address || each.name === scope || each.name === address),
  );
}

function isMulticast(address: string): boolean {
  const first = Number(address.split('.')[0]);
  return address.toLowerCase().startsWith('ff') || (first >= 224 && first <= 239);
}

function isBroadcast(address: string): boolean {
  return address.includes('.') && address.endsWith('.255');
}
