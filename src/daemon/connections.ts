/**
 * The open connections of one server, bounded in all and for each remote address. Whoever connects
 * beyond a limit takes the place of the connection that has been idle longest, so that a crowd of
 * silent connections keeps nobody out; where every connection has a request in hand, the new one is
 * turned away.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { HttpLimits } from './http-limits.ts';

type Limits = Pick<HttpLimits, 'connectionsMax' | 'connectionsPerAddressMax'>;

interface Connection {
  readonly name: string;
  readonly address: string;
  readonly socket: Socket;
  /** Requests whose answer has not gone. */
  inHand: number;
}

/** Told of each connection that had no place. */
export type TurnedAway = (limitName: keyof Limits, address: string) => void;

export class Connections {
  readonly #limits: Limits;
  readonly #turnedAway: TurnedAway;
  readonly #all = new Map<string, Connection>();
  /** In the order in which they became idle. */
  readonly #idle = new Map<string, Connection>();
  readonly #byAddress = new Map<string, number>();

  constructor(limits: Limits, turnedAway: TurnedAway) {
    this.#limits = limits;
    this.#turnedAway = turnedAway;
  }

  /** A new connection, before anything was read of it. */
  accept(socket: Socket): void {
    const address = remoteAddress(socket);
    const limitName = this.#fullAt(address);
    if (limitName !== undefined) {
      socket.destroy();
      this.#turnedAway(limitName, address);
      return;
    }
    const connection = { name: nameOf(socket), address, socket, inHand: 0 };
    this.#all.set(connection.name, connection);
    this.#idle.set(connection.name, connection);
    this.#byAddress.set(address, this.#countOf(address) + 1);
    socket.once('close', () => this.#forget(connection));
  }

  /** A request has come in; its connection is busy until the answer has gone. */
  busy({ socket }: IncomingMessage, outgoing: ServerResponse): void {
    const connection = this.#all.get(nameOf(socket));
    if (connection === undefined) return;
    connection.inHand += 1;
    this.#idle.delete(connection.name);
    outgoing.once('close', () => {
      connection.inHand -= 1;
      const isOpen = this.#all.get(connection.name) === connection;
      if (connection.inHand === 0 && isOpen) this.#idle.set(connection.name, connection);
    });
  }

  /** Makes room; which limit stays in the way, if one does. */
  #fullAt(address: string): keyof Limits | undefined {
    const { connectionsMax, connectionsPerAddressMax } = this.#limits;
    if (this.#countOf(address) >= connectionsPerAddressMax && !this.#closeOldest(address)) {
      return 'connectionsPerAddressMax';
    }
    if (this.#all.size >= connectionsMax && !this.#closeOldest()) return 'connectionsMax';
    return undefined;
  }

  #closeOldest(address?: string): boolean {
    for (const connection of this.#idle.values()) {
      if (address !== undefined && connection.address !== address) continue;
      // Its place is free at once, not when the system has told of its end.
      this.#forget(connection);
      connection.socket.destroy();
      return true;
    }
    return false;
  }

  #forget({ name, address, socket }: Connection): void {
    if (this.#all.get(name)?.socket !== socket) return;
    this.#all.delete(name);
    this.#idle.delete(name);
    const left = this.#countOf(address) - 1;
    if (left > 0) this.#byAddress.set(address, left);
    else this.#byAddress.delete(address);
  }

  #countOf(address: string): number {
    return this.#byAddress.get(address) ?? 0;
  }
}

/** The same for a TCP socket and for the TLS socket over it. Local sockets have no address. */
function nameOf(socket: Socket): string {
  return `${socket.remoteAddress ?? ''} ${socket.remotePort ?? ''}`;
}

/** IPv4 addresses as such, also where a dual-stack socket took them. */
export function remoteAddress(socket: Socket): string {
  return (socket.remoteAddress ?? '').replace(/^::ffff:(?=[\d.]+$)/, '');
}
