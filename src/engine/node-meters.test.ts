/** What there is to watch of a node: counts, and why it takes no write. */
import { describe, expect, it } from 'vitest';
import { newMachine, NODE_DIRECTORY, openNode } from '../../test/support/memory-node.ts';
import { openEngine } from './open-engine.ts';
import { resolveOptions } from './options.ts';

describe('meters', () => {
  it('count commits, groups and flushes', async () => {
    const engine = await openNode(newMachine());
    await Promise.all(['a', 'b', 'c'].map((key) => engine.put(key, 1)));
    await engine.put('d', 1);
    const { writes, syncSeconds, store, durableSeq, seq, health } = engine.meters();
    expect(writes).toMatchObject({ ownCommits: 4, pendingCommits: 0, pendingBytes: 0 });
    expect(writes?.commitSeconds.count).toBe(4);
    expect(writes?.groupCommits).toMatchObject({ sum: 4, count: 2 });
    expect(syncSeconds?.count).toBeGreaterThanOrEqual(2);
    expect([store.entries, health, durableSeq]).toEqual([4, 'ok', seq]);
  });

  it('time a commit by the clock of its own turn, not of an earlier one', async () => {
    const env = newMachine();
    const engine = await openNode(env, { durability: 'os' });
    await engine.put('a', 1);
    env.clock.advance(60_000);
    // What only waits for others schedules a flush too, and admits nothing.
    const read = engine.preflight({ operations: [] }).catch(() => undefined);
    await Promise.all([read, engine.put('b', 1), engine.put('c', 1)]);
    expect(engine.meters().writes?.commitSeconds.sum).toBeLessThan(60);
  });

  it('count what failed, by code', async () => {
    const env = newMachine();
    const engine = await openNode(env);
    env.fs.setOnOperation(({ kind }) => (kind === 'write' ? { error: 'EIO' } : undefined));
    await expect(engine.put('a', 1)).rejects.toMatchObject({ code: 'io_error' });
    env.fs.setOnOperation(undefined);
    expect([...(engine.meters().writes?.failed ?? [])]).toEqual([['io_error', 1]]);
  });
});

describe('notReady', () => {
  it('is over some seconds after the disk took nothing, and at once when it takes a batch', async () => {
    const env = newMachine();
    const engine = await openNode(env);
    expect(engine.notReady()).toBeUndefined();
    for (const end of [() => engine.put('b', 1), async () => env.clock.advance(11_000)]) {
      env.fs.setOnOperation(({ kind }) => (kind === 'write' ? { error: 'EIO' } : undefined));
      await engine.put('a', 1).catch(() => {});
      env.fs.setOnOperation(undefined);
      expect(engine.notReady()).toMatchObject({ code: 'io_error' });
      await end();
      expect(engine.notReady()).toBeUndefined();
    }
  });

  it('tells of little space, a latch, a close, without paths', async () => {
    const env = newMachine();
    const engine = await openNode(env);
    env.fs.setCapacity(env.fs.usedBytes + 1024);
    expect(engine.notReady()).toMatchObject({ code: 'disk_full' });
    env.fs.setCapacity(Number.POSITIVE_INFINITY);
    env.fs.setOnOperation(({ kind }) => (kind === 'sync' ? { error: 'EIO' } : undefined));
    await engine.put('a', 1).catch(() => {});
    env.fs.setOnOperation(undefined);
    const latched = engine.notReady();
    expect(latched).toMatchObject({ code: 'latched' });
    expect(latched?.reason).not.toContain('/');
    expect(engine.meters().health).toBe('latched');
    await engine.close();
    expect(engine.notReady()).toMatchObject({ code: 'closed' });
  });

  it('tells of a node that only reads', async () => {
    const env = newMachine();
    await (await openNode(env)).close();
    const options = resolveOptions({ dataDir: NODE_DIRECTORY, readOnly: true });
    const reader = await openEngine(env, NODE_DIRECTORY, options, { create: false });
    expect(reader.notReady()).toMatchObject({ code: 'read_only' });
    expect(reader.meters().writes).toBeUndefined();
  });
});
