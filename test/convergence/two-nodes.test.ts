import { expect, test } from 'vitest';
import { AdastraError, Prng, type SeenEntry } from '../../src/core/index.ts';
import type { Engine } from '../../src/engine/index.ts';
import {
  admitPlanted,
  agreement,
  bundlesOf,
  exchange,
  joinNode,
  laneOf,
  newMachine,
  openNode,
  receive,
  strangerNode,
} from '../support/memory-node.ts';
import { figure } from '../support/long.ts';
import { PLANTED_ORIGIN, plantedBundle } from '../support/planted-bundle.ts';

/** Three members; `seen`: what the planted author must have seen to be one as well. */
async function threeNodes(): Promise<World> {
  const machines = [newMachine(11), newMachine(12), newMachine(13)] as const;
  const a = await openNode(machines[0]);
  const b = await joinNode(machines[1], a);
  const c = await joinNode(machines[2], a);
  const seen = await admitPlanted(a);
  for (const node of [b, c]) await exchange(a, node);
  const restart: Restart = async (...engines) => {
    const again: Engine[] = [];
    for (const [index, engine] of engines.entries()) {
      await engine.close();
      again.push(await openNode(machines[index] as (typeof machines)[0]));
    }
    return again;
  };
  return { a, b, c, seen, restart };
}

interface World {
  readonly a: Engine;
  readonly b: Engine;
  readonly c: Engine;
  readonly seen: SeenEntry[];
  readonly restart: Restart;
}

type Restart = (...engines: Engine[]) => Promise<Engine[]>;

function expectAgreement(...engines: Engine[]): void {
  const first = agreement(engines[0] as Engine);
  for (const engine of engines) expect(agreement(engine)).toEqual(first);
}

function conflictsOf(engine: Engine): string[] {
  return [...engine.parts.replica.storage.conflicts()].sort();
}

test('A authors, B decides and writes, C gets everything from B: all agree, also after restarts', async () => {
  const { a, b, c, restart } = await threeNodes();
  await a.put('city/Bern', { people: 134_000 });
  await a.put('city/Basel', { people: 173_000 });
  await a.writable().transact((tx) => {
    tx.put('city/Bern', { people: 135_000 });
    tx.put('city/Chur', new Uint8Array([1, 2, 3]));
    tx.remove('city/Basel');
  });
  await a.remove('city/Chur', { reason: 'moved', actor: 'me', metadata: { n: 1n } });
  await exchange(a, b);
  await b.put('city/Bern', { people: 136_000 });
  await b.put('city/Thun', [new Date(0), null]);
  expect((await exchange(b, c)).filter(({ kind }) => kind === 'applied')).toHaveLength(6);
  const back = await exchange(b, a);
  expect(back.filter(({ kind }) => kind === 'applied')).toHaveLength(2);
  expectAgreement(a, b, c);
  expect(conflictsOf(c)).toEqual([]);
  expect(c.reads.get('city/Bern')).toEqual({ people: 136_000 });
  expect([...c.reads.keys()]).toEqual(['city/Bern', 'city/Thun']);
  const before = agreement(a);
  const [a2, b2, c2] = (await restart(a, b, c)) as [Engine, Engine, Engine];
  expectAgreement(a2, b2, c2);
  expect(agreement(a2)).toEqual(before);
  // New incarnations write; what they say of the ones before must do everywhere.
  await a2.put('city/Bern', { people: 1 });
  await exchange(a2, b2);
  await b2.put('city/Bern', { people: 2 });
  await exchange(b2, c2);
  await exchange(c2, a2);
  expectAgreement(a2, b2, c2);
  expect(conflictsOf(a2)).toEqual([]);
  expect(a2.reads.get('city/Bern')).toEqual({ people: 2 });
});

test('relayed bundles are byte for byte those that their author sealed', async () => {
  const { a, b, c } = await threeNodes();
  await a.put('k', 'v');
  await exchange(a, b);
  await exchange(b, c);
  const hex = (engine: Engine): string[] =>
    bundlesOf(engine).map((bytes) => Buffer.from(bytes).toString('hex'));
  expect(hex(c)).toEqual(hex(a));
});

test('concurrent writes stay beside each other until a write that has seen all', async () => {
  const { a, b, c, restart } = await threeNodes();
  await a.put('k', 'before');
  await exchange(a, b);
  await exchange(a, c);
  await a.put('k', 'of a');
  await b.put('k', 'of b');
  await exchange(a, b);
  await exchange(b, a);
  await exchange(b, c);
  expectAgreement(a, b, c);
  expect(conflictsOf(a)).toEqual(['k']);
  const entry = a.reads.getEntry('k');
  expect(entry?.siblings.map(({ value }) => value).sort()).toEqual(['of a', 'of b']);
  expect(entry?.stamps).toHaveLength(2);
  expect(entry).toEqual(b.reads.getEntry('k'));
  expect(entry?.value).toBe(entry?.siblings[1]?.value);
  expect(entry?.present).toBe(true);
  const [a2, b2, c2] = (await restart(a, b, c)) as [Engine, Engine, Engine];
  expectAgreement(a2, b2, c2);
  expect(c2.reads.getEntry('k')).toEqual(entry);
  await expect(c2.put('k', 'x', { ifStamp: entry?.stamps[0] as string })).rejects.toMatchObject({
    code: 'condition_failed',
  });
  await c2.put('k', 'of all', { ifStamp: [...(entry?.stamps ?? [])].reverse() });
  await exchange(c2, a2);
  await exchange(a2, b2);
  expectAgreement(a2, b2, c2);
  expect(conflictsOf(b2)).toEqual([]);
  expect(b2.reads.get('k')).toBe('of all');
});

test('a put beside a remove: both stay, in whatever order they came', async () => {
  const { a, b, c } = await threeNodes();
  await a.put('k', 1);
  await exchange(a, b);
  await a.put('k', 2);
  await b.remove('k');
  await exchange(a, c);
  await exchange(b, c);
  await exchange(a, b);
  await exchange(b, a);
  expectAgreement(a, b, c);
  const entry = c.reads.getEntry('k');
  expect(entry?.siblings.map(({ kind }) => kind).sort()).toEqual(['put', 'remove']);
  const greatest = entry?.siblings[1];
  expect(c.reads.get('k')).toBe(greatest?.kind === 'put' ? 2 : undefined);
  expect(entry?.present).toBe(greatest?.kind === 'put');
  // The put is still there: absent means neither value nor put sibling.
  await expect(c.put('k', 3, { ifAbsent: true })).rejects.toMatchObject({
    code: 'condition_failed',
  });
  expect((await c.remove('k')).changed).toBe(true);
  expect(c.reads.getEntry('k')).toBeUndefined();
  await exchange(c, a);
  await exchange(a, b);
  expectAgreement(a, b, c);
  expect((await b.remove('k')).changed).toBe(false);
});

test('a put that a remove has seen does not come back, however late it is delivered', async () => {
  const { a, b, c } = await threeNodes();
  await a.put('k', 1);
  await exchange(a, b);
  await b.remove('k');
  await exchange(b, c);
  await exchange(a, c);
  expect(c.reads.getEntry('k')).toBeUndefined();
  await exchange(b, a);
  expectAgreement(a, b, c);
});

test('out of order waits and says what is missing, twice is a duplicate', async () => {
  const a = await openNode(newMachine(11));
  const b = await strangerNode(newMachine(12), a);
  await a.put('k', 1);
  await a.put('l', 2);
  const [founding, first, second] = bundlesOf(a) as [Uint8Array, Uint8Array, Uint8Array];
  const writer = laneOf(a).parts.author.originText;
  const founder = laneOf(a)
    .vector.entries()
    .map(([origin]) => origin)
    .find((origin) => origin !== writer) as string;
  expect(await receive(b, second)).toMatchObject({
    kind: 'waiting',
    missing: [{ origin: writer, originSeq: 1 }],
  });
  expect(await receive(b, first)).toMatchObject({
    kind: 'waiting',
    missing: [{ origin: founder, originSeq: 1 }],
  });
  expect(b.seq).toBe(0);
  const place = { origin: founder, firstOriginSeq: 1, lastOriginSeq: 1 };
  expect(await receive(b, founding)).toEqual({ kind: 'applied', ...place, voids: [] });
  expect(await receive(b, founding)).toEqual({ kind: 'duplicate', ...place, voids: [] });
  expect(await receive(b, first)).toMatchObject({ kind: 'applied' });
  expect(await receive(b, second)).toMatchObject({ kind: 'applied' });
  expect(await receive(b, first)).toMatchObject({ kind: 'duplicate' });
  expectAgreement(a, b);
});

test('a bundle that has seen another origin waits for it', async () => {
  const { a, b, c } = await threeNodes();
  await exchange(a, b);
  await exchange(a, c);
  await b.put('k', 1);
  await exchange(b, a);
  await a.put('k', 2);
  const last = bundlesOf(a).at(-1) as Uint8Array;
  const origin = laneOf(b).parts.author.originText;
  expect(await receive(c, last)).toMatchObject({
    kind: 'waiting',
    missing: [{ origin, originSeq: 1 }],
  });
  await exchange(a, c);
  await exchange(a, b);
  expectAgreement(a, b, c);
});

test('two bundles under one name are a fork, and so is one that has seen the other branch', async () => {
  const { a, b, seen } = await threeNodes();
  const one = plantedBundle({ seen, commits: [[{ key: 'k', value: 'one' }]] });
  const other = plantedBundle({
    seen,
    commits: [[{ key: 'k', value: 'other' }], [{ key: 'l', value: 1 }]],
  });
  expect(await receive(a, one)).toMatchObject({ kind: 'applied' });
  expect(await receive(a, other)).toMatchObject({
    kind: 'fork',
    fork: { origin: PLANTED_ORIGIN, originSeq: 1 },
  });
  await receive(b, plantedBundle({ seen, commits: [[{ key: 'k', value: 'third' }]] }));
  await b.put('m', 1);
  expect(await receive(a, bundlesOf(b).at(-1) as Uint8Array)).toMatchObject({
    kind: 'fork',
    fork: { origin: PLANTED_ORIGIN, originSeq: 1 },
  });
  expect(a.reads.get('k')).toBe('one');
});

test('what an image of this very process wrote later is a fork of the own origin', async () => {
  const { a } = await threeNodes();
  await a.put('k', 1);
  const origin = laneOf(a).parts.author.originText;
  const bundle = plantedBundle({ origin, firstOriginSeq: 5, commits: [[{ key: 'k', value: 2 }]] });
  expect(await receive(a, bundle)).toMatchObject({
    kind: 'fork',
    fork: { origin, originSeq: 5 },
    proven: true,
  });
  await a.put('k', 3);
  expect(a.reads.get('k')).toBe(3);
});

test('a commit above the limits of the world is void on every node, whatever its own limits are', async () => {
  const machine = newMachine(21);
  const limits = { valueBytesMax: 1000, depthMax: 5, metadataBytesMax: 64 };
  const a = await openNode(machine, { limits });
  const b = await joinNode(newMachine(22), a);
  // Stricter towards its own writers than the world is: that is no reason to void.
  const c = await joinNode(newMachine(23), a, { limits: { valueBytesMax: 100 } });
  const seen = await admitPlanted(a);
  for (const node of [b, c]) await exchange(a, node);
  const deep = [[[[[[1]]]]]];
  const bundle = plantedBundle({
    seen,
    commits: [
      [{ key: 'good', value: 'x'.repeat(998) }],
      [
        { key: 'large', value: 'x'.repeat(999) },
        { key: 'with', value: 1 },
      ],
      [{ key: 'deep', value: deep }],
      [{ key: 'k'.repeat(1025), value: 1 }],
      [{ key: 'after', value: 1 }],
    ],
  });
  for (const engine of [a, b, c]) {
    const { kind, voids } = await receive(engine, bundle);
    expect(kind).toBe('applied');
    expect(voids.map(({ originSeq }) => originSeq)).toEqual([2, 3, 4]);
    expect([...engine.reads.keys()]).toEqual(['after', 'good']);
    const voided: (string | undefined)[] = [];
    const from = engine.seq - 4;
    for await (const commit of engine.changes({ from, live: false })) voided.push(commit.void);
    expect(voided.map((reason) => reason !== undefined)).toEqual([false, true, true, true, false]);
  }
  expectAgreement(a, b, c);
  // And a node writes nothing that the others would void.
  await expect(b.put('k', 'x'.repeat(999))).rejects.toMatchObject({ code: 'limit_exceeded' });
  await b.put('k', 'x'.repeat(998));
  expect(await receive(a, bundlesOf(b).at(-1) as Uint8Array)).toMatchObject({
    kind: 'applied',
    voids: [],
  });
  const again = agreement(a);
  await a.close();
  expect(agreement(await openNode(machine, { limits }))).toEqual(again);
});

test.each([
  ['no canonical JSON', { head: 2, bytes: new TextEncoder().encode('{"b":1, "a":2}') }],
  ['no JSON', { head: 2, bytes: new TextEncoder().encode('{') }],
  ['an unknown codec', { head: 9, bytes: new Uint8Array(3) }],
])('%s is malformed, also in a commit that is void anyway', async (_, bad) => {
  const { a, seen } = await threeNodes();
  const large = { key: 'large', value: 'x'.repeat(1024 * 1024) };
  const bundle = plantedBundle({ seen, commits: [[large, { key: 'bad', ...bad }]] });
  expect(await receive(a, bundle)).toMatchObject({ kind: 'malformed' });
  const { voids } = await receive(a, plantedBundle({ seen, commits: [[large]] }));
  expect(voids).toHaveLength(1);
});

test('metadata above the limit voids, metadata that is no value is malformed', async () => {
  const { a, seen } = await threeNodes();
  const commits = [[{ key: 'k', value: 1 }]];
  const text = new TextEncoder().encode(JSON.stringify('x'.repeat(5000)));
  const large = plantedBundle({ seen, commits, fields: { metadata: { codec: 2, bytes: text } } });
  const bad = plantedBundle({
    seen,
    commits,
    fields: { metadata: { codec: 2, bytes: text.subarray(1) } },
  });
  expect(await receive(a, bad)).toMatchObject({ kind: 'malformed' });
  expect(await receive(a, large)).toMatchObject({ kind: 'applied', voids: [{ originSeq: 1 }] });
});

test('the caller may use its buffer again at once', async () => {
  const { a, seen } = await threeNodes();
  const bundle = plantedBundle({ seen, commits: [[{ key: 'k', value: 'kept' }]] });
  const received = receive(a, bundle);
  bundle.fill(0);
  await received;
  expect(a.reads.get('k')).toBe('kept');
});

test('a received bundle whose flush fails is not applied, and can come again after reopening', async () => {
  const machine = newMachine(31);
  const a = await openNode(machine);
  const seen = await admitPlanted(a);
  const bundle = plantedBundle({ seen, commits: [[{ key: 'k', value: 1 }]] });
  machine.fs.setOnOperation(({ kind }) => (kind === 'write' ? { error: 'ENOSPC' } : undefined));
  await expect(receive(a, bundle)).rejects.toMatchObject({ code: 'disk_full' });
  expect(a.reads.get('k')).toBeUndefined();
  machine.fs.setOnOperation(undefined);
  expect(await receive(a, bundle)).toMatchObject({ kind: 'applied' });
  await a.put('k', 2);
  expect(a.reads.getEntry('k')?.siblings).toHaveLength(1);
  await a.close();
  await expect(receive(a, bundle)).rejects.toThrow(AdastraError);
});

test('a copy of a directory that writes on, and the original, stay told apart everywhere', async () => {
  const { a, b, c, seen } = await threeNodes();
  const key = PLANTED_ORIGIN.slice(0, 32);
  const named = (incarnation: string): string => `${key}.${incarnation.repeat(16)}`;
  const original = named('01');
  const base = plantedBundle({
    origin: original,
    seen,
    commits: [[{ key: 'k', value: 'base' }], [{ key: 'l', value: 'base' }]],
  });
  await receive(a, base);
  const digestHead = laneOf(a).vector.digestOf(original).slice(0, 8);
  const predecessor = { origin: original, lastOriginSeq: 2, digestHead };
  const copies = ['02', '03'].map((incarnation, index) =>
    plantedBundle({
      origin: named(incarnation),
      predecessor,
      seen,
      ms: 1_767_225_700_000 + index,
      commits: [[{ key: 'k', value: incarnation }]],
    }),
  );
  const later = plantedBundle({
    origin: original,
    firstOriginSeq: 3,
    ms: 1_767_225_800_000,
    commits: [[{ key: 'k', value: 'went on' }]],
  });
  const [one, two] = copies as [Uint8Array, Uint8Array];
  const orders = [
    [one, two, later],
    [later, two, one],
    [two, later, one],
  ];
  for (const [index, engine] of [a, b, c].entries()) {
    if (index > 0) await receive(engine, base);
    for (const bundle of orders[index] as Uint8Array[]) {
      expect(await receive(engine, bundle)).toMatchObject({ kind: 'applied' });
    }
  }
  await exchange(a, b);
  await exchange(a, c);
  expectAgreement(a, b, c);
  expect(a.reads.getEntry('k')?.siblings.map(({ value }) => value)).toEqual([
    '02',
    '03',
    'went on',
  ]);
  // Whoever has seen one copy has seen the base, and none of the others.
  await a.put('k', 'all');
  await exchange(a, b);
  await exchange(b, c);
  expectAgreement(a, b, c);
  expect(c.reads.getEntry('k')?.siblings).toHaveLength(1);
});

test('mutated and truncated bundles are applied, refused or wait, never more, and harm nothing', async () => {
  const { a, b } = await threeNodes();
  await exchange(a, b);
  await a.writable().transact(
    (tx) => {
      tx.put('k', { list: [1, 'ä'] });
      tx.put('l', new Uint8Array(5));
      tx.remove('k');
    },
    { actor: 'me', metadata: 5 },
  );
  await a.put('m', new Date(5));
  const random = new Prng(9);
  const bundles = bundlesOf(a).slice(1);
  const kinds = new Set<string>();
  for (let round = 0; round < figure({ short: 10_000, long: 200_000 }); round++) {
    const mutated = new Uint8Array(bundles[round % bundles.length] as Uint8Array);
    for (let count = random.below(4); count >= 0; count--) {
      mutated[random.below(mutated.length)] = random.below(256);
    }
    const cut = random.chance(0.2) ? random.below(mutated.length) : mutated.length;
    kinds.add((await receive(b, mutated.subarray(0, cut))).kind);
  }
  expect([...kinds].sort()).toContain('malformed');
  const before = agreement(b);
  for await (const commit of b.changes({ from: 1, live: false }))
    expect(commit.seq).toBeGreaterThan(0);
  for (const [key] of b.reads.list()) for await (const _ of b.history(key));
  await b.put('still', 'alive');
  expect((await b.verify()).ok).toBe(true);
  expect(agreement(b).state).not.toBe(before.state);
});

test('what needs a newer world level is unsupported, and nothing of it is applied', async () => {
  const { a, seen } = await threeNodes();
  const { stateHash } = await a.hashes();
  const text = new TextEncoder().encode('"x"');
  for (const head of [0x12, 0x22, 0x42]) {
    const bundle = plantedBundle({ seen, commits: [[{ key: 'k', head, bytes: text }]] });
    expect(await receive(a, bundle)).toMatchObject({ kind: 'unsupported' });
  }
  expect((await a.hashes()).stateHash).toBe(stateHash);
  expect(laneOf(a).vector.originSeqOf(PLANTED_ORIGIN)).toBe(0);
});
