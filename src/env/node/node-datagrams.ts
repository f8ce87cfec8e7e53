/**
 * `Datagrams` over `node:dgram`. Groups are joined per interface, and multicast goes out of the
 * interface that is named with it; setting that is a call on the socket, so it is done only when it
 * changes. An open socket does not keep the process alive.
 */
import * as dgram from 'node:dgram';
import * as dns from 'node:dns';
import { isIP } from 'node:net';
import * as os from 'node:os';
import type {
  DatagramAddress,
  DatagramOptions,
  Datagrams,
  DatagramSocket,
  NetworkInterface,
} from '../datagrams.ts';
import { StreamError } from '../streams.ts';
import { datagramError } from './socket-error.ts';

/** `Datagrams` of this machine. */
export class NodeDatagrams implements Datagrams {
  interfaces(): NetworkInterface[] {
    const found: NetworkInterface[] = [];
    for (const [name, addresses] of Object.entries(os.networkInterfaces())) {
      for (const info of addresses ?? []) found.push(interfaceOf(name, info));
    }
    return found;
  }

  async open(options: DatagramOptions): Promise<DatagramSocket> {
    const { family, host, port, shared } = options;
    if (!Number.isInteger(port) || port < 0 || port > 65_535) {
      throw new StreamError('EINVAL', `port ${port}`);
    }
    const type = family === 'IPv4' ? 'udp4' : 'udp6';
    const ipv6Only = family === 'IPv6';
    const socket = dgram.createSocket({ type, reuseAddr: shared, ipv6Only, lookup: lookUp });
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        socket.bind({ address: host, port, exclusive: true }, resolve);
      });
      socket.removeAllListeners('error');
      return new NodeDatagramSocket(socket, options);
    } catch (error) {
      socket.close();
      throw datagramError(error as Error);
    }
  }
}

/** `DatagramSocket` over one UDP socket. */
class NodeDatagramSocket implements DatagramSocket {
  readonly address: DatagramAddress;
  readonly #socket: dgram.Socket;
  readonly #options: DatagramOptions;
  #interface: string | undefined;
  #isClosed = false;

  constructor(socket: dgram.Socket, options: DatagramOptions) {
    this.#socket = socket;
    this.#options = options;
    for (const { group, interfaceAddress } of options.groups) {
      socket.addMembership(group, interfaceAddress);
    }
    if (options.broadcast && options.family === 'IPv4') socket.setBroadcast(true);
    socket.setMulticastTTL(options.multicastTtl);
    socket.setMulticastLoopback(true);
    socket.unref();
    socket.on('error', (error) => options.onError(datagramError(error)));
    socket.on('message', (bytes, { address, port }) => {
      if (!this.#isClosed) options.onMessage(new Uint8Array(bytes), { host: address, port });
    });
    this.address = { host: options.host, port: socket.address().port };
  }

  send(bytes: Uint8Array, to: DatagramAddress, interfaceAddress?: string): void {
    if (this.#isClosed) return;
    try {
      this.#useInterface(interfaceAddress);
      this.#socket.send(bytes, to.port, to.host, (error) => {
        if (error !== null && !this.#isClosed) this.#options.onError(datagramError(error));
      });
    } catch (error) {
      setImmediate(() => this.#options.onError(datagramError(error as Error)));
    }
  }

  close(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#isClosed = true;
    return new Promise((resolve) => void this.#socket.close(() => resolve()));
  }

  /** Without a name the operating system chooses, as if none had been set before. */
  #useInterface(interfaceAddress: string | undefined): void {
    if (interfaceAddress === this.#interface) return;
    const any = this.#options.family === 'IPv4' ? '0.0.0.0' : '::';
    this.#socket.setMulticastInterface(interfaceAddress ?? any);
    this.#interface = interfaceAddress;
  }
}

/**
 * An address is looked up at once, not in a later turn as `dns.lookup` does: so a datagram leaves
 * by the interface that was set for it, and before a `close` that follows.
 */
function lookUp(
  host: string,
  options: dns.LookupOneOptions,
  done: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
): void {
  const family = isIP(host);
  if (family === 0) dns.lookup(host, options, done);
  else done(null, host, family);
}

function interfaceOf(name: string, info: os.NetworkInterfaceInfo): NetworkInterface {
  const { address, netmask, family, internal: loopback } = info;
  const broadcast = family === 'IPv4' ? broadcastOf(address, netmask) : undefined;
  const scopeId = family === 'IPv6' ? info.scopeid : undefined;
  return { name, family, address, broadcast, scopeId, loopback };
}

function broadcastOf(address: string, netmask: string): string {
  const mask = netmask.split('.').map(Number);
  return address
    .split('.')
    .map((byte, at) => Number(byte) | (~(mask[at] ?? 255) & 255))
    .join('.');
}
