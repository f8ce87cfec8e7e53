import { describe, expect, test } from 'vitest';
import type { DatagramAddress, DatagramSocket, Stream, StreamIdentity } from '../index.ts';
import { STREAM_ENDS, STREAM_REFUSALS } from '../index.ts';
import { NodeCrypto } from '../node/index.ts';
import {
  type MemoryEnv,
  memoryEnv,
  type MemoryFileSystem,
  MemoryWorld,
  type NetworkConditions,
} from './index.ts';

const crypto = new NodeCrypto();
const A = '10.0.0.1';
const B = '10.0.0.2';
const LIMITS = { messageBytesMax: 1e6, handshakeMs: 5_000, streamsMax: 9, streamsPerAddressMax: 9 };
const PORT = 7_000;

function newWorld(network: Partial<NetworkConditions> = {}, seed = 1): MemoryWorld {
  const turn = (): Promise<void> => new Promise((done) => void setImmediate(done));
  return new MemoryWorld({ seed, crypto, turn, network });
}

function identityOf(env: MemoryEnv): StreamIdentity {
  const privateSeed = env.random.bytes(32);
  return { privateSeed, publicKey: crypto.ed25519PublicKey(privateSeed) };
}

/** What happens, with its time. */
type Log = string[];

async function listen(world: MemoryWorld, env: MemoryEnv, log: Log): Promise<Stream[]> {
  const streams: Stream[] = [];
  await env.streams.listen({
    host: '0.0.0.0',
    port: PORT,
    identity: identityOf(env),
    limits: LIMITS,
    accept: () => undefined,
    onRefused: (reason) => log.push(`refused ${reason}`),
    onStream: (stream) => {
      streams.push(stream);
      attach(world, stream, 'server', log);
    },
  });
  return streams;
}

function attach(world: MemoryWorld, stream: Stream, name: string, log: Log): void {
  const note = (what: string): void => void log.push(`${world.nowMs} ${name} ${what}`);
  stream.attach({
    onMessage: (bytes) => note(bytes.join()),
    onDrain: () => note('drain'),
    onClose: (reason) => note(reason),
  });
}

function connect(env: MemoryEnv, host = A): Promise<Stream> {
  return env.streams.connect({
    host,
    port: PORT,
    path: '/peer',
    identity: identityOf(env),
    limits: LIMITS,
  });
}

async function connected(network: Partial<NetworkConditions> = {}): Promise<{
  world: MemoryWorld;
  a: MemoryEnv;
  b: MemoryEnv;
  client: Stream;
  server: Stream;
  log: Log;
}> {
  const world = newWorld(network);
  const [a, b] = [world.machine(A), world.machine(B)];
  const log: Log = [];
  const streams = await listen(world, a, log);
  const client = await world.settled(connect(b));
  attach(world, client, 'client', log);
  return { world, a, b, client, server: streams[0] as Stream, log };
}

describe('streams', () => {
  test('take their time: two round trips to connect, then latency and bandwidth', async () => {
    const { world, client, server, log } = await connected({ latencyMs: 10, bytesPerMs: 2 });
    expect(world.nowMs).toBe(40);
    client.send(Uint8Array.of(1, 1));
    client.send(Uint8Array.of(2, 2, 2, 2));
    server.send(Uint8Array.of(9));
    await world.run(100);
    expect(log).toEqual(['50.5 client 9', '51 server 1,1', '53 server 2,2,2,2']);
  });

  test('a cut holds everything back, both ways, and nothing is lost', async () => {
    const { world, client, server, log } = await connected();
    client.send(Uint8Array.of(1));
    world.network.cut(A, B);
    client.send(Uint8Array.of(2));
    server.send(Uint8Array.of(3));
    await world.run(1_000);
    expect(log).toEqual([]);
    world.network.heal(A, B);
    await world.run(10);
    expect(log.map((line) => line.split(' ').slice(1).join(' ')).toSorted()).toEqual([
      'client 3',
      'server 1',
      'server 2',
    ]);
  });

  test('a cut of one direction leaves the other, until its window is full', async () => {
    const { world, client, server, log } = await connected();
    world.network.cut(B, A, { oneWay: true });
    client.send(Uint8Array.of(1));
    server.send(Uint8Array.of(2));
    await world.run(100);
    expect(log).toEqual(['5 client 2']);
    for (let at = 0; at < 20; at++) server.send(new Uint8Array(100_000));
    await world.run(1_000);
    expect(server.bufferedBytes).toBeGreaterThan(1_000_000);
    world.network.healAll();
    await world.run(1_000);
    expect(server.bufferedBytes).toBe(0);
    expect(log.filter((line) => line.includes('client'))).toHaveLength(21);
  });

  test('closed during a cut: one side at once, the other when it heals', async () => {
    const { world, client, log } = await connected();
    world.network.isolate(B);
    client.close('bored');
    await world.run(5_000);
    expect(log).toEqual(['1004 client bored']);
    world.network.healAll();
    await world.run(10);
    expect(log.slice(1)).toEqual(['5005 server bored']);
  });

  test('killed: the other side hears it. crashed: it hears nothing', async () => {
    const killed = await connected();
    killed.world.stop(B, 'kill');
    await killed.world.run(100);
    expect(killed.log).toEqual([`5 server ${STREAM_ENDS.lost}`]);
    const crashed = await connected();
    crashed.world.stop(B, 'crash');
    crashed.server.send(Uint8Array.of(1));
    await crashed.world.run(1_000_000);
    expect(crashed.log).toEqual([]);
  });

  test('half open: the machine that came back resets what is sent to the one before', async () => {
    const { world, server, log } = await connected();
    world.stop(B, 'crash');
    await world.run(100);
    world.machine(B);
    await world.run(100);
    expect(log).toEqual([]);
    server.send(Uint8Array.of(1));
    await world.run(100);
    expect(log).toEqual([`205 server ${STREAM_ENDS.lost}`]);
  });

  test('half open: what was on its way is reset when the machine comes back', async () => {
    const { world, server, log } = await connected();
    server.send(Uint8Array.of(1));
    world.stop(B, 'crash');
    await world.run(100);
    world.machine(B);
    await world.run(100);
    expect(log).toEqual([`105 server ${STREAM_ENDS.lost}`]);
  });

  test('broken by hand: both sides hear it, a new one can be made', async () => {
    const { world, b, log } = await connected();
    world.network.breakStreams(A);
    await world.run(10);
    expect(log).toHaveLength(2);
    expect(new Set(log.map((line) => line.split(' ')[1]))).toEqual(new Set(['client', 'server']));
    await world.settled(connect(b));
  });

  test('nobody answers behind a cut or on a machine that is off: ETIMEDOUT', async () => {
    const { world, b } = await connected();
    world.network.cut(A, B);
    await expect(world.settled(connect(b))).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    expect(world.nowMs).toBe(5_004);
    world.network.healAll();
    world.stop(A, 'crash');
    await expect(world.settled(connect(b))).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    await expect(connect(b, '10.9.9.9')).rejects.toMatchObject({ code: 'EHOSTUNREACH' });
  });

  test('a cut in the handshake: both sides end it at their deadline', async () => {
    const world = newWorld({ latencyMs: 10 });
    const [a, b] = [world.machine(A), world.machine(B)];
    const log: Log = [];
    const streams = await listen(world, a, log);
    const dialing = connect(b);
    await world.run(15);
    world.network.cut(A, B);
    await expect(world.settled(dialing)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    await world.run(100);
    expect(log).toEqual([`refused ${STREAM_REFUSALS.tooSlow}`]);
    world.network.healAll();
    await world.run(100);
    expect([log.length, streams.length]).toEqual([1, 0]);
  });

  test('an answer that comes too late leaves no stream behind', async () => {
    const world = newWorld({ latencyMs: 10 });
    const [a, b] = [world.machine(A), world.machine(B)];
    const log: Log = [];
    const streams = await listen(world, a, log);
    const dialing = connect(b);
    await world.run(35);
    expect(streams).toHaveLength(1);
    world.network.cut(A, B);
    await expect(world.settled(dialing)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    world.network.healAll();
    await world.run(100);
    expect(log.map((line) => line.replace(/^\S+ /, ''))).toEqual([`server ${STREAM_ENDS.lost}`]);
  });

  test('a listener on loopback is not reached from elsewhere; low ports need privileges', async () => {
    const world = newWorld();
    const [a, b] = [world.machine(A), world.machine(B)];
    const options = {
      host: '127.0.0.1',
      port: PORT,
      identity: identityOf(a),
      limits: LIMITS,
      accept: () => undefined,
      onRefused: () => {},
      onStream: () => {},
    };
    await a.streams.listen(options);
    await world.settled(connect(a, 'localhost'));
    await expect(world.settled(connect(b))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    const low = a.streams.listen({ ...options, port: 443 });
    await expect(low).rejects.toMatchObject({ code: 'EACCES' });
  });

  test('a lone memoryEnv has a network of its own that needs no driving', async () => {
    const env = memoryEnv({ seed: 1, crypto });
    const world = newWorld();
    const log: Log = [];
    await listen(world, env, log);
    const stream = await connect(env, '127.0.0.1');
    stream.send(Uint8Array.of(4));
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    expect(log).toEqual(['0 server 4']);
  });
});

describe('datagrams', () => {
  async function three(network: Partial<NetworkConditions> = {}): Promise<{
    world: MemoryWorld;
    sockets: DatagramSocket[];
    heard: string[];
    froms: DatagramAddress[];
  }> {
    const world = newWorld(network);
    const heard: string[] = [];
    const froms: DatagramAddress[] = [];
    const sockets: DatagramSocket[] = [];
    for (const [at, address] of [A, B, '10.0.0.3'].entries()) {
      const { datagrams } = world.machine(address);
      const socket = await datagrams.open({
        family: 'IPv4',
        host: '0.0.0.0',
        port: PORT,
        shared: true,
        groups: at === 2 ? [] : [{ group: '239.1.2.3', interfaceAddress: address }],
        broadcast: true,
        multicastTtl: 1,
        onMessage: (bytes, from) => {
          heard.push(`${at} ${bytes.join()}`);
          froms.push(from);
        },
        onError: (error) => heard.push(String(error)),
      });
      sockets.push(socket);
    }
    return { world, sockets, heard, froms };
  }

  test('a group reaches its members, broadcast everybody, an address one', async () => {
    const { world, sockets, heard, froms } = await three();
    sockets[0]?.send(Uint8Array.of(1), { host: '239.1.2.3', port: PORT });
    sockets[0]?.send(Uint8Array.of(2), { host: '10.0.0.255', port: PORT });
    sockets[0]?.send(Uint8Array.of(3), { host: B, port: PORT });
    sockets[0]?.send(Uint8Array.of(4), { host: B, port: PORT + 1 });
    await world.run(10);
    expect(heard.toSorted()).toEqual(['0 1', '0 2', '1 1', '1 2', '1 3', '2 2']);
    expect(froms.every(({ host, port }) => host === A && port === PORT)).toBe(true);
  });

  test('IPv6 multicast by interface', async () => {
    const world = newWorld();
    const heard: string[] = [];
    const sockets: DatagramSocket[] = [];
    for (const address of [A, B]) {
      const socket = await world.machine(address).datagrams.open({
        family: 'IPv6',
        host: '::',
        port: PORT,
        shared: true,
        groups: [{ group: 'ff02::1234', interfaceAddress: '::%eth0' }],
        broadcast: false,
        multicastTtl: 1,
        onMessage: (_bytes, from) => heard.push(`${address} ${from.host}`),
        onError: (error) => heard.push(String(error)),
      });
      sockets.push(socket);
    }
    sockets[0]?.send(Uint8Array.of(1), { host: 'ff02::1234', port: PORT }, '::%eth0');
    sockets[0]?.send(Uint8Array.of(1), { host: 'ff02::1234', port: PORT }, '::%lo');
    await world.run(10);
    expect(heard.toSorted()).toEqual([`${A} fe80::1`, `${B} fe80::1`]);
  });

  test('a cut loses them; so do loss, repetition, corruption and overtaking by chance', async () => {
    const { world, sockets, heard } = await three();
    const to = { host: B, port: PORT };
    world.network.cut(A, B);
    sockets[0]?.send(Uint8Array.of(1), to);
    world.network.healAll();
    await world.run(100);
    expect(heard).toEqual([]);
    const send = async (conditions: Partial<NetworkConditions>): Promise<string[]> => {
      heard.length = 0;
      Object.assign(world.network.conditions, conditions);
      for (let at = 0; at < 100; at++) sockets[0]?.send(Uint8Array.of(at), to);
      await world.run(1_000);
      return [...heard];
    };
    const all = Array.from({ length: 100 }, (_, at) => `1 ${at}`);
    expect(await send({})).toEqual(all);
    const lossy = await send({ lossChance: 0.5 });
    expect(lossy.length > 20 && lossy.length < 80).toBe(true);
    const doubled = await send({ lossChance: 0, duplicateChance: 0.5 });
    expect(doubled.length > 120 && new Set(doubled).size === 100).toBe(true);
    const mixed = await send({ duplicateChance: 0, reorderChance: 0.5 });
    expect(mixed).not.toEqual(all);
    expect(mixed.toSorted()).toEqual(all.toSorted());
    const bad = await send({ reorderChance: 0, corruptChance: 0.5 });
    const changed = bad.filter((line, at) => line !== all[at]).length;
    expect([bad.length, changed > 20 && changed < 80]).toEqual([100, true]);
  });

  test('inject brings what nobody sent', async () => {
    const { world, heard, froms } = await three();
    const from = { host: '10.66.6.6', port: 1 };
    world.network.inject(Uint8Array.of(6), from, { host: B, port: PORT });
    await world.run(1);
    expect([heard, froms]).toEqual([['1 6'], [from]]);
  });
});

describe('MemoryWorld', () => {
  async function trace(seed: number): Promise<string> {
    const world = newWorld({ jitterMs: 20, lossChance: 0.2 }, seed);
    const log: Log = [];
    const a = world.machine(A);
    const streams = await listen(world, a, log);
    const clients: Stream[] = [];
    for (const address of [B, '10.0.0.3', '10.0.0.4']) {
      const stream = await world.settled(connect(world.machine(address)));
      attach(world, stream, address, log);
      clients.push(stream);
    }
    for (let round = 0; round < 10; round++) {
      for (const stream of [...clients, ...streams]) stream.send(Uint8Array.of(round));
      await world.run(5);
    }
    await world.run(1_000);
    return log.join('\n');
  }

  test('one seed, one run; another seed, another', async () => {
    const first = await trace(5);
    expect(first.split('\n')).toHaveLength(60);
    expect(await trace(5)).toBe(first);
    expect(await trace(6)).not.toBe(first);
  });

  test('machines share time and have wall clocks of their own', async () => {
    const world = newWorld();
    const a = world.machine(A);
    const b = world.machine(B, { wallOffsetMs: -3_000 });
    await world.run(500);
    expect(a.clock.wallMs() - b.clock.wallMs()).toBe(3_000);
    b.clock.jumpWall(10_000);
    const events: string[] = [];
    a.timers.after(20, () => events.push(`a ${world.nowMs}`));
    b.timers.after(10, () => void Promise.resolve().then(() => events.push(`b ${world.nowMs}`)));
    expect(await world.runUntil(() => events.length === 2, 1_000)).toBe(true);
    expect([events, world.nowMs]).toEqual([['b 510', 'a 520'], 520]);
    expect(await world.runUntil(() => false, 30)).toBe(false);
    expect([world.nowMs, a.clock.monoMs(), b.clock.monoMs()]).toEqual([550, 550, 550]);
    expect(b.clock.wallMs() - a.clock.wallMs()).toBe(7_000);
    await expect(world.settled(new Promise(() => {}), 10)).rejects.toThrow('not settled');
  });

  test('a machine that is stopped does nothing more; its disk is found by the next one', async () => {
    const world = newWorld();
    const before = world.machine(A);
    const events: string[] = [];
    before.timers.after(10, () => events.push('late'));
    before.timers.soon(() => events.push('soon'));
    before.fs.open('/kept', 'create').close();
    world.stop(A, 'crash');
    await world.run(100);
    before.timers.after(1, () => events.push('even later'));
    await world.run(100);
    before.timers.advance(1_000);
    expect(events).toEqual([]);
    expect(() => before.fs.list('/')).toThrow('frozen');
    const disk = (uses: object): MemoryFileSystem =>
      before.fs.crash({ mode: 'kill', fileSystem: uses });
    const after = world.machine(A, { disk });
    expect(after.fs.list('/')).toEqual(['kept']);
    const file = after.fs.open('/kept', 'readWrite');
    file.syncAsync(() => events.push('synced'));
    await world.run(0);
    expect(events).toEqual(['synced']);
  });
});
