/**
 * The contract of `Datagrams`: one that is sent to an address, a group or everybody arrives whole
 * where nothing is lost; who may share a port; which failures are told when.
 */
import type { DatagramAddress, DatagramOptions, DatagramSocket } from '../env/index.ts';
import { check, checkEqual, checkRejects, type ContractCase } from './contract-case.ts';
import { bindCases, happens, type NetworkCase, type NetworkUnderTest } from './network-case.ts';
import { passes, settled } from './network-case.ts';

const GROUP = '239.255.83.17';
const LOOPBACK = '127.0.0.1';

/** All cases, for the networks that `make` makes. */
export function datagramContract(make: () => Promise<NetworkUnderTest>): ContractCase[] {
  return bindCases(datagramCases, make);
}

interface HeardSocket {
  readonly socket: DatagramSocket;
  readonly messages: [bytes: Uint8Array, from: DatagramAddress][];
  readonly errors: (string | undefined)[];
}

async function open(
  network: NetworkUnderTest,
  options: Partial<DatagramOptions> = {},
): Promise<HeardSocket> {
  const messages: HeardSocket['messages'] = [];
  const errors: HeardSocket['errors'] = [];
  const opening = network.there.datagrams.open({
    family: 'IPv4',
    host: '0.0.0.0',
    port: 0,
    shared: false,
    groups: [],
    broadcast: false,
    multicastTtl: 0,
    onMessage: (bytes, from) => void messages.push([bytes, from]),
    onError: (error) => void errors.push((error as { code?: string }).code),
    ...options,
  });
  return { socket: await settled(network, opening), messages, errors };
}

const datagramCases: readonly NetworkCase[] = [
  {
    name: 'interfaces: a loopback, and of IPv4 the broadcast address',
    run: async ({ there }) => {
      const found = there.datagrams.interfaces();
      const loopback = found.find(({ address }) => address === LOOPBACK);
      checkEqual([loopback?.family, loopback?.loopback], ['IPv4', true], 'loopback');
      checkEqual(loopback?.broadcast, '127.255.255.255', 'its broadcast address');
      for (const { family, broadcast, scopeId } of found) {
        check((broadcast !== undefined) === (family === 'IPv4'), 'broadcast is of IPv4');
        check((scopeId !== undefined) === (family === 'IPv6'), 'a scope is of IPv6');
      }
    },
  },
  {
    name: 'one that is sent arrives whole, with the address to answer to',
    run: async (network) => {
      const [a, b] = [await open(network), await open(network)];
      const to = { host: LOOPBACK, port: b.socket.address.port };
      for (const size of [0, 1, 1_200]) a.socket.send(new Uint8Array(size).fill(5), to);
      await happens(network, () => b.messages.length === 3, 'all should arrive');
      const sizes = b.messages.map(([{ length }]) => length);
      checkEqual(
        sizes.toSorted((x, y) => x - y),
        [0, 1, 1_200],
        'sizes',
      );
      const [bytes, from] = b.messages[0] as [Uint8Array, DatagramAddress];
      checkEqual(from, { host: LOOPBACK, port: a.socket.address.port }, 'from');
      check(bytes.constructor === Uint8Array, 'a plain Uint8Array');
      b.socket.send(Uint8Array.of(1), from);
      await happens(network, () => a.messages.length === 1, 'the answer should arrive');
      await Promise.all([a.socket.close(), b.socket.close(), b.socket.close()]);
    },
  },
  {
    name: 'a port is shared only by those that all say so',
    run: async (network) => {
      const first = await open(network, { shared: true });
      const { port } = first.socket.address;
      const second = await open(network, { shared: true, port });
      await checkRejects('EADDRINUSE', open(network, { port }));
      await settled(network, Promise.all([first.socket.close(), second.socket.close()]));
      const alone = await open(network, { port });
      await checkRejects('EADDRINUSE', open(network, { port, shared: true }));
      await settled(network, alone.socket.close());
    },
  },
  {
    name: 'errors of opening have their codes',
    run: async (network) => {
      await checkRejects('EADDRNOTAVAIL', open(network, { host: '203.0.113.7' }));
      await checkRejects('ENOTFOUND', open(network, { host: 'no-such-host.invalid' }));
      await checkRejects('EINVAL', open(network, { port: 65_536 }));
      const groups = [{ group: '10.1.2.3', interfaceAddress: LOOPBACK }];
      await checkRejects('EINVAL', open(network, { groups }));
      const nowhere = [{ group: GROUP, interfaceAddress: '203.0.113.7' }];
      await checkRejects('ENODEV', open(network, { groups: nowhere }));
    },
  },
  {
    name: 'a group reaches all who joined it on that interface and share the port',
    run: async (network) => {
      const groups = [{ group: GROUP, interfaceAddress: LOOPBACK }];
      const first = await open(network, { shared: true, groups });
      const { port } = first.socket.address;
      const second = await open(network, { shared: true, groups, port });
      const sender = await open(network);
      sender.socket.send(Uint8Array.of(4, 2), { host: GROUP, port }, LOOPBACK);
      for (const { messages } of [first, second]) {
        await happens(network, () => messages.length === 1, 'each should hear it');
        checkEqual(messages[0]?.[0], Uint8Array.of(4, 2), 'bytes');
      }
      await Promise.all([first, second, sender].map(({ socket }) => socket.close()));
    },
  },
  {
    name: 'broadcast reaches the interface, from those who may',
    run: async (network) => {
      const hearer = await open(network);
      const to = { host: '127.255.255.255', port: hearer.socket.address.port };
      const mute = await open(network);
      mute.socket.send(Uint8Array.of(1), to);
      await happens(network, () => mute.errors.length === 1, 'an error should be told');
      checkEqual(mute.errors, ['EACCES'], 'its code');
      const loud = await open(network, { broadcast: true });
      loud.socket.send(Uint8Array.of(2), to);
      await happens(network, () => hearer.messages.length === 1, 'it should be heard');
      checkEqual(hearer.messages[0]?.[0], Uint8Array.of(2), 'bytes');
      await Promise.all([hearer, mute, loud].map(({ socket }) => socket.close()));
    },
  },
  {
    name: 'what cannot be sent is told, and the socket goes on',
    run: async (network) => {
      const [a, b] = [await open(network), await open(network)];
      const to = { host: LOOPBACK, port: b.socket.address.port };
      a.socket.send(new Uint8Array(65_536), to);
      checkEqual(a.errors, [], 'not inside the call');
      await happens(network, () => a.errors.length === 1, 'an error should be told');
      a.socket.send(Uint8Array.of(1), to, '203.0.113.7');
      await happens(network, () => a.errors.length === 2, 'an error should be told');
      checkEqual(a.errors, ['EMSGSIZE', 'EADDRNOTAVAIL'], 'codes');
      a.socket.send(Uint8Array.of(1), to);
      await happens(network, () => b.messages.length === 1, 'the next one should arrive');
      await Promise.all([a.socket.close(), b.socket.close()]);
    },
  },
  {
    name: 'a closed socket neither hears nor sends',
    run: async (network) => {
      const [a, b] = [await open(network), await open(network)];
      const to = { host: LOOPBACK, port: b.socket.address.port };
      await settled(network, b.socket.close());
      a.socket.send(Uint8Array.of(1), to);
      b.socket.send(Uint8Array.of(1), { host: LOOPBACK, port: a.socket.address.port });
      await passes(network, 50);
      checkEqual([a.messages.length, b.messages.length], [0, 0], 'messages');
      await a.socket.close();
    },
  },
];
