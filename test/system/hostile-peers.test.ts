/**
 * A running node on a real socket, and everybody who means it ill: each is refused with a typed
 * reason that is logged and counted, and afterwards the node takes a local write and an honest peer
 * gets it. One node for all of them: what one leaves behind would be seen by the next.
 */
import { createSocket } from 'node:dgram';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Client, joinWorld } from '../../src/client/index.ts';
import {
  bytesOfHex,
  ByteWriter,
  encodeValue,
  type SeenEntry,
  type SignedHead,
  Vector,
} from '../../src/core/index.ts';
import { worldHintOf } from '../../src/discovery/datagram.ts';
import type { Engine } from '../../src/engine/index.ts';
import { STREAM_ENDS, STREAM_REFUSALS } from '../../src/env/index.ts';
import { chainDigest } from '../../src/store/transactions/index.ts';
import { DEFAULT_TRANSPORT_LIMITS } from '../../src/transport/limits.ts';
import { CRYPTO, identityOf, saidBy } from '../support/discovery-node.ts';
import {
  HostileLink,
  joinedKey,
  type Key,
  strangersKey,
  type Victim,
} from '../support/hostile-member.ts';
import { TIMEOUT_MS } from '../support/long.ts';
import { frameOf, loggedBundles, seenOf } from '../support/memory-node.ts';
import { type PlantedBundle, plantedBundle } from '../support/planted-bundle.ts';
import { headBy, noteSigner } from '../support/planted-key.ts';
import { craftedFrame } from '../support/wire-samples.ts';
import { goodCertificate, pause, rawTcp, rawTls, until, upgradeRequest } from './net-raw.ts';

vi.setConfig({ testTimeout: TIMEOUT_MS, hookTimeout: TIMEOUT_MS });

/** The engines under the clients, to look at what no call shows: bytes that wait, bundles. */
const engines: Engine[] = vi.hoisted(() => []);
vi.mock('../../src/engine/open-engine.ts', async (load) => {
  const real = await load<typeof import('../../src/engine/open-engine.ts')>();
  const openEngine: typeof real.openEngine = async (...given) => {
    const engine = await real.openEngine(...given);
    engines.push(engine);
    return engine;
  };
  return { ...real, openEngine };
});

/** Pings more often, so that one that never answers is known in seconds. */
vi.mock('../../src/transport/limits.ts', async (load) => {
  const real = await load<typeof import('../../src/transport/limits.ts')>();
  const limits = { ...real.DEFAULT_TRANSPORT_LIMITS, pingIntervalMs: 1000 };
  return { ...real, DEFAULT_TRANSPORT_LIMITS: Object.freeze(limits) };
});

const HOST = '127.0.0.1';
const MIB = 1_048_576;
/** The greatest stamp that there is, in the year 10889. */
const LAST_MS = 2 ** 48 - 1;
const lines: string[] = [];
const say =
  (level: string) =>
  (message: string): void =>
    void lines.push(`${level} ${message}`);
const logger = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };

let folder = '';
let shop: Client;
let van: Client;
let shopEngine: Engine;
let vanEngine: Engine;
let victim: Victim;
let writes = 0;
let joined = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'adastra-hostile-'));
  shop = await Client.open({
    dataDir: join(folder, 'shop'),
    nodeId: 'shop',
    transport: { host: HOST, port: 0 },
    sync: { retry: { minMs: 20, maxMs: 200 } },
    logger,
  });
  const { transport, worldId } = await shop.status();
  victim = { port: transport.port as number, worldId };
  const { code } = await shop.invite();
  await joinWorld(join(folder, 'van'), code, { nodeId: 'van' });
  van = await Client.open({
    dataDir: join(folder, 'van'),
    transport: { host: HOST, port: 0 },
    sync: { retry: { minMs: 20, maxMs: 200 } },
  });
  [shopEngine, vanEngine] = engines as [Engine, Engine];
  const { fingerprint } = vanEngine.parts.identity;
  noteSigner(fingerprint, vanEngine.parts.identity);
  noteSigner(shopEngine.parts.identity.fingerprint, shopEngine.parts.identity);
  await until(() => vanEngine.seq > 0);
});

afterAll(async () => {
  await van.close();
  await shop.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A key that the shop has invited. */
async function member(options: Parameters<Client['invite']>[0] = {}): Promise<Key> {
  // The address that may try to join so many times a minute is the same for all of them.
  const { code } = await shop.invite(options);
  joined += 1;
  return joinedKey(code, join(folder, `hostile-${joined}`));
}

async function refusals(): Promise<Readonly<Record<string, number>>> {
  return (await shop.status()).transport.refused;
}

/** Does it, and sees that it was counted and logged under exactly this reason. */
async function refusedFor(reason: string, what: () => Promise<void>, times = 1): Promise<void> {
  const before = await refusals();
  const from = lines.length;
  await what();
  const expected = { ...before, [reason]: (before[reason] ?? 0) + times };
  await vi.waitFor(async () => expect(await refusals()).toEqual(expected), 5_000);
  expect(lines.slice(from).filter((line) => line.endsWith(`: ${reason}`))).toHaveLength(times);
  await standsFast();
}

/** A local write, and an honest peer that gets it. */
async function standsFast(): Promise<void> {
  writes += 1;
  const receipt = await shop.put('alive', writes);
  await shop.whenAcknowledged(receipt, { by: ['van'], timeoutMs: 20_000 });
  expect(van.get('alive')).toBe(writes);
  const back = await van.put('van alive', writes);
  await van.whenAcknowledged(back, { by: ['shop'], timeoutMs: 20_000 });
  expect(shop.get('van alive')).toBe(writes);
  expect((await shop.status()).health).toBe('ok');
}

describe('who gets no link', () => {
  test('a stranger with a key of its own', () =>
    refusedFor('not_a_member', async () => {
      const dial = HostileLink.dial(victim, strangersKey());
      await expect(dial).rejects.toMatchObject({ code: 'EREFUSED', reason: 'not_a_member' });
    }));

  test('a client without a certificate', () =>
    refusedFor(STREAM_REFUSALS.noCertificate, async () => {
      const raw = rawTls(victim.port);
      raw.socket.write(upgradeRequest());
      await until(raw.isClosed);
      expect(raw.text()).toMatch(/^HTTP\/1\.1 403 /);
    }));

  test('a port scanner that sends garbage, and one that connects and leaves', async () => {
    await refusedFor(
      STREAM_REFUSALS.notTls,
      async () => {
        for (const bytes of ['\0'.repeat(99), 'GET / HTTP/1.0\r\n\r\n', 'SSH-2.0-scan\r\n']) {
          const raw = await rawTcp(victim.port);
          raw.socket.write(bytes);
          await until(raw.isClosed);
        }
      },
      3,
    );
    await refusedFor(STREAM_REFUSALS.left, async () => {
      const raw = await rawTcp(victim.port);
      raw.socket.resetAndDestroy();
    });
  });

  test('a member whose membership has ended', async () => {
    const key = await member();
    await shop.closeMember(key.fingerprint, { force: true });
    await refusedFor('closed_member', async () => {
      const dial = HostileLink.dial(victim, key);
      await expect(dial).rejects.toMatchObject({ reason: 'closed_member' });
    });
  });
});

describe('a member', () => {
  let key: Key;
  let link: HostileLink | undefined;
  beforeAll(async () => {
    key = await member();
  });
  async function linked(): Promise<HostileLink> {
    await link?.close();
    await until(() => shopEngine.peering?.transport.link(key.fingerprint) === undefined);
    link = await HostileLink.open(victim, key);
    return link;
  }

  /** Ends its link with this code. */
  const cutOff = (reason: string, what: (link: HostileLink) => void): Promise<void> =>
    refusedFor(reason, async () => {
      const one = await linked();
      what(one);
      await one.until(() => one.isClosed);
      expect(one.errorCode).toBe(reason);
    });

  test('of another world', () =>
    refusedFor('world_mismatch', async () => {
      const one = await HostileLink.dial(victim, key);
      one.hello({ worldId: 'ab'.repeat(16) });
      await one.until(() => one.errorCode === 'world_mismatch' && one.isClosed);
    }));

  test('of another version', () =>
    refusedFor('version_mismatch', async () => {
      const one = await HostileLink.dial(victim, key);
      one.hello({ versions: { min: 90, max: 99 } });
      await one.until(() => one.errorCode === 'version_mismatch' && one.isClosed);
    }));

  test('that says hello for another key', () =>
    refusedFor('wrong_key', async () => {
      const one = await HostileLink.dial(victim, key);
      one.hello({ fingerprint: vanEngine.parts.identity.fingerprint });
      await one.until(() => one.errorCode === 'wrong_key' && one.isClosed);
    }));

  test('that announces a message of 4 GiB: refused at once, no memory taken', async () => {
    const before = process.memoryUsage().arrayBuffers;
    const piece = new Uint8Array(2_000);
    const head = { type: 17, channel: 1, isLast: false, totalBytes: 2 ** 32 - 1 };
    await cutOff('too_large', (one) => one.raw(craftedFrame(head, piece)));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * MIB);
  });

  test('that announces a WebSocket frame of 4 GiB', () =>
    refusedFor(STREAM_ENDS.tooLong, async () => {
      await link?.close();
      const raw = rawTls(victim.port, goodCertificate(key));
      raw.socket.write(upgradeRequest());
      await until(() => raw.text().includes('101 Switching'));
      const length = [0, 0, 0, 1, 0, 0, 0, 0];
      raw.socket.write(Uint8Array.from([0x82, 0xff, ...length, 1, 2, 3, 4]));
      await until(raw.isClosed);
    }));

  test('that floods control messages', () =>
    cutOff('flood', (one) => {
      for (let id = 1; id <= 500; id++) one.send({ kind: 'ping', id, wallMs: 0 });
    }));

  test('whose frame has a flipped bit', () =>
    cutOff('malformed', (one) => {
      const frame = craftedFrame({ type: 3, channel: 0 }, Uint8Array.of(1, 2));
      frame[frame.length - 1] = (frame.at(-1) as number) ^ 1;
      one.raw(frame);
    }));
});

describe('a member that sends what no node would', () => {
  let key: Key;
  let origin = '';
  let link: HostileLink;
  let sent = 0;
  /** Of this origin: how many commits the shop has taken, and its chain. */
  let originSeq = 0;
  let chain: Uint8Array = new Uint8Array(32);

  beforeAll(async () => {
    key = await member();
    origin = `${key.fingerprint}.${'cd'.repeat(16)}`;
    link = await HostileLink.open(victim, key);
  });

  function seen(): SeenEntry[] {
    return originSeq === 0 ? seenOf(shopEngine, key.fingerprint) : [];
  }

  /** The next bundle of its chain, with the head that its key signs. */
  function next(planted: Partial<PlantedBundle>): { bundle: Uint8Array; head: SignedHead } {
    sent += 1;
    const commits = planted.commits ?? [[{ key: `hostile/${sent}`, value: sent }]];
    const firstOriginSeq = originSeq + 1;
    const ms = Date.now();
    const bundle = plantedBundle({ origin, firstOriginSeq, seen: seen(), ms, ...planted, commits });
    return { bundle, head: headFor(bundle, originSeq + commits.length) };
  }

  function headFor(bundle: Uint8Array, last: number): SignedHead {
    const digest = chainDigest(CRYPTO, chain, bundle);
    return headBy(shopEngine.parts.log.worldId, { origin, originSeq: last, digest });
  }

  /** Sends it, and what the shop says of it. */
  async function refusalOf(bundles: readonly Uint8Array[], heads: readonly SignedHead[]) {
    const before = link.refusals().length;
    link.bundles(bundles, heads);
    await link.until(() => link.refusals().length > before || link.isClosed);
    return link.refusals().at(-1);
  }

  const refusedHere = async (): Promise<number> => (await shop.syncStateInfo()).refusedReceived;

  /** Refused for good: counted, told to its sender, logged; nothing of it is here. */
  async function refusedForGood(
    reason: RegExp,
    bundles: readonly Uint8Array[],
    heads: readonly SignedHead[],
  ): Promise<void> {
    const before = { seq: shopEngine.seq, refused: await refusedHere() };
    const refusal = await refusalOf(bundles, heads);
    expect(refusal).toMatchObject({ kind: 'refused', reason: expect.stringMatching(reason) });
    expect(shopEngine.seq).toBe(before.seq);
    expect(await refusedHere()).toBe(before.refused + 1);
    // The first of each origin and cause is logged, so that a flood fills no log.
    const said = lines.filter((line) => line.includes(`a bundle at ${origin}/`));
    expect(said.filter((line) => reason.test(line))).toHaveLength(1);
    await standsFast();
  }

  test('a good bundle is taken: the tests below can fail', async () => {
    const { bundle, head } = next({});
    link.bundles([bundle], [head]);
    await until(() => shop.get('hostile/1') === 1);
    originSeq = 1;
    chain = head.digest;
    await standsFast();
    expect(van.get('hostile/1')).toBe(1);
  });

  test('a bundle without a head, and one with a head that another key has signed', async () => {
    const { bundle, head } = next({});
    await refusedForGood(/unsigned/, [bundle], []);
    const forged = { ...head, signature: head.signature.map((byte) => byte ^ 1) };
    await refusedForGood(/unsigned/, [bundle], [forged]);
    const { publicKey } = strangersKey();
    await refusedForGood(/unsigned/, [bundle], [{ ...head, publicKey }]);
  });

  test('a bundle of somebody else that was changed on the way', async () => {
    await van.disconnect('shop');
    const known = frameOf(vanEngine).bundles.length;
    await van.put('from van', 'as it was');
    const { bundles, heads } = frameOf(vanEngine, known);
    const [bundle] = bundles as [Uint8Array];
    const changed = bundle.slice();
    const at = Buffer.from(changed).indexOf('as it was');
    changed[at] = (changed[at] as number) ^ 0x20;
    const before = shopEngine.seq;
    const refusal = await refusalOf([changed], heads);
    expect(refusal).toMatchObject({ kind: 'refused', reason: expect.stringContaining('unsigned') });
    expect(shopEngine.seq).toBe(before);
    await van.connect('shop');
    await standsFast();
    expect(shop.get('from van')).toBe('as it was');
  });

  test('nesting: 65 arrays in a value are void, 400,000 malformed, 10 million do not even arrive', async () => {
    const head = encodeValue(new ByteWriter(16), [], { valueBytesMax: 16, depthMax: 4 });
    const nested = (depth: number): { key: string; head: number; bytes: Uint8Array } => {
      const bytes = new Uint8Array(2 * depth).fill('['.charCodeAt(0));
      return { key: 'deep', head, bytes: bytes.fill(']'.charCodeAt(0), depth) };
    };
    const ten = next({ commits: [[nested(10e6)]] });
    const before = process.memoryUsage().arrayBuffers;
    await refusedFor('too_large', async () => {
      link.bundles([ten.bundle], [ten.head]);
      await link.until(() => link.isClosed);
    });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * MIB);
    link = await HostileLink.open(victim, key);
    const many = next({ commits: [[nested(400_000)]] });
    const refused = await refusalOf([many.bundle], [many.head]);
    const reason = 'malformed: value nested deeper than 1000';
    expect(refused).toMatchObject({ kind: 'refused', reason });
    const deep = next({ commits: [[nested(65)]] });
    const refusal = await refusalOf([deep.bundle], [deep.head]);
    expect(refusal).toMatchObject({ kind: 'void', reason: expect.stringMatching(/64/) });
    // It is counted in its chain, without effect, here and on the honest peer.
    originSeq = 2;
    chain = deep.head.digest;
    await standsFast();
    for (const node of [shop, van]) expect(node.get('deep')).toBeUndefined();
  });

  test.each([
    ['N16: a name that reaches for prototypes', '{"__proto__":{"polluted":1}}'],
    ['N17: minus zero', '-0'],
    ['N17: a number that is not canonical', '1.0'],
    ['N17: a number beyond what comes back', '9007199254740993.0'],
    ['N17: names out of order', '{"b":1,"a":2}'],
    ['N17: a name twice', '{"a":1,"a":2}'],
    ['N17: half a surrogate', '"\\ud800"'],
    ['N17: no JSON at all', 'NaN'],
  ])('%s: no node encodes so, and none takes it', async (_name, text) => {
    const head = encodeValue(new ByteWriter(16), [], { valueBytesMax: 16, depthMax: 4 });
    const bytes = new TextEncoder().encode(text);
    const { bundle, head: signed } = next({ commits: [[{ key: 'odd', head, bytes }]] });
    const before = shopEngine.seq;
    const refusal = await refusalOf([bundle], [signed]);
    expect(refusal).toMatchObject({ kind: 'refused', reason: expect.stringMatching(/malformed/) });
    expect(shopEngine.seq).toBe(before);
    expect(shop.get('odd')).toBeUndefined();
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    await standsFast();
  });

  test('a stamp of the year 10889 is held, and nobody’s clock moves', async () => {
    const { bundle, head } = next({ ms: LAST_MS, commits: [[{ key: 'late', value: 1 }]] });
    const refusal = await refusalOf([bundle], [head]);
    expect(refusal).toMatchObject({ kind: 'held', reason: expect.stringContaining('+010889') });
    const { held } = await shop.syncWhy('late');
    expect(held).toEqual([{ origin, reason: expect.stringContaining('+010889') }]);
    expect((await shop.syncStateInfo()).held).toBe(1);
    const { stamp } = await shop.put('now', 1);
    expect(Number(stamp.split('.')[0])).toBeLessThan(Date.now() + 1000);
    expect(shop.get('late')).toBeUndefined();
    await standsFast();
  });

  test('bytes that are no bundle end the link', async () => {
    const from = lines.length;
    link.bundles([CRYPTO.sha256(new Uint8Array(3))], []);
    await link.until(() => link.isClosed);
    expect(lines.slice(from).join('\n')).toContain('malformed: a frame holds no bundles');
    const { warnings } = await shop.syncStateInfo();
    expect(warnings.join('\n')).toContain('malformed: a frame holds no bundles');
    await standsFast();
  });
});

/** As a member that has it all would acknowledge it, one bundle after the other, and reads none. */
async function acknowledgeUnread(link: HostileLink, look: () => void): Promise<void> {
  const { fingerprint } = link.key;
  const { driver, transport } = shopEngine.peering as NonNullable<Engine['peering']>;
  const vector = new Vector();
  for (const { origin, lastOriginSeq, digest } of loggedBundles(shopEngine)) {
    vector.advance(origin, lastOriginSeq, digest);
    // Only what was sent: what is acknowledged before is not sent at all.
    for (let waits = 0; waits < 40; waits++) {
      look();
      if (transport.link(fingerprint) === undefined) return;
      if ((driver.sync.view.peer(fingerprint, driver.now())?.inFlight ?? 0) > 0) break;
      await pause(5);
    }
    link.send({
      kind: 'ack',
      frame: 1,
      received: vector,
      durable: vector,
      stateHash: undefined,
      refusals: [],
      again: false,
      wallMs: Date.now(),
    });
    await pause(1);
  }
  look();
}

test('a member that acknowledges everything and never reads: its link ends, others do not notice', async () => {
  const value = 'x'.repeat(900_000);
  for (let at = 0; at < 40; at++) await shop.put(`large/${at}`, value);
  await until(() => van.get('large/39') === value, 60_000);
  const key = await member();
  const from = await refusals();
  const link = await HostileLink.open(victim, key);
  link.stopReading();
  const there = () => shopEngine.peering?.transport.link(key.fingerprint);
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  await acknowledgeUnread(link, () => {
    most = Math.max(most, there()?.bufferedBytes ?? 0);
  });
  expect(most).toBeGreaterThan(MIB);
  expect(most).toBeLessThan(DEFAULT_TRANSPORT_LIMITS.bufferedBytesHigh + 2 * MIB);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * MIB);
  await standsFast();
  await until(() => there() === undefined, 20_000);
  const ended = async (counts: Promise<Readonly<Record<string, number>>>): Promise<number> => {
    const { idle = 0, slow = 0 } = await counts;
    return idle + slow;
  };
  expect(await ended(refusals())).toBe((await ended(Promise.resolve(from))) + 1);
  expect(lines.some((line) => /refused a connection .*: (idle|slow)$/.test(line))).toBe(true);
  await link.close();
  await standsFast();
});

test('datagrams that are forged, replayed or garbage: counted, and nobody is believed', async () => {
  const free = createSocket('udp4');
  await new Promise<void>((resolve) => void free.bind(0, HOST, resolve));
  const { port } = free.address();
  await new Promise<void>((resolve) => void free.close(resolve));
  await shop.startDiscovery({ host: HOST, port });
  const socket = createSocket('udp4');
  const send = (bytes: Uint8Array): Promise<void> =>
    new Promise((resolve) => {
      socket.send(bytes, port, HOST, () => resolve());
    });
  const worldId = bytesOfHex(victim.worldId) as Uint8Array;
  const worldHint = worldHintOf(CRYPTO, worldId);
  const address = { worldHint, addresses: [new Uint8Array([127, 0, 0, 1])], port: 9 };
  const honest = { ...vanEngine.parts.identity, nodeId: 'van' };
  const known = async (): Promise<string[]> =>
    (await shop.discover()).map(({ fingerprint }) => fingerprint);
  const from = lines.length;
  await send(saidBy(honest, { ...address, counter: 7 }));
  await vi.waitFor(async () => expect(await known()).toContain(honest.fingerprint));
  // Said again, an older one said again, signed by somebody else, of another world, garbage.
  await send(saidBy(honest, { ...address, counter: 7 }));
  await send(saidBy(honest, { ...address, counter: 6, port: 66 }));
  await send(saidBy(identityOf(9), { ...address, publicKey: honest.publicKey, counter: 8 }));
  await send(saidBy(honest, { addresses: address.addresses, counter: 9 }));
  await send(new Uint8Array(600).fill(7));
  await send(new Uint8Array(2_000).fill(7));
  await vi.waitFor(async () => {
    const { dropped } = (await shop.status()).discovery;
    expect(Object.keys(dropped ?? {}).toSorted()).toEqual([
      'bad_magic',
      'bad_signature',
      'other_world',
      'repeated',
      'replayed',
      'too_large',
    ]);
  });
  expect(lines.slice(from).filter((line) => line.includes('dropped a datagram'))).toHaveLength(6);
  const [found] = (await shop.discover()).filter((one) => one.fingerprint === honest.fingerprint);
  expect(found?.addresses).toEqual(['127.0.0.1:9']);
  socket.close();
  await shop.stopDiscovery();
  await standsFast();
});

test('none of it has left anything in the log, and nothing was thrown that nobody caught', async () => {
  expect((await shop.verify()).ok).toBe(true);
  expect(readFileSync(join(folder, 'shop', 'identity', 'node.json'), 'utf8')).toContain('"format"');
  expect(shop.get('alive')).toBe(writes);
});

test('a member that tells two nodes two stories: its origin is frozen on both, with an alarm', async () => {
  const key = await member();
  const origin = `${key.fingerprint}.${'ab'.repeat(16)}`;
  await standsFast();
  const { worldId } = shopEngine.parts.log;
  const seen = seenOf(shopEngine, key.fingerprint);
  const story = (value: string): { bundle: Uint8Array; head: SignedHead } => {
    const commits = [[{ key: 'story', value }]];
    const bundle = plantedBundle({ origin, seen, ms: Date.now(), commits });
    const digest = chainDigest(CRYPTO, new Uint8Array(32), bundle);
    return { bundle, head: headBy(worldId, { origin, originSeq: 1, digest }) };
  };
  const [one, other] = [story('one'), story('other')];
  const vanPort = (await van.status()).transport.port as number;
  const links = [
    await HostileLink.open(victim, key),
    await HostileLink.open({ ...victim, port: vanPort }, key),
  ];
  links[0]?.bundles([one.bundle], [one.head]);
  links[1]?.bundles([other.bundle], [other.head]);
  for (const node of [shop, van]) {
    await vi.waitFor(async () => {
      expect((await node.syncStateInfo()).frozenOrigins).toEqual([origin]);
    }, 10_000);
  }
  expect(shop.get('story')).toBe('one');
  expect(van.get('story')).toBe('other');
  expect(lines.some((line) => line.startsWith('error sync: fork: two commits are called'))).toBe(
    true,
  );
  // What has seen one story waits at whoever has the other, until an admin decides; nobody's own
  // origin is frozen for it, and local work goes on.
  const receipt = await shop.put('local', 1);
  await pause(1_000);
  expect((await shop.syncStateInfo()).state).toBe('frozen');
  for (const node of [shop, van]) {
    expect((await node.syncStateInfo()).frozenOrigins).toEqual([origin]);
  }
  const { verdict } = await shop.syncWhy(`#${receipt.seq}`);
  expect(verdict).toMatch(/van does not take it \(fork: /);
  for (const link of links) await link.close();
});
