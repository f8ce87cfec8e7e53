import { expect, test } from 'vitest';
import { bytesOfHex, hexOf, type SeenEntry, type SignedHead } from '../../core/index.ts';
import type { Engine } from '../../engine/index.ts';
import {
  admitPlanted,
  agreement,
  bundlesOf,
  exchange,
  type Frame,
  frameOf,
  give,
  joinNode,
  laneOf,
  newMachine,
  openNode,
  seenOf,
  strangerNode,
} from '../../../test/support/memory-node.ts';
import {
  PLANTED_KEY,
  PLANTED_ORIGIN,
  type PlantedBundle,
  plantedBundle,
} from '../../../test/support/planted-bundle.ts';
import { headBy, plantedKey } from '../../../test/support/planted-key.ts';
import { CHAIN_START } from '../../core/index.ts';
import type { BundleResult } from './frame-item.ts';
import { chainDigest } from './chain-digest.ts';
import { receiveFrame } from './receive-frame.ts';
import { beginClosing, admitMember, changeMember, finishClosing } from './statement-writers.ts';
import { worldIdOf } from './statement-check.ts';

interface World {
  readonly a: Engine;
  readonly b: Engine;
  /** What the planted author must have seen to be a member. */
  readonly seen: SeenEntry[];
}

async function world(): Promise<World> {
  const a = await openNode(newMachine(61));
  const b = await joinNode(newMachine(62), a);
  const seen = await admitPlanted(a);
  await exchange(a, b);
  return { a, b, seen };
}

/** Bundles of one planted origin, one behind the other, and the head behind the last. */
function chain(engine: Engine, ...planted: readonly PlantedBundle[]): Frame {
  let digest: Uint8Array = CHAIN_START;
  let originSeq = 0;
  const bundles = planted.map((one) => {
    const bundle = plantedBundle({ ...one, firstOriginSeq: originSeq + 1 });
    originSeq += one.commits.length;
    digest = chainDigest(laneOf(engine).parts.env.crypto, digest, bundle);
    return bundle;
  });
  const origin = planted[0]?.origin ?? PLANTED_ORIGIN;
  return { bundles, heads: [headBy(engine.parts.log.worldId, { origin, originSeq, digest })] };
}

function put(key: string, value: unknown = 1): PlantedBundle['commits'] {
  return [[{ key, value }]];
}

function kinds(results: readonly BundleResult[]): string[] {
  return results.map(({ kind }) => kind);
}

function firstHead({ heads }: Frame): SignedHead {
  return heads[0] as SignedHead;
}

test('bundles under a head are applied, logged with it, and known with it after opening', async () => {
  const machine = newMachine(63);
  const { a, seen } = await world();
  const c = await joinNode(machine, a);
  const frame = chain(a, { seen, commits: put('k') }, { commits: put('l') });
  expect(kinds(await give(c, frame))).toEqual(['applied', 'applied']);
  const head = firstHead(frame);
  expect(laneOf(c).parts.heads.of(PLANTED_ORIGIN)).toEqual(head);
  expect(kinds(await give(c, frame))).toEqual(['duplicate', 'duplicate']);
  await c.close();
  const again = await openNode(machine);
  expect(laneOf(again).parts.heads.of(PLANTED_ORIGIN)).toEqual(head);
  await again.checkpoint();
  await again.put('m', 1).catch(() => {});
  await again.close();
  const third = await openNode(machine);
  expect(third.recovery.checkpointSeq).toBeGreaterThan(0);
  expect(laneOf(third).parts.heads.of(PLANTED_ORIGIN)).toEqual(head);
  expect([...third.reads.keys()]).toEqual(['k', 'l', 'm']);
});

test('a stranger is refused: nothing of it is logged or counted', async () => {
  const { a } = await world();
  const key = plantedKey(0x77);
  const origin = `${key.fingerprint}.${'01'.repeat(16)}`;
  const before = agreement(a);
  const nothingSeen = chain(a, { origin, commits: put('k') });
  const allSeen = chain(a, { origin, seen: seenOf(a), commits: put('k') });
  for (const frame of [nothingSeen, allSeen]) {
    expect(await give(a, frame)).toMatchObject([
      { kind: 'refused', reason: expect.stringContaining('no member') },
    ]);
  }
  // One that was admitted, and did not know it yet.
  const { fingerprint, publicKey } = key;
  await admitMember(laneOf(a), { fingerprint, publicKey, nodeId: 'late', role: 'write' });
  expect(kinds(await give(a, allSeen))).toEqual(['refused']);
  expect(agreement(a).content).toBe(before.content);
  const knowing = chain(a, { origin, seen: seenOf(a), commits: put('k') });
  expect(kinds(await give(a, knowing))).toEqual(['applied']);
});

test.each([
  ['by another key', (head: SignedHead) => ({ ...head, publicKey: plantedKey(0x55).publicKey })],
  ['of another signer', (head: SignedHead) => headSignedBy(0x55, head)],
  ['with a changed seq', (head: SignedHead) => ({ ...head, originSeq: head.originSeq + 1 })],
  ['cut off', (head: SignedHead) => ({ ...head, signature: head.signature.subarray(1) })],
  ['of no origin', (head: SignedHead) => ({ ...head, digest: head.digest.subarray(2) })],
])('a head %s is forged', async (_, forge) => {
  const { a, seen } = await world();
  const frame = chain(a, { seen, commits: put('k') });
  const forged = { ...frame, heads: [forge(firstHead(frame))] };
  expect(kinds(await give(a, forged))).toEqual(['forged']);
  expect(a.reads.get('k')).toBeUndefined();
  expect(kinds(await give(a, frame))).toEqual(['applied']);
});

function headSignedBy(byte: number, head: SignedHead): SignedHead {
  const other = plantedKey(byte);
  const origin = `${other.fingerprint}.${head.origin.slice(33)}`;
  return { ...headBy(new Uint8Array(16), { ...head, origin }), origin: head.origin };
}

test('a signature for another world is forged here', async () => {
  const { a, seen } = await world();
  const frame = chain(a, { seen, commits: put('k') });
  const elsewhere = headBy(new Uint8Array(16).fill(9), firstHead(frame));
  expect(kinds(await give(a, { ...frame, heads: [elsewhere] }))).toEqual(['forged']);
});

test('what a relay changed, left out or added is not taken', async () => {
  const { a, seen } = await world();
  const frame = chain(a, { seen, commits: put('k') }, { commits: put('l') });
  const [first, second] = frame.bundles as [Uint8Array, Uint8Array];
  const tampered = new Uint8Array(second);
  tampered[tampered.length - 1] = (tampered.at(-1) as number) ^ 1;
  const results = await give(a, { ...frame, bundles: [first, tampered] });
  expect(results).toMatchObject([{ kind: 'waiting' }, { kind: 'fork', proven: false }]);
  expect(await give(a, { ...frame, bundles: [first] })).toMatchObject([{ kind: 'unsigned' }]);
  expect(await give(a, { ...frame, bundles: [second] })).toMatchObject([
    { kind: 'waiting', missing: [{ origin: PLANTED_ORIGIN, originSeq: 1 }] },
  ]);
  expect(await give(a, { ...frame, heads: [] })).toMatchObject([
    { kind: 'unsigned' },
    { kind: 'waiting' },
  ]);
  const third = plantedBundle({ firstOriginSeq: 3, commits: put('m') });
  expect(kinds(await give(a, { ...frame, bundles: [first, second, third] }))).toEqual([
    'applied',
    'applied',
    'unsigned',
  ]);
  expect([...a.reads.keys()]).toEqual(['k', 'l']);
});

test('two signed chains under one name are a proven fork', async () => {
  const { a, seen } = await world();
  const one = chain(a, { seen, commits: put('k', 'one') });
  const other = chain(a, { seen, commits: put('k', 'other') });
  await give(a, one);
  const fork = { origin: PLANTED_ORIGIN, originSeq: 1 };
  expect(await give(a, other)).toMatchObject([{ kind: 'fork', fork, proven: true }]);
  expect(a.reads.get('k')).toBe('one');
});

test('an origin goes all or nothing, with what has seen it; others go on', async () => {
  const { a, b, seen } = await world();
  const other = plantedKey(0x66);
  await admitPlanted(a, {}, other);
  await exchange(a, b);
  // The planted author's second bundle needs a newer version; the other has seen its first.
  const head = { head: 0x12, bytes: new TextEncoder().encode('1') };
  const planted = chain(a, { seen, commits: put('p') }, { commits: [[{ key: 'q', ...head }]] });
  const [first] = planted.bundles as [Uint8Array];
  const { crypto } = laneOf(a).parts.env;
  const sawFirst: SeenEntry = {
    origin: PLANTED_ORIGIN,
    originSeq: 1,
    digestHead: chainDigest(crypto, CHAIN_START, first).slice(0, 8),
  };
  const names = [...seenOf(a), sawFirst].sort((left, right) =>
    left.origin < right.origin ? -1 : 1,
  );
  const dependent = chain(a, {
    origin: `${other.fingerprint}.${'07'.repeat(16)}`,
    seen: names,
    commits: put('d'),
  });
  await a.put('own', 1);
  const own = frameOf(a, bundlesOf(a).length - 1);
  const frame = {
    bundles: [
      ...planted.bundles.slice(0, 1),
      ...dependent.bundles,
      ...own.bundles,
      ...planted.bundles.slice(1),
    ],
    heads: [...planted.heads, ...dependent.heads, ...own.heads],
  };
  const results = await give(b, frame);
  expect(kinds(results)).toEqual(['waiting', 'waiting', 'applied', 'unsupported']);
  expect(results[1]).toMatchObject({ missing: [{ origin: PLANTED_ORIGIN, originSeq: 1 }] });
  expect([...b.reads.keys()]).toEqual(['own']);
  // As a frame up to the first it is taken, and what has seen it too.
  const upToFirst = chain(a, { seen, commits: put('p') });
  const again = {
    bundles: [...upToFirst.bundles, ...dependent.bundles],
    heads: [...upToFirst.heads, ...dependent.heads],
  };
  expect(kinds(await give(b, again))).toEqual(['applied', 'applied']);
});

test('several frames may be given before the first is durable; told when applied, then when durable', async () => {
  const { b, a } = await world();
  const c = await strangerNode(newMachine(64), a);
  await exchange(b, a);
  const events: string[] = [];
  const all = bundlesOf(a).length;
  const half = Math.floor(all / 2);
  const take = (name: string, { bundles, heads }: Frame): Promise<unknown> =>
    receiveFrame(laneOf(c), bundles, heads, {
      onApplied: () => events.push(`${name} applied`),
    }).then(() => events.push(`${name} durable`));
  const first = take('first', frameOf(a, 0, half));
  const second = take('second', frameOf(a, half));
  expect(events).toEqual(['first applied', 'second applied']);
  await Promise.all([first, second]);
  expect(events.slice(2)).toEqual(['first durable', 'second durable']);
  expect(agreement(c)).toEqual(agreement(a));
});

test('what lies behind the end of a membership is refused, what it had seen before counts', async () => {
  const { a, b, seen } = await world();
  const bundles = [{ seen, commits: put('k') }, { commits: put('late') }] as const;
  await give(a, chain(a, bundles[0]));
  await beginClosing(laneOf(a), PLANTED_KEY.fingerprint);
  await finishClosing(laneOf(a), PLANTED_KEY.fingerprint);
  await expect(beginClosing(laneOf(a), PLANTED_KEY.fingerprint)).rejects.toMatchObject({
    code: 'condition_failed',
  });
  await exchange(a, b);
  for (const node of [a, b]) {
    const { table } = laneOf(node).membership;
    expect(table.endsOf(PLANTED_KEY.fingerprint)).toEqual(new Map([['cd'.repeat(16), 1]]));
    expect(kinds(await give(node, chain(a, ...bundles)))).toEqual(['duplicate', 'refused']);
    const unnamed = `${PLANTED_KEY.fingerprint}.${'0f'.repeat(16)}`;
    expect(kinds(await give(node, chain(a, { origin: unnamed, seen, commits: put('x') })))).toEqual(
      ['refused'],
    );
  }
  // Admitted again: what has seen that counts, what has not does not.
  const { fingerprint, publicKey } = PLANTED_KEY;
  await admitMember(laneOf(a), { fingerprint, publicKey, nodeId: 'again', role: 'write' });
  await exchange(a, b);
  const origin = `${fingerprint}.${'0e'.repeat(16)}`;
  for (const node of [a, b]) {
    expect(laneOf(node).membership.table.endsOf(fingerprint)).toBeUndefined();
    expect(kinds(await give(node, chain(a, { origin, seen, commits: put('x') })))).toEqual([
      'refused',
    ]);
    const knowing = chain(a, { origin, seen: seenOf(a, fingerprint), commits: put('back') });
    expect(kinds(await give(node, knowing))).toEqual(['applied']);
  }
  expect([...b.reads.keys()]).toEqual(['back', 'k']);
});

test('nobody but the holder of the founding key founds the world that an id names', async () => {
  const founder = plantedKey(0x31);
  const thief = plantedKey(0x32);
  const salt = new Uint8Array(32).fill(5);
  const a = await openNode(newMachine(65));
  const { crypto } = laneOf(a).parts.env;
  const worldId = worldIdOf(crypto, founder.publicKey, salt);
  const founding = (key: typeof founder, over: object = {}): PlantedBundle => ({
    origin: `${key.fingerprint}.${'01'.repeat(16)}`,
    commits: [
      [
        {
          key: `$member/${key.fingerprint}`,
          value: {
            nodeId: 'founder',
            publicKey: hexOf(key.publicKey),
            role: 'admin',
            founder: hexOf(salt),
            ...over,
          },
        },
      ],
    ],
  });
  const signed = (planted: PlantedBundle): Frame => {
    const bundle = plantedBundle(planted);
    const origin = planted.origin as string;
    const digest = chainDigest(crypto, CHAIN_START, bundle);
    return { bundles: [bundle], heads: [headBy(worldId, { origin, originSeq: 1, digest })] };
  };
  const node = await strangerNode(newMachine(66), {
    parts: { log: { worldId } },
  } as unknown as Engine);
  const wrong = [
    founding(thief),
    founding(founder, { founder: hexOf(bytesOfHex('06'.repeat(32)) as Uint8Array) }),
    founding(founder, { role: 'write' }),
    founding(founder, { scopes: ['a'] }),
    founding(founder, { more: 1 }),
    founding(founder, { publicKey: hexOf(thief.publicKey) }),
  ];
  for (const planted of wrong)
    expect(kinds(await give(node, signed(planted)))).toEqual(['refused']);
  expect(node.seq).toBe(0);
  expect(kinds(await give(node, signed(founding(founder))))).toEqual(['applied']);
  expect(laneOf(node).membership.table.members()).toMatchObject([
    { fingerprint: founder.fingerprint, role: 'admin', founder: true, state: 'member' },
  ]);
});

test('a statement that is malformed, out of turn, or nobody’s to make is void', async () => {
  const { a } = await world();
  const { fingerprint, publicKey } = plantedKey(0x21);
  const admin = plantedKey(0x22);
  await admitPlanted(a, { role: 'admin' }, admin);
  const founder = a.parts.identity.fingerprint;
  const seen = seenOf(a, admin.fingerprint);
  const origin = `${admin.fingerprint}.${'01'.repeat(16)}`;
  const admission = { nodeId: 'new', publicKey: hexOf(publicKey), role: 'write' };
  const key = `$member/${fingerprint}`;
  const commits: PlantedBundle['commits'] = [
    [{ key, value: { ...admission, role: 'king' } }],
    [{ key, value: { ...admission, publicKey: hexOf(admin.publicKey) } }],
    [{ key, value: { ...admission, extra: 1 } }],
    [{ key: `${key}/1`, value: { role: 'read' } }],
    [{ key: '$member/short', value: admission }],
    [{ key: '$world/other', value: 1 }],
    [
      { key, value: admission },
      { key: `${key}/1`, value: { role: 'read' } },
    ],
    [{ key, value: admission }],
    [{ key, value: admission }],
    [{ key, remove: true }],
    [{ key: `${key}/1`, value: { role: 'read' } }],
    [{ key: `${key}/1`, value: { role: 'read', over: [`${origin}/8`] } }],
    [{ key: `${key}/2`, value: { role: 'write', over: [`${origin}/8`] } }],
    [{ key: `$member/${founder}/1`, value: { end: 'closing', over: ['x'] } }],
    [{ key: '$world/limits/1', value: { valueBytesMax: 1 } }],
    [{ key: '$other', value: 'may be replaced' }],
    [{ key: '$other', value: 'by an admin' }],
    [{ key: 'user', value: 1 }],
  ];
  const [result] = await give(a, chain(a, { origin, seen, commits }));
  const voids = result?.voids.map(({ originSeq }) => originSeq);
  expect(voids).toEqual([1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 13, 14, 15]);
  expect(laneOf(a).membership.table.rightsOf(fingerprint, () => true)?.role).toBe('read');
  await expect(finishClosing(laneOf(a), founder, new Map())).rejects.toMatchObject({
    code: 'forbidden',
  });
});

test('a level that this version does not know is held, not void', async () => {
  const { a } = await world();
  const admin = plantedKey(0x22);
  await admitPlanted(a, { role: 'admin' }, admin);
  const [level] = laneOf(a).membership.table.statementsOf('$world/level');
  const origin = `${admin.fingerprint}.${'01'.repeat(16)}`;
  const value = { level: 2, over: [level?.id] };
  const commits: PlantedBundle['commits'] = [[{ key: '$world/level/2', value }]];
  const frame = chain(a, { origin, seen: seenOf(a, admin.fingerprint), commits });
  expect(kinds(await give(a, frame))).toEqual(['unsupported']);
});

test('a node refuses its own writes by the same rules, before the log', async () => {
  const a = await openNode(newMachine(67));
  const reader = await joinNode(newMachine(68), a, {}, { role: 'read' });
  const scoped = await joinNode(newMachine(69), a, {}, { scopes: ['in/'] });
  const stranger = await strangerNode(newMachine(70), a);
  for (const node of [reader, stranger]) {
    const { seq } = node;
    await expect(node.put('k', 1)).rejects.toMatchObject({
      code: 'forbidden',
      details: { key: 'k' },
    });
    await expect(node.writable().transact((tx) => tx.put('k', 1))).rejects.toMatchObject({
      code: 'forbidden',
    });
    expect(node.seq).toBe(seq);
  }
  await scoped.put('in/1', 1);
  await expect(scoped.put('out', 1)).rejects.toMatchObject({
    code: 'forbidden',
    details: { key: 'out', role: 'write', scopes: ['in/'] },
  });
  const change = changeMember(laneOf(scoped), reader.parts.identity.fingerprint, { role: 'write' });
  await expect(change).rejects.toMatchObject({ code: 'forbidden' });
  const report = await scoped.preflight({
    operations: [{ op: 'put', args: { key: 'out', value: 1 } }],
  });
  expect(report.ok).toBe(false);
  // The rights change with what arrives.
  await changeMember(laneOf(a), scoped.parts.identity.fingerprint, { scopes: null });
  await exchange(a, scoped);
  await scoped.put('out', 1);
});
