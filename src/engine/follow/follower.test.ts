import { describe, expect, test } from 'vitest';
import { openReader, READER_DIRECTORY, until } from '../../../test/support/follower-world.ts';
import { newMachine, NODE_DIRECTORY, openNode } from '../../../test/support/memory-node.ts';
import type { MemoryEnv } from '../../env/memory/index.ts';
import { removeTree } from '../directory.ts';
import type { Engine } from '../engine.ts';
import { openEngine } from '../open-engine.ts';
import { resolveOptions } from '../options.ts';
import type { Follower } from './follower.ts';

async function put(writer: Engine, count: number, from = 0): Promise<void> {
  const writes = [];
  for (let index = from; index < from + count; index++) {
    writes.push(writer.put(`key/${index}`, { index }));
  }
  await Promise.all(writes);
}

async function agree(reader: Follower, writer: Engine): Promise<void> {
  expect(await reader.hashes()).toEqual(await writer.hashes());
}

async function caughtUp(env: MemoryEnv, reader: Follower, writer: Engine): Promise<void> {
  await until(env, () => reader.seq === writer.seq);
  await agree(reader, writer);
}

describe('a follower of a directory', () => {
  test('shows what the writer says is durable, at once and without polling', async () => {
    const env = newMachine();
    const writer = await openNode(env);
    const { reader, watch } = await openReader(env);
    watch.connect(writer);
    await put(writer, 5);
    await caughtUp(env, reader, writer);
    expect(await reader.get('key/4')).toEqual({ index: 4 });
    expect(await reader.freshness()).toMatchObject({
      seq: writer.seq,
      logSeq: writer.seq,
      lagCommits: 0,
      lagMs: 0,
      source: { kind: 'directory', state: 'connected' },
    });
    await until(env, () => env.fs.list(`${READER_DIRECTORY}/checkpoints`).length > 0);
    let reads = 0;
    env.fs.setOnRead(() => {
      reads++;
      return undefined;
    });
    env.timers.advance(60_000);
    expect(reads).toBe(0);
    watch.disconnect();
    env.timers.advance(5_000);
    expect(reads).toBeGreaterThan(0);
    await reader.close();
    await writer.close();
  });

  test('without anybody to tell, it looks at the marks in the files', async () => {
    const env = newMachine();
    const writer = await openNode(env);
    const { reader } = await openReader(env);
    await put(writer, 3);
    await caughtUp(env, reader, writer);
    const { source } = await reader.freshness();
    expect(source.state).toBe('unreachable');
    await reader.close();
    await writer.close();
  });

  test('takes no writes, and says where to make them', async () => {
    const env = newMachine();
    const writer = await openNode(env);
    const { reader } = await openReader(env);
    for (const write of [
      () => reader.put('a', 1),
      () => reader.remove('a'),
      () => reader.commit({ operations: [] }),
      () => reader.flush(),
      () => reader.setPolicy('', undefined),
    ]) {
      await expect(write()).rejects.toMatchObject({ code: 'read_only' });
    }
    await expect(reader.put('a', 1)).rejects.toMatchObject({
      hint: `write to the node that it follows: ${NODE_DIRECTORY}`,
    });
    await reader.close();
    await writer.close();
  });

  test('history, changes and snapshots come from the log that it follows', async () => {
    const env = newMachine();
    const writer = await openNode(env);
    await put(writer, 2);
    await writer.put('key/0', 'again');
    const { reader, watch } = await openReader(env);
    watch.connect(writer);
    await caughtUp(env, reader, writer);
    const values = [];
    for await (const { value } of reader.history('key/0')) values.push(value);
    expect(values).toEqual(['again', { index: 0 }]);
    const seen: number[] = [];
    const live = (async () => {
      for await (const { seq } of reader.changes({ from: 2 })) {
        seen.push(seq);
        if (seq === writer.seq && seen.length > 3) return;
      }
    })();
    await put(writer, 2, 10);
    await until(env, () => reader.seq === writer.seq);
    await live;
    expect(seen).toEqual([2, 3, 4, 5, 6].slice(0, seen.length));
    await reader.close();
    await writer.close();
  });

  test('goes on from its own checkpoint, also while the source is away', async () => {
    const env = newMachine();
    const writer = await openNode(env);
    await put(writer, 20);
    const first = await openReader(env);
    first.watch.connect(writer);
    await caughtUp(env, first.reader, writer);
    const { seq } = await first.reader.checkpoint();
    const hashes = await first.reader.hashes();
    await first.reader.close();
    await put(writer, 5, 20);
    await writer.close();
    env.fs.rename(NODE_DIRECTORY, '/data/away');
    const second = await openReader(env);
    expect(await second.reader.hashes()).toEqual(hashes);
    expect(second.lines).toContainEqual(
      `info following ${NODE_DIRECTORY} from its checkpoint at seq ${seq}`,
    );
    env.timers.advance(5_000);
    const { lagMs, source } = await second.reader.freshness();
    expect([source.state, lagMs >= 5_000]).toEqual(['unreachable', true]);
    const history = second.reader.history('key/1');
    await expect(history.next()).rejects.toMatchObject({ code: 'unavailable' });
    env.fs.rename('/data/away', NODE_DIRECTORY);
    const again = await openNode(env);
    await caughtUp(env, second.reader, again);
    await second.reader.close();
    await again.close();
  });

  test('a directory that is not its own is left alone', async () => {
    const env = newMachine();
    const writer = await openNode(env);
    const same = openReader(env, {}, { dataDir: NODE_DIRECTORY });
    await expect(same).rejects.toMatchObject({ code: 'invalid_options' });
    env.fs.makeDirectory('/mine');
    env.fs.makeDirectory('/mine/photos');
    const foreign = openReader(env, {}, { dataDir: '/mine' });
    await expect(foreign).rejects.toMatchObject({ code: 'already_exists' });
    const { reader } = await openReader(env);
    await expect(openReader(env)).rejects.toMatchObject({ code: 'locked' });
    await reader.close();
    const options = resolveOptions({ dataDir: READER_DIRECTORY });
    const writing = openEngine(env, READER_DIRECTORY, options, { create: true });
    await expect(writing).rejects.toMatchObject({ code: 'read_only' });
    await writer.close();
  });

  test('without a checkpoint and without a source there is nothing to answer', async () => {
    const env = newMachine();
    await expect(openReader(env)).rejects.toMatchObject({ code: 'not_initialized' });
  });
});

describe('a log that is no longer the one that was followed', () => {
  test('one of another world in its place is noticed and followed', async () => {
    const env = newMachine();
    const writer = await openNode(env);
    await put(writer, 10);
    const { reader, watch, lines } = await openReader(env);
    watch.connect(writer);
    await caughtUp(env, reader, writer);
    const before = await reader.hashes();
    await writer.close();
    watch.disconnect();
    removeTree(env, NODE_DIRECTORY);
    env.timers.advance(2_000);
    expect(await reader.hashes()).toEqual(before);
    const other = await openNode(env);
    await put(other, 3, 500);
    await until(env, () => reader.parts.log.worldId !== writer.parts.log.worldId);
    await caughtUp(env, reader, other);
    expect(await reader.get('key/0')).toBeUndefined();
    expect((await reader.status()).reader).toMatchObject({ rebuilds: 1, rebuilding: false });
    expect(lines.filter((line) => line.startsWith('warn')).at(-1)).toContain('made anew');
    await reader.close();
    await other.close();
  });
});
