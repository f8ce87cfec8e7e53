/**
 * The sockets of one plan: for each family one that listens on the shared port, and for each kind
 * of reach one of its own port that sends. Replies to a probe come to the latter, since unicast to
 * a shared port reaches only one of those that share it.
 *
 * What is not needed for discovery to work at all (IPv6 beside IPv4, one interface of several) may
 * fail: that is a warning. What fails later is a warning too, the last one for each socket.
 */
import type { DatagramAddress, DatagramOptions, Datagrams, DatagramSocket } from '../env/index.ts';
import { type GroupJoin, pathText, type Plan, type SenderKind, senderOf } from './plan.ts';
import { startError } from './start-error.ts';

type Family = DatagramOptions['family'];

const SENDER_HOSTS: Readonly<Record<SenderKind, string>> = {
  'IPv4 loopback': '127.0.0.1',
  IPv4: '0.0.0.0',
  'IPv6 loopback': '::1',
  IPv6: '::',
};
const WILDCARD: Readonly<Record<Family, string>> = { IPv4: '0.0.0.0', IPv6: '::' };

export class DiscoverySockets {
  readonly #datagrams: Datagrams;
  readonly #plan: Plan;
  readonly #onMessage: (bytes: Uint8Array, from: DatagramAddress) => void;
  readonly #senders = new Map<SenderKind, DatagramSocket>();
  readonly #listeners: DatagramSocket[] = [];
  /** By what failed; as many as there are sockets and groups at most. */
  readonly #warnings = new Map<string, string>();

  private constructor(
    datagrams: Datagrams,
    plan: Plan,
    onMessage: (bytes: Uint8Array, from: DatagramAddress) => void,
  ) {
    this.#datagrams = datagrams;
    this.#plan = plan;
    this.#onMessage = onMessage;
  }

  /** Throws the errors of `startError`; then nothing is left open. */
  static async open(
    datagrams: Datagrams,
    plan: Plan,
    onMessage: (bytes: Uint8Array, from: DatagramAddress) => void,
  ): Promise<DiscoverySockets> {
    const sockets = new DiscoverySockets(datagrams, plan, onMessage);
    try {
      await sockets.#openAll();
    } catch (error) {
      await sockets.close();
      throw error;
    }
    return sockets;
  }

  get warnings(): readonly string[] {
    return [...this.#warnings.values()];
  }

  /** To everybody: groups, broadcast addresses, targets; `but` on the paths of another plan. */
  sendAll(bytes: Uint8Array, but?: Plan): void {
    const spared = new Set(but?.paths.map(pathText));
    for (const path of this.#plan.paths) {
      if (spared.has(pathText(path))) continue;
      const { sender, to, interfaceAddress } = path;
      this.#senders.get(sender)?.send(bytes, to, interfaceAddress);
    }
  }

  /** To one node that asked. */
  sendTo(bytes: Uint8Array, to: DatagramAddress): void {
    this.#senders.get(senderOf(to.host))?.send(bytes, to);
  }

  async close(): Promise<void> {
    const all = [...this.#senders.values(), ...this.#listeners];
    this.#senders.clear();
    this.#listeners.length = 0;
    await Promise.all(all.map((socket) => socket.close()));
  }

  async #openAll(): Promise<void> {
    const families = (['IPv4', 'IPv6'] as const).filter((family) =>
      this.#plan.senders.some((kind) => kind.startsWith(family)),
    );
    for (const [index, family] of families.entries()) {
      try {
        await this.#openFamily(family);
      } catch (error) {
        const failure = startError(error, WILDCARD[family], this.#plan.port);
        if (index === 0) throw failure;
        this.#warnings.set(family, `${family}: ${failure.message}`);
      }
    }
  }

  async #openFamily(family: Family): Promise<void> {
    // The listener first: if the port is taken, no sender was opened in vain.
    const { port } = this.#plan;
    this.#listeners.push(await this.#openListener(family, port, this.#plan.groups[family]));
    for (const kind of this.#plan.senders.filter((sender) => sender.startsWith(family))) {
      const options = this.#options(`${kind} sender`, family, SENDER_HOSTS[kind], 0);
      const multicastTtl = kind.endsWith('loopback') ? 0 : 1;
      this.#senders.set(
        kind,
        await this.#datagrams.open({ ...options, broadcast: family === 'IPv4', multicastTtl }),
      );
    }
  }

  /** With as many of the groups as can be joined. */
  async #openListener(
    family: Family,
    port: number,
    groups: readonly GroupJoin[],
  ): Promise<DatagramSocket> {
    const options = {
      ...this.#options(`${family} listener`, family, WILDCARD[family], port),
      shared: true,
    };
    try {
      return await this.#datagrams.open({ ...options, groups });
    } catch (error) {
      if (groups.length === 0) throw error;
    }
    // Either the socket itself cannot be had, which throws here, or some group cannot be joined.
    await (await this.#datagrams.open(options)).close();
    const joined: GroupJoin[] = [];
    for (const join of groups) {
      try {
        await (await this.#datagrams.open({ ...options, groups: [join] })).close();
        joined.push(join);
      } catch (error) {
        const what = `${join.group} on ${join.interfaceAddress}`;
        this.#warnings.set(what, `cannot join ${what}: ${String(error)}`);
      }
    }
    return this.#datagrams.open({ ...options, groups: joined });
  }

  #options(name: string, family: Family, host: string, port: number): DatagramOptions {
    return {
      family,
      host,
      port,
      shared: false,
      groups: [],
      broadcast: false,
      multicastTtl: 0,
      onMessage: this.#onMessage,
      onError: (error) => this.#warnings.set(name, `${name}: ${error.message}`),
    };
  }
}
