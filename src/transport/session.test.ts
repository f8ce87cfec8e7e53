import { beforeEach, describe, expect, test } from 'vitest';
import { bundlesOf, patternBytes } from '../testing/peer-messages.ts';
import {
  type ContractNode,
  contractNode,
  type ContractNodeOptions,
  settled,
  startedAt,
} from '../testing/transport-world.ts';
import { type MemoryMachines, memoryMachines } from '../../test/support/transport-memory.ts';
import {
  craftedFrame,
  type RawPeer,
  rawPeer,
  SAMPLE_HELLO,
} from '../../test/support/wire-samples.ts';

let machines: MemoryMachines;

beforeEach(() => {
  machines = memoryMachines();
});

async function node(options: ContractNodeOptions = {}): Promise<ContractNode> {
  const made = contractNode(machines.second, options);
  await settled(machines, startedAt(made));
  return made;
}

function connect(to: ContractNode, options: Parameters<typeof rawPeer>[2] = {}): Promise<RawPeer> {
  return settled(machines, rawPeer(machines.first.env, to, options));
}

async function greeted(
  to: ContractNode,
  options: Parameters<typeof rawPeer>[2] = {},
): Promise<RawPeer> {
  const peer = await connect(to, options);
  peer.greet();
  await machines.world.runUntil(() => to.told.links.length > 0, 1000);
  expect(to.told.links).toHaveLength(1);
  return peer;
}

async function refusedFor(to: ContractNode, peer: RawPeer, reason: string): Promise<void> {
  await machines.world.runUntil(() => peer.closed !== undefined, 10_000);
  expect(to.told.refused).toEqual([reason]);
  expect(to.transport.status().refused).toEqual({ [reason]: 1 });
  const last = peer.heard.at(-1);
  expect(last?.kind === 'error' && last.code).toBe(reason);
  expect(to.transport.status().links).toBe(0);
}

describe('before the link is up', () => {
  const early = [
    ['a message about the world', bundlesOf(10)],
    ['a ping', { kind: 'ping', id: 1, wallMs: 0 }],
    ['a welcome', { kind: 'welcome', version: 1, sessionId: '0'.repeat(32), wallMs: 0 }],
  ] as const;
  test.each(early)('%s before hello is refused', async (_what, message) => {
    const b = await node();
    const peer = await connect(b);
    peer.send(message);
    await refusedFor(b, peer, 'before_hello');
    expect(b.told.messages).toEqual([]);
  });

  test('an unknown message before hello is refused, even one that may be skipped', async () => {
    const b = await node();
    const peer = await connect(b);
    peer.stream.send(craftedFrame({ type: 99, isCritical: false }, patternBytes(4)));
    await refusedFor(b, peer, 'before_hello');
  });

  test('a message about the world between hello and welcome is refused', async () => {
    const b = await node();
    const peer = await connect(b);
    peer.hello();
    peer.send(bundlesOf(10));
    await refusedFor(b, peer, 'unexpected');
  });

  test('a second hello is refused, also on a link', async () => {
    const b = await node();
    const peer = await connect(b);
    peer.hello();
    peer.hello();
    await refusedFor(b, peer, 'duplicate_hello');
    const c = await node();
    const other = await greeted(c);
    other.hello();
    await refusedFor(c, other, 'duplicate_hello');
    expect(c.told.downs[0]).toMatchObject({ by: 'fault', reason: 'duplicate_hello' });
  });

  test('no common version: both ranges are named', async () => {
    const b = await node();
    const peer = await connect(b);
    peer.hello({ versions: { min: 2, max: 7 } });
    await refusedFor(b, peer, 'version_mismatch');
    const last = peer.heard.at(-1);
    expect(last?.kind === 'error' && last.message).toMatch(/versions 1 to 1.* 2 to 7/);
  });

  test('a wider range of versions is met at 1', async () => {
    const b = await node();
    const peer = await connect(b);
    peer.hello({ versions: { min: 1, max: 7 } });
    await machines.world.runUntil(() => peer.heard.length === 2, 1000);
    expect(peer.heard[1]).toMatchObject({
      kind: 'welcome',
      version: 1,
      sessionId: SAMPLE_HELLO.sessionId,
    });
  });

  test('another world, another key than proved', async () => {
    const b = await node();
    const peer = await connect(b);
    peer.hello({ worldId: '0'.repeat(32) });
    await refusedFor(b, peer, 'world_mismatch');
    const c = await node();
    const liar = await connect(c);
    liar.hello({ fingerprint: c.fingerprint });
    await refusedFor(c, liar, 'wrong_key');
  });

  test('a welcome for another session is malformed', async () => {
    const b = await node();
    const peer = await connect(b);
    peer.hello();
    peer.send({ kind: 'welcome', version: 1, sessionId: '0'.repeat(32), wallMs: 0 });
    await refusedFor(b, peer, 'malformed');
  });

  test('hello without welcome runs into the deadline, to the millisecond', async () => {
    const b = await node({ limits: { handshakeMs: 1000 } });
    const peer = await connect(b);
    peer.hello();
    await machines.world.run(990);
    expect(b.told.refused).toEqual([]);
    await machines.world.run(20);
    await refusedFor(b, peer, 'handshake_timeout');
  });
});

describe('frames that lie', () => {
  test('4 GiB announced: refused at once, nothing held', async () => {
    const b = await node();
    const peer = await greeted(b);
    const head = { type: 17, channel: 1, isLast: false, totalBytes: 4 * 1024 ** 3 };
    peer.stream.send(craftedFrame(head, patternBytes(2000)));
    await refusedFor(b, peer, 'too_large');
  });

  test('each limit of a kind: at it read, one above refused', async () => {
    const limits = { bundlesBytesMax: 5000, vectorBytesMax: 9000, chunkBytesMax: 3000 };
    const cases = [
      [17, 5000],
      [19, 9000],
      [23, 3000],
      [21, 16 * 1024],
    ] as const;
    for (const [type, bytesMax] of cases) {
      for (const above of [0, 1]) {
        const b = await node({ limits });
        const peer = await greeted(b);
        const totalBytes = bytesMax + above;
        const frame = craftedFrame(
          { type, channel: 1, isLast: false, totalBytes },
          patternBytes(1500),
        );
        peer.stream.send(frame);
        await machines.world.run(50);
        expect(b.told.refused, `type ${type}`).toEqual(above === 0 ? [] : ['too_large']);
      }
    }
  });

  test('a flipped bit ends the link', async () => {
    const b = await node();
    const peer = await greeted(b);
    const frame = craftedFrame({ type: 3 }, patternBytes(2));
    frame[3] = (frame[3] as number) ^ 4;
    peer.stream.send(frame);
    await refusedFor(b, peer, 'malformed');
  });

  test('compression and unknown critical types need an upgrade, others are skipped', async () => {
    const b = await node();
    const peer = await greeted(b);
    const skipped = craftedFrame({ type: 99, isCritical: false, channel: 5 }, patternBytes(9));
    peer.stream.send(skipped);
    peer.send(bundlesOf(10));
    await machines.world.run(50);
    expect(b.told.messages).toHaveLength(1);
    expect(b.told.links[0]?.unknownMessages).toBe(1);
    peer.stream.send(craftedFrame({ type: 99 }, patternBytes(9)));
    await refusedFor(b, peer, 'upgrade_needed');
  });

  test('a join on a link, an answer to no ping', async () => {
    const b = await node();
    const peer = await greeted(b);
    peer.send({ kind: 'pong', id: 99, wallMs: 0 });
    await refusedFor(b, peer, 'unexpected');
    const c = await node();
    const other = await greeted(c);
    const secret = patternBytes(32);
    const versions = { min: 1, max: 1 };
    const rest = { nodeId: 'x', listening: undefined, inviteId: patternBytes(16) };
    other.send({ kind: 'join', versions, secret, ...rest });
    await refusedFor(c, other, 'unexpected');
  });
});

describe('while the link is up', () => {
  test('a flood of pings is cut off: the burst is answered, one more is not', async () => {
    const limits = { controlBurstMax: 30, controlPerSecondMax: 1 };
    const b = await node({ limits });
    const peer = await greeted(b);
    await machines.world.run(10_000);
    const pong = 1;
    for (let id = 1; id <= 30 - pong; id++) peer.send({ kind: 'ping', id, wallMs: 0 });
    await machines.world.run(100);
    expect(b.told.refused).toEqual([]);
    expect(peer.heard.filter(({ kind }) => kind === 'pong')).toHaveLength(29);
    for (let id = 1; id <= 3; id++) peer.send({ kind: 'ping', id, wallMs: 0 });
    await refusedFor(b, peer, 'flood');
  });

  test('a ping overtakes a large message between two pieces', async () => {
    const b = await node();
    let pingAtFrame = 0;
    let pongAtFrame = 0;
    const peer = await greeted(b, {
      onFrame: (to) => {
        if (pingAtFrame === 0 && to.frames > 10) {
          pingAtFrame = to.frames;
          to.send({ kind: 'ping', id: 1, wallMs: 0 });
        }
        const isPong = to.heard.some(({ kind }) => kind === 'pong');
        if (isPong && pongAtFrame === 0) pongAtFrame = to.frames;
      },
    });
    b.told.links[0]?.send(bundlesOf(15_000_000));
    await machines.world.runUntil(() => peer.heard.some(({ kind }) => kind === 'bundles'), 10_000);
    expect(pongAtFrame).toBeGreaterThan(pingAtFrame);
    expect(pongAtFrame).toBeLessThan(peer.frames - 20);
    const large = peer.heard.find(({ kind }) => kind === 'bundles');
    expect(large?.kind === 'bundles' && large.bundles[0]?.length).toBe(15_000_000);
  });

  test('one that never reads and floods: cut off, what waits for it stays bounded', async () => {
    const limits = { bundlesBytesMax: 1 << 20, vectorBytesMax: 1 << 20, chunkBytesMax: 1 << 20 };
    const b = await node({
      limits: { ...limits, bufferedBytesHigh: 1 << 20, bufferedBytesMax: 2 << 20 },
    });
    const peer = await greeted(b);
    peer.stream.pause();
    const [link] = b.told.links;
    for (let sent = 0; sent < 40 && b.told.downs.length === 0; sent++) {
      link?.send(bundlesOf(100_000));
      expect(link?.bufferedBytes).toBeLessThan(2.5 * (1 << 20));
    }
    expect(b.told.downs[0]).toMatchObject({ by: 'fault', reason: 'slow' });
  });

  test('no byte for three pings: down as idle, and not before', async () => {
    const b = await node();
    const peer = await greeted(b);
    machines.world.network.cut('10.0.0.1', '10.0.0.2');
    await machines.world.run(29_000);
    expect(b.told.downs).toEqual([]);
    await machines.world.run(12_000);
    expect(b.told.downs[0]).toMatchObject({ by: 'fault', reason: 'idle' });
    expect(peer.closed).toBe(undefined);
  });

  test('one that sends and never answers a ping is slow', async () => {
    const b = await node();
    const peer = await greeted(b);
    peer.stream.pause();
    let frame = 0;
    const say = (): void => {
      frame += 1;
      peer.send(bundlesOf(100, frame));
      machines.first.env.timers.after(4000, say);
    };
    say();
    await machines.world.run(55_000);
    expect(b.told.downs).toEqual([]);
    await machines.world.run(20_000);
    expect(b.told.downs[0]).toMatchObject({ by: 'fault', reason: 'slow' });
  });

  test('a node that has paused a link does not blame it for being silent', async () => {
    const b = await node();
    await greeted(b);
    b.told.links[0]?.pause();
    await machines.world.run(200_000);
    expect(b.told.downs).toEqual([]);
    b.told.links[0]?.resume();
    await machines.world.run(200_000);
    expect(b.told.downs).toEqual([]);
  });

  test('goodbye and error of the other side end it, and are no refusals', async () => {
    for (const last of [
      { kind: 'goodbye', reason: 'stopping' },
      { kind: 'error', code: 'upgrade_needed', message: 'too old' },
    ] as const) {
      const b = await node();
      const peer = await greeted(b);
      peer.send(last);
      await machines.world.run(100);
      const reason = last.kind === 'goodbye' ? 'stopping' : 'upgrade_needed';
      expect(b.told.downs).toEqual([expect.objectContaining({ by: 'remote', reason })]);
      expect(b.told.refused).toEqual([]);
    }
  });
});
