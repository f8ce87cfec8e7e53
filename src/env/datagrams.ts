/**
 * Datagrams: small unreliable messages on the local network, for discovery alone. They may be lost,
 * repeated, reordered, forged; whoever reads them checks them.
 *
 * Errors carry a string `code` (`EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`, `ENOTFOUND`, …).
 */

export interface DatagramAddress {
  readonly host: string;
  readonly port: number;
}

/** One address of one network interface of this machine. */
export interface NetworkInterface {
  readonly name: string;
  readonly family: 'IPv4' | 'IPv6';
  readonly address: string;
  /** Of IPv4 only. */
  readonly broadcast: string | undefined;
  /** For multicast on IPv6. */
  readonly scopeId: number | undefined;
  readonly loopback: boolean;
}

export interface DatagramOptions {
  readonly family: 'IPv4' | 'IPv6';
  /** Address to bind; `0.0.0.0` or `::` for all. */
  readonly host: string;
  readonly port: number;
  /** Several sockets may share the port (all of them get multicast and broadcast). */
  readonly shared: boolean;
  /** Groups to join, each on the interface with that address (IPv6: `::%<name>`). */
  readonly groups: readonly { readonly group: string; readonly interfaceAddress: string }[];
  readonly broadcast: boolean;
  /** Hops that multicast may take; 0 keeps it on this machine, 1 on the link. */
  readonly multicastTtl: number;
  onMessage(bytes: Uint8Array, from: DatagramAddress): void;
  /** Sending or receiving failed later; the socket goes on if it can. */
  onError(error: Error): void;
}

export interface DatagramSocket {
  readonly address: DatagramAddress;
  /** Out of which interface multicast goes, by its address. Failures go to `onError`. */
  send(bytes: Uint8Array, to: DatagramAddress, interfaceAddress?: string): void;
  close(): Promise<void>;
}

export interface Datagrams {
  interfaces(): NetworkInterface[];
  open(options: DatagramOptions): Promise<DatagramSocket>;
}
