/**
 * Discovery over real sockets, on the loopback interface of this machine and nowhere else: multicast,
 * broadcast, targets, goodbye, ports that are taken, and who hears what of several interfaces.
 */
import { createSocket } from 'node:dgram';
import { expect, onTestFinished, test, vi } from 'vitest';
import {
  Discovery,
  type DiscoveryOptions,
  type DiscoveryParts,
} from '../../src/discovery/index.ts';
import type { Datagrams, DatagramSocket } from '../../src/env/index.ts';
import { nodeEnv } from '../../src/env/node/index.ts';
import { identityOf, saidBy, WORLD_ID } from '../support/discovery-node.ts';
import { TIMEOUT_MS } from '../support/long.ts';
import { freeUdpPort, GROUP, needsPath } from '../support/multicast.ts';

vi.setConfig({ testTimeout: TIMEOUT_MS });

const LOOPBACK_BROADCAST = '127.255.255.255';
const ENV = nodeEnv();

/** Sockets of which some paths are closed: what is left has to do. */
function only(isLet: (host: string) => boolean): Datagrams {
  return {
    interfaces: () => ENV.datagrams.interfaces(),
    open: async (options): Promise<DatagramSocket> => {
      const socket = await ENV.datagrams.open(options);
      return {
        address: socket.address,
        close: () => socket.close(),
        send: (bytes, to, face) => {
          if (isLet(to.host)) socket.send(bytes, to, face);
        },
      };
    },
  };
}

function node(number: number, datagrams: Datagrams = ENV.datagrams): Discovery {
  const parts: DiscoveryParts = {
    env: { ...ENV, datagrams },
    identity: identityOf(number),
    worldId: WORLD_ID,
    term: 1,
    transportAddress: () => ({ host: '127.0.0.1', port: 4000 + number }),
    isMember: () => false,
  };
  const discovery = new Discovery(parts);
  onTestFinished(() => discovery.stop());
  return discovery;
}

function names(discovery: Discovery, state: string): string[] {
  const nodes = discovery.known().filter((each) => each.state === state);
  return nodes.map((each) => each.nodeId);
}

async function meet(first: Discovery, second: Discovery, options: DiscoveryOptions): Promise<void> {
  await first.start(options);
  await second.start(options);
  await vi.waitFor(
    () => {
      expect(names(first, 'available')).toEqual(['node-2']);
      expect(names(second, 'available')).toEqual(['node-1']);
    },
    { timeout: 10_000 },
  );
}

test.for([
  ['multicast', GROUP],
  ['broadcast', LOOPBACK_BROADCAST],
] as const)(
  'two nodes find each other by %s alone, and hear the goodbye',
  async ([, path], context) => {
    await needsPath(context, path);
    const isReply = (host: string): boolean => host === '127.0.0.1';
    const [one, two] = [1, 2].map((number) =>
      node(
        number,
        only((host) => host === path || isReply(host)),
      ),
    );
    await meet(one as Discovery, two as Discovery, { port: await freeUdpPort() });
    expect(one?.known()[0]).toMatchObject({ addresses: ['127.0.0.1:4002'] });
    expect(one?.status()).toMatchObject({ state: 'running', warnings: [] });
    await two?.stop();
    await vi.waitFor(() => expect(names(one as Discovery, 'expired')).toEqual(['node-2']));
  },
);

test('without any path nobody is found: the test above can fail', async () => {
  const port = await freeUdpPort();
  const [one, two] = [
    node(
      1,
      only(() => false),
    ),
    node(
      2,
      only(() => false),
    ),
  ];
  await one.start({ port });
  await two.start({ port });
  await two.discover({ waitMs: 500 });
  expect([...one.known(), ...two.known()]).toEqual([]);
});

test('a configured target is found without multicast and broadcast', async () => {
  const [portOne, portTwo] = [await freeUdpPort(), await freeUdpPort()];
  const unicast = only((host) => host === '127.0.0.1');
  const [one, two] = [node(1, unicast), node(2, unicast)];
  await two.start({ port: portTwo });
  await one.start({ port: portOne, targets: [`127.0.0.1:${portTwo}`] });
  // The probe tells the target of the asker, the reply the asker of the target.
  await vi.waitFor(() => {
    expect(names(one, 'available')).toEqual(['node-2']);
    expect(names(two, 'available')).toEqual(['node-1']);
  });
});

test('three nodes on one port all hear each other’s replies', async (context) => {
  await needsPath(context, GROUP);
  const port = await freeUdpPort();
  const nodes = [node(1), node(2), node(3)];
  for (const each of nodes) await each.start({ port });
  await vi.waitFor(() => {
    for (const each of nodes) expect(names(each, 'available').length).toBe(2);
  });
});

test('IPv6 multicast opens where an interface has it, and its lack is only a warning', async () => {
  const discovery = node(
    1,
    only(() => false),
  );
  const ethernet = ENV.datagrams
    .interfaces()
    .find((face) => face.family === 'IPv6' && !face.loopback);
  const interfaces = ['127.0.0.1', ...(ethernet === undefined ? [] : [ethernet.address])];
  const status = await discovery.start({ port: await freeUdpPort(), interfaces });
  expect(status.state).toBe('running');
  expect(status.interfaces?.length).toBe(interfaces.length);
});

test('what leaves by several interfaces leaves by each of them', async (context) => {
  await needsPath(context, GROUP);
  const heard: string[] = [];
  const port = await freeUdpPort();
  const base = { family: 'IPv4', host: '0.0.0.0', broadcast: false, multicastTtl: 0 } as const;
  const listener = await ENV.datagrams.open({
    ...base,
    port,
    shared: true,
    groups: [{ group: GROUP, interfaceAddress: '127.0.0.1' }],
    onMessage: (_, from) => void heard.push(from.host),
    onError: () => undefined,
  });
  const errors: string[] = [];
  const sender = await ENV.datagrams.open({
    ...base,
    port: 0,
    shared: false,
    groups: [],
    onMessage: () => undefined,
    onError: (error) => void errors.push(error.message),
  });
  const others = ENV.datagrams
    .interfaces()
    .filter((face) => face.family === 'IPv4' && !face.loopback);
  // TTL 0: it does not leave this machine. The interface that is set last must not take them all.
  for (const face of ['127.0.0.1', ...others.map((other) => other.address)]) {
    sender.send(new Uint8Array([7]), { host: GROUP, port }, face);
  }
  await sender.close();
  await vi.waitFor(() => expect(heard).toContain('127.0.0.1'));
  expect(errors).toEqual([]);
  await listener.close();
});

test('a port that another program holds is port_in_use, and the node starts once it is free', async () => {
  const holder = createSocket('udp4');
  await new Promise<void>((resolve) => void holder.bind(0, '0.0.0.0', resolve));
  const { port } = holder.address();
  const discovery = node(1);
  await expect(discovery.start({ port })).rejects.toMatchObject({ code: 'port_in_use' });
  expect(discovery.status()).toMatchObject({ state: 'failed', error: { code: 'port_in_use' } });
  await new Promise<void>((resolve) => void holder.close(resolve));
  expect(await discovery.start({ port })).toMatchObject({ state: 'running', port });
});

test('invalid_host and invalid_port are told apart', async () => {
  const discovery = node(1);
  await expect(discovery.start({ host: '203.0.113.77' })).rejects.toMatchObject({
    code: 'invalid_host',
  });
  await expect(discovery.start({ port: 0 })).rejects.toMatchObject({ code: 'invalid_port' });
});

test('garbage, forgeries and a flood leave it running and its answers right', async (context) => {
  await needsPath(context, GROUP);
  const port = await freeUdpPort();
  const discovery = node(1);
  await discovery.start({ port });
  const attacker = createSocket('udp4');
  onTestFinished(() => void attacker.close());
  const send = (bytes: Uint8Array): Promise<void> =>
    new Promise((resolve) => {
      attacker.send(bytes, port, '127.0.0.1', () => resolve());
    });
  const forged = saidBy(identityOf(9), { publicKey: identityOf(2).publicKey });
  for (let index = 0; index < 300; index++) {
    await send(ENV.random.bytes(index * 5));
    await send(forged.subarray(0, index));
    if (index % 10 === 0) await send(forged);
    // Else the kernel throws away what the receiver has had no turn to read.
    await new Promise((resolve) => setImmediate(resolve));
  }
  await vi.waitFor(() => {
    expect(discovery.status().dropped).toMatchObject({
      bad_magic: expect.any(Number),
      malformed: expect.any(Number),
      too_large: expect.any(Number),
      bad_signature: expect.any(Number),
    });
  });
  expect(discovery.known()).toEqual([]);
  await meet(discovery, node(2), { port });
});
