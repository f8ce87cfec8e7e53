/** Whole discoveries on several machines of the memory network, in virtual time. */
import { beforeEach, expect, it } from 'vitest';
import { CRYPTO, identityOf, saidBy, WORLD_ID } from '../../test/support/discovery-node.ts';
import type { DatagramAddress, Datagrams, NetworkInterface } from '../env/index.ts';
import { type MemoryEnv, MemoryWorld } from '../env/memory/index.ts';
import { decodeDatagram, PROBE_BYTES } from './datagram.ts';
import { Discovery, type DiscoveryParts } from './index.ts';

const GROUP = '239.255.77.77';

interface Node {
  readonly discovery: Discovery;
  readonly env: MemoryEnv;
  readonly events: string[];
  readonly logged: string[];
  /** Where its transport listens. */
  transport: DatagramAddress | undefined;
}

let world: MemoryWorld;

beforeEach(() => {
  world = newWorld();
});

function newWorld(seed = 1): MemoryWorld {
  const turn = (): Promise<void> => new Promise((done) => setImmediate(done));
  return new MemoryWorld({ seed, crypto: CRYPTO, turn });
}

function nodeOn(
  env: MemoryEnv,
  number: number,
  change: Partial<DiscoveryParts> & { readonly datagrams?: Datagrams } = {},
): Node {
  const events: string[] = [];
  const logged: string[] = [];
  const log = (message: string): void => void logged.push(message);
  const { datagrams = env.datagrams, ...parts } = change;
  const node: Node = {
    env,
    events,
    logged,
    transport: { host: '0.0.0.0', port: 4000 + number },
    discovery: new Discovery({
      env: { ...env, datagrams },
      identity: identityOf(number),
      worldId: WORLD_ID,
      term: 1,
      transportAddress: () => node.transport,
      isMember: (fingerprint) => fingerprint === identityOf(2).fingerprint,
      onSeen: ({ nodeId, addresses }) => void events.push(`seen ${nodeId} ${addresses.join()}`),
      onGone: ({ nodeId }) => void events.push(`gone ${nodeId}`),
      logger: { debug: log, info: log, warn: log },
      ...parts,
    }),
  };
  return node;
}

function machine(number: number): MemoryEnv {
  return world.machine(`10.0.0.${number}`);
}

/** Runs virtual time until the promise is done. */
async function during<T>(promise: Promise<T>, passMs = 0): Promise<T> {
  let isDone = false;
  void promise.then(
    () => (isDone = true),
    () => (isDone = true),
  );
  await world.runUntil(() => isDone, 120_000);
  await world.run(passMs);
  return promise;
}

/** What goes over the network of a machine. */
function spied(env: MemoryEnv): {
  datagrams: Datagrams;
  sent: { kind: string; to: string; size: number }[];
} {
  const sent: { kind: string; to: string; size: number }[] = [];
  const datagrams: Datagrams = {
    interfaces: () => env.datagrams.interfaces(),
    open: async (options) => {
      const socket = await env.datagrams.open(options);
      return {
        address: socket.address,
        close: () => socket.close(),
        send: (bytes, to, interfaceAddress) => {
          const decoded = decodeDatagram(bytes);
          const kind = decoded.ok ? decoded.value.kind : decoded.error;
          sent.push({ kind, to: to.host, size: bytes.length });
          socket.send(bytes, to, interfaceAddress);
        },
      };
    },
  };
  return { datagrams, sent };
}

async function pair(): Promise<[Node, Node]> {
  const nodes: [Node, Node] = [nodeOn(machine(1), 1), nodeOn(machine(2), 2)];
  for (const node of nodes) await during(node.discovery.start(), 100);
  return nodes;
}

it('two nodes see each other within a moment', async () => {
  const [one, two] = await pair();
  expect(one.discovery.known()).toMatchObject([
    {
      nodeId: 'node-2',
      fingerprint: identityOf(2).fingerprint,
      worldId: '77'.repeat(16),
      addresses: ['10.0.0.2:4002'],
      state: 'available',
      member: true,
    },
  ]);
  expect(two.discovery.known()).toMatchObject([{ nodeId: 'node-1', member: false }]);
  expect(one.events).toEqual(['seen node-2 10.0.0.2:4002']);
  expect(one.discovery.status()).toMatchObject({
    state: 'running',
    port: 47_474,
    interfaces: ['eth0', 'lo'],
    known: 1,
    warnings: [],
  });
  // Copies by broadcast are known as such, and nothing else was dropped.
  expect(Object.keys(one.discovery.status().dropped)).toEqual(['repeated']);
});

it('goes on seeing it for as long as it announces', async () => {
  const [one] = await pair();
  await world.run(1_000_000);
  expect(one.discovery.known()).toMatchObject([{ state: 'available' }]);
  expect(one.events.length).toBe(1);
});

it('a stop is a goodbye; a start is heard again', async () => {
  const [one, two] = await pair();
  await during(two.discovery.stop(), 100);
  expect(one.discovery.known()).toMatchObject([{ state: 'expired' }]);
  expect(two.discovery.status()).toMatchObject({ state: 'off', known: 0 });
  expect(two.discovery.known()).toEqual([]);
  await during(two.discovery.start(), 100);
  expect(one.events).toEqual([
    'seen node-2 10.0.0.2:4002',
    'gone node-2',
    'seen node-2 10.0.0.2:4002',
  ]);
  expect(two.discovery.known()).toMatchObject([{ state: 'available' }]);
});

it('a node that fails without a word ages and is forgotten', async () => {
  const [one] = await pair();
  world.stop('10.0.0.2', 'crash');
  await world.run(60_000);
  expect(one.discovery.known()).toMatchObject([{ state: 'available' }]);
  await world.run(40_000);
  expect(one.discovery.known()).toMatchObject([{ state: 'stale' }]);
  await world.run(90_000);
  expect(one.discovery.known()).toMatchObject([{ state: 'expired' }]);
  expect(one.events.at(-1)).toBe('gone node-2');
  await world.run(180_000);
  expect(one.discovery.known()).toEqual([]);
  expect(one.discovery.status().known).toBe(0);
});

it('announces soon after the start, then twice a minute, never to nobody', async () => {
  const env = machine(1);
  const { datagrams, sent } = spied(env);
  const node = nodeOn(env, 1, { datagrams });
  await during(node.discovery.start());
  await world.run(5_000);
  const count = (kind: string): number =>
    sent.filter((each) => each.kind === kind && each.to === GROUP).length;
  // On two interfaces each.
  expect([count('probe'), count('announce')]).toEqual([2, 6]);
  await world.run(300_000);
  expect(count('probe')).toBe(2);
  expect(count('announce')).toBeGreaterThanOrEqual(6 + 2 * 8);
  expect(count('announce')).toBeLessThanOrEqual(6 + 2 * 13);
  await during(node.discovery.stop());
  const before = sent.length;
  expect(count('goodbye')).toBe(2);
  await world.run(100_000);
  expect(sent.length).toBe(before);
});

it('asks no more than once a second, and is answered by whoever is there', async () => {
  const env = machine(1);
  const { datagrams, sent } = spied(env);
  const one = nodeOn(env, 1, { datagrams });
  const two = nodeOn(machine(2), 2);
  await during(two.discovery.start(), 60_000);
  await during(one.discovery.start());
  const probes = (): number =>
    sent.filter(({ kind, to }) => kind === 'probe' && to === GROUP).length / 2;
  for (let index = 0; index < 50; index++) await during(one.discovery.discover());
  expect(probes()).toBe(1);
  const found = await during(one.discovery.discover({ waitMs: 500 }));
  expect(found).toMatchObject([{ nodeId: 'node-2', state: 'available' }]);
  await world.run(5_000);
  expect(probes()).toBe(2);
  await during(one.discovery.stop());
  expect(await during(one.discovery.discover({ waitMs: 500 }))).toEqual([]);
});

it('a stop ends the waiting of who asked', async () => {
  const [one] = await pair();
  const asked = one.discovery.discover({ waitMs: 60_000 });
  await during(one.discovery.stop());
  const before = world.nowMs;
  expect(await during(asked)).toEqual([]);
  expect(world.nowMs - before).toBeLessThan(100);
});

it('a reply is no larger than the probe, goes to the asker alone, and names what it asked', async () => {
  const env = machine(2);
  const { datagrams, sent } = spied(env);
  const longest = nodeOn(env, 2, { datagrams, identity: identityOf(2, 'n'.repeat(64)) });
  longest.transport = { host: '::', port: 65_535 };
  await during(longest.discovery.start(), 1_000);
  const one = nodeOn(machine(1), 1);
  await during(one.discovery.start(), 1_000);
  const replies = sent.filter(({ kind }) => kind === 'reply');
  // One to each interface that it was asked on: the second copy of a probe is none.
  expect(replies.map(({ to }) => to)).toEqual(['10.0.0.1']);
  expect(replies.every(({ size }) => size <= PROBE_BYTES)).toBe(true);
  expect(one.discovery.known()).toMatchObject([{ nodeId: 'n'.repeat(64), state: 'available' }]);
});

it('nodes of one machine find each other on loopback; the network hears nothing', async () => {
  const shared = machine(1);
  const nodes = [nodeOn(shared, 1), nodeOn(shared, 2), nodeOn(machine(3), 3)] as const;
  for (const node of nodes) {
    node.transport = { host: '127.0.0.1', port: 4000 };
    await during(node.discovery.start(), 100);
  }
  await world.run(60_000);
  const seen = nodes.map(({ discovery }) => discovery.known().map((node) => node.nodeId));
  expect(seen).toEqual([['node-2'], ['node-1'], []]);
});

it('nodes of one machine that listen everywhere show each other one set of addresses', async () => {
  const shared = machine(1);
  const nodes = [nodeOn(shared, 1), nodeOn(shared, 2)] as const;
  for (const node of nodes) await during(node.discovery.start(), 100);
  await world.run(60_000);
  expect(nodes[0].events).toEqual(['seen node-2 10.0.0.1:4002,127.0.0.1:4002']);
});

it('a node on loopback does not listen to the network', async () => {
  const one = nodeOn(machine(1), 1);
  one.transport = { host: '127.0.0.1', port: 4000 };
  await during(one.discovery.start());
  const to = { host: '10.0.0.1', port: 47_474 };
  world.network.inject(saidBy(identityOf(9)), { host: '10.0.0.9', port: 1 }, to);
  await world.run(10);
  expect(one.discovery.known()).toEqual([]);
  expect(one.discovery.status().dropped).toMatchObject({ off_interface: 1 });
});

it('finds a configured target that multicast does not reach', async () => {
  const [one, two] = [nodeOn(machine(1), 1), nodeOn(machine(2), 2)];
  one.transport = { host: '127.0.0.1', port: 4000 };
  two.transport = { host: '10.0.0.2', port: 4002 };
  await during(two.discovery.start());
  await during(one.discovery.start({ targets: ['10.0.0.2:47474'] }), 100);
  expect(one.discovery.known()).toMatchObject([{ addresses: ['10.0.0.2:4002'] }]);
  expect(two.discovery.known()).toMatchObject([{ addresses: [] }]);
});

it('worlds do not mix, and a node is not its own neighbour', async () => {
  const one = nodeOn(machine(1), 1);
  const other = nodeOn(machine(2), 2, { worldId: new Uint8Array(16) });
  for (const node of [one, other]) await during(node.discovery.start(), 60_000);
  for (const node of [one, other]) {
    expect(node.discovery.known()).toEqual([]);
    expect(Object.keys(node.discovery.status().dropped)).toEqual(['other_world']);
    expect(node.logged.filter((line) => line.includes('other_world (no. 1)')).length).toBe(1);
  }
});

it('tells of a new address at once', async () => {
  const [one, two] = await pair();
  two.transport = { host: '0.0.0.0', port: 5555 };
  two.discovery.refresh();
  await world.run(100);
  expect(one.events.at(-1)).toBe('seen node-2 10.0.0.2:5555');
  two.transport = undefined;
  await world.run(6_000);
  // Without a transport it is announced on loopback alone; the network hears a goodbye.
  expect(one.events.at(-1)).toBe('gone node-2');
  two.transport = { host: '0.0.0.0', port: 5555 };
  two.discovery.refresh();
  await world.run(100);
  expect(one.events.at(-1)).toBe('seen node-2 10.0.0.2:5555');
});

it('follows the interfaces: lost, it warns and tries again; back, it is heard', async () => {
  const env = machine(2);
  let interfaces: NetworkInterface[] = env.datagrams.interfaces();
  const all = interfaces;
  const datagrams: Datagrams = {
    interfaces: () => interfaces,
    open: (options) => env.datagrams.open(options),
  };
  const one = nodeOn(machine(1), 1);
  const two = nodeOn(env, 2, { datagrams });
  await during(one.discovery.start());
  await during(two.discovery.start({ interfaces: ['eth0'] }), 1_000);
  interfaces = all.filter((face) => face.loopback);
  await world.run(6_000);
  expect(two.discovery.status()).toMatchObject({
    state: 'failed',
    error: { code: 'invalid_host' },
  });
  await world.run(200_000);
  expect(one.discovery.known()).toMatchObject([{ state: 'expired' }]);
  expect(two.logged.filter((line) => line.includes('no interface eth0')).length).toBe(1);
  interfaces = all;
  await world.run(6_000);
  expect(two.discovery.status()).toMatchObject({ state: 'running' });
  expect(one.discovery.known()).toMatchObject([{ state: 'available' }]);
});

it('bears a network that loses, repeats, reorders and corrupts', async () => {
  for (let seed = 1; seed <= 10; seed++) {
    world = newWorld(seed);
    Object.assign(world.network.conditions, {
      lossChance: 0.3,
      duplicateChance: 0.3,
      reorderChance: 0.3,
      corruptChance: 0.2,
      reorderMs: 2_000,
    });
    const [one, two] = await pair();
    await world.run(90_000);
    for (const node of [one, two]) {
      expect(node.discovery.known().map(({ state }) => state)).toEqual(['available']);
    }
  }
});

it('a listener that throws is logged and does no harm', async () => {
  const one = nodeOn(machine(1), 1, {
    onSeen: () => {
      throw new Error('planted');
    },
  });
  const two = nodeOn(machine(2), 2);
  for (const node of [one, two]) await during(node.discovery.start(), 100);
  expect(one.discovery.known().length).toBe(1);
  expect(one.logged.some((line) => line.includes('planted'))).toBe(true);
});

/** Sockets that fail as told. */
function failing(
  env: MemoryEnv,
  fails: (options: Parameters<Datagrams['open']>[0]) => string | undefined,
) {
  let openCount = 0;
  const datagrams: Datagrams = {
    interfaces: () => env.datagrams.interfaces(),
    open: async (options) => {
      const code = fails(options);
      if (code !== undefined) throw Object.assign(new Error(`planted ${code}`), { code });
      const socket = await env.datagrams.open(options);
      openCount++;
      return {
        address: socket.address,
        send: (bytes, to, face) => socket.send(bytes, to, face),
        close: () => {
          openCount--;
          return socket.close();
        },
      };
    },
  };
  return { datagrams, open: () => openCount };
}

it.each([
  ['EADDRINUSE', 'port_in_use'],
  ['EACCES', 'permission_denied'],
  ['EPERM', 'permission_denied'],
  ['EADDRNOTAVAIL', 'invalid_host'],
  ['EMFILE', 'io_error'],
])(
  'a start that fails with %s is %s, leaves nothing open, and can be tried again',
  async (code, public_) => {
    const env = machine(1);
    let isBroken = true;
    const { datagrams, open } = failing(env, ({ port }) =>
      isBroken && port === 0 ? code : undefined,
    );
    const { discovery } = nodeOn(env, 1, { datagrams });
    await expect(during(discovery.start())).rejects.toMatchObject({ code: public_ });
    expect(open()).toBe(0);
    expect(discovery.status()).toMatchObject({ state: 'failed', error: { code: public_ } });
    isBroken = false;
    expect(await during(discovery.start())).toMatchObject({ state: 'running' });
    expect(discovery.status().error).toBeUndefined();
    await during(discovery.stop());
    expect(open()).toBe(0);
  },
);

it('a port that another holds for itself is port_in_use', async () => {
  const env = machine(1);
  const taken = {
    family: 'IPv4',
    host: '0.0.0.0',
    port: 47_474,
    shared: false,
    groups: [],
    broadcast: false,
    multicastTtl: 0,
    onMessage: () => undefined,
    onError: () => undefined,
  } as const;
  await env.datagrams.open(taken);
  const { discovery } = nodeOn(env, 1);
  await expect(during(discovery.start())).rejects.toMatchObject({ code: 'port_in_use' });
});

it('an interface that cannot join, or a family that is missing, is a warning', async () => {
  const env = machine(1);
  const joined: string[] = [];
  const isRefused = (options: Parameters<Datagrams['open']>[0]): string | undefined => {
    if (options.shared) joined.push(options.groups.map((join) => join.interfaceAddress).join());
    if (options.family === 'IPv6') return 'EAFNOSUPPORT';
    const isAsked = options.groups.some((join) => join.interfaceAddress === '127.0.0.1');
    return isAsked ? 'ENODEV' : undefined;
  };
  const { datagrams } = failing(env, isRefused);
  const one = nodeOn(env, 1, { datagrams });
  const two = nodeOn(machine(2), 2);
  for (const node of [one, two]) await during(node.discovery.start(), 100);
  expect(one.discovery.status()).toMatchObject({
    state: 'running',
    warnings: [
      expect.stringContaining('cannot join 239.255.77.77 on 127.0.0.1'),
      expect.stringContaining('IPv6'),
    ],
  });
  expect(one.discovery.known()).toMatchObject([{ nodeId: 'node-2' }]);
  // All, none, each by itself, those that could be joined.
  expect(joined.slice(0, 5)).toEqual([
    '10.0.0.1,127.0.0.1',
    '',
    '10.0.0.1',
    '127.0.0.1',
    '10.0.0.1',
  ]);
});

it('starts and stops in the order they were asked for', async () => {
  const env = machine(1);
  const { datagrams, open } = failing(env, () => undefined);
  const { discovery } = nodeOn(env, 1, { datagrams });
  const asked = [
    discovery.start(),
    discovery.stop(),
    discovery.start(),
    discovery.start(),
    discovery.stop(),
  ];
  await during(Promise.all(asked));
  expect(discovery.status().state).toBe('off');
  expect(open()).toBe(0);
});
