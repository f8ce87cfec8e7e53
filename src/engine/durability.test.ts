import { expect, test } from 'vitest';
import { laneOf, newMachine, openNode } from '../../test/support/memory-node.ts';
import type { AdastraError } from '../core/index.ts';
import { type MemoryEnv, MemoryClock, MemoryFileSystem, memoryEnv } from '../env/memory/index.ts';
import { NodeCrypto } from '../env/node/index.ts';
import { openEngine } from './open-engine.ts';
import type { Engine } from './engine.ts';
import { type NodeOptions, resolveOptions } from './options.ts';

/** A disk whose background flushes end when the test says so. */
function slowMachine(): { env: MemoryEnv; release(): void; waiting(): number } {
  const held: (() => void)[] = [];
  const clock = new MemoryClock();
  const fileSystem = new MemoryFileSystem({ soon: (fn) => held.push(fn) });
  const env = memoryEnv({ seed: 3, crypto: new NodeCrypto(), fileSystem, clock });
  const release = (): void => {
    for (const fn of held.splice(0)) fn();
  };
  return { env, release, waiting: () => held.length };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function openSlow(options: NodeOptions = {}): Promise<Slow> {
  const machine = slowMachine();
  const given = resolveOptions({ dataDir: '/data/slow', blockingFlush: false, ...options });
  const opening = openEngine(machine.env, '/data/slow', given, { create: true });
  let engine: Engine | undefined;
  void opening.then((opened) => {
    engine = opened;
  });
  while (engine === undefined) {
    await settle();
    machine.release();
  }
  return { engine, ...machine };
}

interface Slow {
  readonly engine: Engine;
  readonly env: MemoryEnv;
  release(): void;
  waiting(): number;
}

/** What became of a promise so far. */
function watch(promise: Promise<unknown>): { state: string } {
  const watched = { state: 'pending' };
  promise.then(
    () => {
      watched.state = 'done';
    },
    (error: AdastraError) => {
      watched.state = error.code;
    },
  );
  return watched;
}

test('INV-2: nothing is visible or acknowledged before the flush ends', async () => {
  const { engine, release } = await openSlow();
  const put = watch(engine.put('k', 1));
  await settle();
  expect([put.state, engine.reads.get('k'), engine.seq]).toEqual(['pending', undefined, 1]);
  release();
  await settle();
  expect([put.state, engine.reads.get('k'), engine.seq]).toEqual(['done', 1, 2]);
});

test('what is gathered while a flush runs is flushed by the next one, though nobody calls again', async () => {
  const { engine, release, waiting } = await openSlow();
  const first = watch(engine.put('a', 1));
  await settle();
  const second = watch(engine.put('b', 2));
  await settle();
  expect(waiting()).toBe(1);
  release();
  await settle();
  expect([first.state, second.state]).toEqual(['done', 'pending']);
  release();
  await settle();
  expect(second.state).toBe('done');
});

test('INV-2: answers that saw a pending commit leave with it', async () => {
  const { engine, release } = await openSlow();
  const put = watch(engine.put('k', 1));
  await settle();
  const operations = [{ op: 'put', args: { key: 'l', value: 1 } }];
  const answers = [
    engine.put('k', 2, { ifAbsent: true }),
    engine.writable().transact((tx) => tx.get('k')),
    engine.preflight({ operations }),
    engine.remove('none'),
    engine.put('', 1),
  ].map(watch);
  await settle();
  expect(answers.map(({ state }) => state)).toEqual(Array(5).fill('pending'));
  release();
  await settle();
  release();
  await settle();
  expect(put.state).toBe('done');
  const states = answers.map(({ state }) => state);
  expect(states).toEqual(['condition_failed', 'done', 'done', 'done', 'invalid_key']);
});

test('INV-2, INV-4: where the flush fails they fail with it, and reads go on', async () => {
  const { engine, env, release } = await openSlow();
  const before = engine.put('before', 1);
  await settle();
  release();
  await before;
  const health: string[] = [];
  engine.on('health', ({ state, error }) => health.push(`${state} ${error.code}`));
  env.fs.setOnOperation(({ kind }) => (kind === 'sync' ? { error: 'EIO' } : undefined));
  const put = watch(engine.put('k', 1));
  await settle();
  const rejection = watch(engine.put('k', 2, { ifAbsent: true }));
  const later = watch(engine.put('l', 1));
  await settle();
  release();
  await settle();
  const unknown = 'unknown_outcome';
  expect([put.state, rejection.state, later.state]).toEqual([unknown, unknown, unknown]);
  env.fs.setOnOperation(undefined);
  await expect(engine.put('m', 1)).rejects.toMatchObject({ code: 'latched' });
  await expect(engine.flush()).rejects.toMatchObject({ code: 'latched' });
  expect([engine.reads.get('before'), engine.reads.get('k'), engine.seq]).toEqual([
    1,
    undefined,
    2,
  ]);
  expect(health).toEqual([`latched ${unknown}`]);
  expect((await engine.status()).health).toBe('latched');
  await engine.close();
});

test('a full disk rejects and nothing more: the next write goes on', async () => {
  const env = newMachine();
  const engine = await openNode(env);
  const { originSeq } = await engine.put('a', 1);
  env.fs.setOnOperation(({ kind }) => (kind === 'write' ? { error: 'ENOSPC' } : undefined));
  await expect(engine.put('b', 1, { commandId: 'c' })).rejects.toMatchObject({ code: 'disk_full' });
  env.fs.setOnOperation(undefined);
  expect([engine.reads.get('b'), await engine.receiptOf('c')]).toEqual([undefined, undefined]);
  expect(await engine.put('b', 2, { commandId: 'c' })).toMatchObject({
    seq: 3,
    originSeq: originSeq + 1,
    replayed: false,
  });
  await engine.close();
  const again = await openNode(env);
  expect([...again.reads.list()]).toEqual([
    ['a', 1],
    ['b', 2],
  ]);
});

test('INV-4: of batches written in one go, those before a refused one stand', async () => {
  const env = newMachine();
  const engine = await openNode(env);
  const value = 'x'.repeat(900_000);
  let writes = 0;
  env.fs.setOnOperation(({ kind, path }) => {
    if (kind !== 'write' || !path.endsWith('.log')) return undefined;
    return ++writes === 2 ? { error: 'ENOSPC' } : undefined;
  });
  const puts = Array.from({ length: 12 }, (_, index) => watch(engine.put(`k${index}`, value)));
  await settle();
  await settle();
  env.fs.setOnOperation(undefined);
  const states = puts.map(({ state }) => state);
  const done = states.lastIndexOf('done') + 1;
  expect(done).toBeGreaterThan(0);
  expect(states).toEqual([...Array(done).fill('done'), ...Array(12 - done).fill('disk_full')]);
  expect(engine.reads.count()).toBe(done);
  expect((await engine.put('after', 1)).seq).toBe(done + 2);
  await engine.close();
  const again = await openNode(env);
  expect(again.reads.count()).toBe(done + 1);
});

test('level os is acknowledged without a sync, interval is synced soon after', async () => {
  const env = newMachine();
  const engine = await openNode(env, { intervalMs: 50 });
  let syncs = 0;
  env.fs.setOnOperation(({ kind }) => {
    if (kind === 'sync') syncs++;
    return undefined;
  });
  expect(await engine.put('os', 1, { durability: 'os' })).toMatchObject({ durability: 'os' });
  expect([syncs, engine.reads.get('os')]).toEqual([0, 1]);
  await engine.put('interval', 1, { durability: 'interval' });
  expect(syncs).toBe(0);
  env.timers.advance(49);
  await settle();
  expect(syncs).toBe(0);
  env.timers.advance(2);
  await settle();
  expect([syncs, engine.parts.log.durableSeq]).toEqual([1, 3]);
  await engine.put('os', 2, { durability: 'os' });
  await engine.flush();
  expect([syncs, engine.parts.log.durableSeq]).toEqual([2, 4]);
  await engine.put('always', 1);
  expect(syncs).toBe(3);
});

test('too much that waits for the disk is overloaded, and changes nothing', async () => {
  const { engine, release } = await openSlow({ limits: { pendingCommitsMax: 3 } });
  const puts = [1, 2, 3].map((n) => watch(engine.put(`k${n}`, n)));
  const refused = watch(engine.put('k4', 4));
  await settle();
  expect(puts.map(({ state }) => state)).toEqual(Array(3).fill('pending'));
  release();
  await settle();
  release();
  await settle();
  expect([...puts, refused].map(({ state }) => state)).toEqual([
    'done',
    'done',
    'done',
    'overloaded',
  ]);
  const next = watch(engine.put('k5', 5));
  await settle();
  release();
  await settle();
  expect([next.state, engine.reads.count()]).toEqual(['done', 4]);
});

test('bytes that wait are limited too', async () => {
  const limits = {
    pendingBytesMax: 1_100_000,
    bundleBytesMax: 1_000_000,
    commitBytesMax: 1_070_000,
    valueBytesMax: 1_000_000,
  };
  const { engine, release } = await openSlow({ limits });
  const value = 'x'.repeat(600_000);
  const puts = [1, 2, 3].map((n) => watch(engine.put(`k${n}`, value)));
  for (let round = 0; round < 4; round++) {
    await settle();
    release();
  }
  expect(puts.map(({ state }) => state)).toEqual(['done', 'done', 'overloaded']);
});

test('close waits for admitted writes', async () => {
  const { engine, release } = await openSlow();
  const put = watch(engine.put('k', 1));
  const closing = watch(engine.close());
  await expect(engine.put('l', 1)).rejects.toMatchObject({ code: 'closed' });
  for (let round = 0; round < 4; round++) {
    await settle();
    release();
  }
  await settle();
  expect([put.state, closing.state]).toEqual(['done', 'done']);
  expect(laneOf(engine).pendingCommits).toBe(0);
});

test('a commandId is remembered across restart, checkpoint and both', async () => {
  const env = newMachine();
  let engine = await openNode(env);
  const first = await engine.put('k', 1, { commandId: 'one' });
  const reopen = async (): Promise<void> => {
    await engine.close();
    engine = await openNode(env);
  };
  for (const between of [reopen, () => engine.checkpoint(), reopen, reopen]) {
    await between();
    const again = await engine.put('k', 1, { commandId: 'one' });
    expect(again).toEqual({ ...first, replayed: true });
    await expect(engine.put('k', 2, { commandId: 'one' })).rejects.toMatchObject({
      code: 'command_mismatch',
    });
  }
  let ran = 0;
  await engine.writable().transact((tx) => tx.put('f', ++ran), { commandId: 'fn' });
  await reopen();
  await engine.writable().transact((tx) => tx.put('f', ++ran), { commandId: 'fn' });
  expect([ran, engine.reads.get('f')]).toEqual([1, 1]);
});

test('a lone awaited put is one sync, a thousand together are few', async () => {
  const env = newMachine();
  const engine = await openNode(env);
  let syncs = 0;
  env.fs.setOnOperation(({ kind }) => {
    if (kind === 'sync') syncs++;
    return undefined;
  });
  for (let index = 0; index < 20; index++) await engine.put('k', index);
  expect(syncs).toBe(20);
  await Promise.all(Array.from({ length: 1000 }, (_, index) => engine.put(`k${index}`, index)));
  expect(syncs).toBeLessThanOrEqual(22);
});
