import { describe, expect, test } from 'vitest';
import { openReader, READER_DIRECTORY, until } from '../../../test/support/follower-world.ts';
import { newMachine, NODE_DIRECTORY, openNode } from '../../../test/support/memory-node.ts';
import type { MemoryEnv } from '../../env/memory/index.ts';
import { defineProjection } from '../../projections/index.ts';
import { findLog, FollowedLog, type FoundLog, segmentName } from '../../wal/index.ts';
import type { Engine } from '../engine.ts';
import type { Follower } from './follower.ts';

const SMALL = { limits: { valueBytesMax: 1024, commitBytesMax: 12_000, segmentBytes: 12_000 } };

async function put(writer: Engine, count: number, from = 0): Promise<void> {
  for (let index = from; index < from + count; index++) {
    await writer.put(`key/${index}`, { index, filler: 'x'.repeat(900) });
  }
}

async function caughtUp(env: MemoryEnv, reader: Follower, writer: Engine): Promise<void> {
  await until(env, () => reader.seq === writer.seq);
  expect(await reader.hashes()).toEqual(await writer.hashes());
}

describe('a log whose place is gone', () => {
  test('retention that went past a reader that was away', async () => {
    const env = newMachine();
    const options = { ...SMALL, retention: { commits: 5 } };
    const writer = await openNode(env, options);
    await put(writer, 10);
    const first = await openReader(env);
    first.watch.connect(writer);
    await caughtUp(env, first.reader, writer);
    await first.reader.checkpoint();
    await first.reader.close();
    await put(writer, 60, 10);
    await writer.checkpoint();
    await put(writer, 40, 70);
    await writer.checkpoint();
    expect(writer.parts.log.baseSeq).toBeGreaterThan(20);
    const second = await openReader(env);
    second.watch.connect(writer);
    await caughtUp(env, second.reader, writer);
    const { lastRebuild } = (await second.reader.status()).reader ?? {};
    expect(lastRebuild?.reason).toMatch(/^the log begins with seq/);
    const old = second.reader.history('key/1');
    await expect(old.next()).rejects.toMatchObject({ code: 'history_truncated' });
    await second.reader.close();
    await writer.close();
  });

  test('one that was cut and written on: other commits stand at the same seqs', async () => {
    const env = newMachine();
    const writer = await openNode(env, SMALL);
    await put(writer, 8);
    const { reader, watch, lines } = await openReader(env);
    watch.connect(writer);
    await caughtUp(env, reader, writer);
    const live = reader.changes({ from: 1 });
    for (let seq = 0; seq < 8; seq++) await live.next();
    watch.disconnect();
    await writer.close();
    cutBehind(env, 5);
    const again = await openNode(env, SMALL);
    await put(again, 9, 50);
    watch.connect(again);
    await caughtUp(env, reader, again);
    expect(await reader.get('key/7')).toBeUndefined();
    expect(lines.join('\n')).toContain('another batch stands at our place');
    await expect(live.next()).rejects.toMatchObject({ code: 'reset' });
    await reader.close();
    await again.close();
  });
});

/** Cuts what stands behind a commit off the log of a closed node, as if it had never been. */
function cutBehind(env: MemoryEnv, seq: number): void {
  const log = new FollowedLog(env, NODE_DIRECTORY, {
    ...(findLog(env, NODE_DIRECTORY) as FoundLog),
    seq: 0,
    digest: new Uint8Array(32),
    isBase: true,
  });
  const polled = log.poll();
  if (polled.kind !== 'batches') throw new Error(polled.kind);
  const first = polled.batches.find((batch) => batch.firstSeq > seq);
  log.close();
  if (first === undefined) throw new Error('there is nothing behind it');
  const file = env.fs.open(`${NODE_DIRECTORY}/log/${segmentName(first.segment)}`, 'readWrite');
  file.truncate(first.offset);
  file.sync();
  file.close();
}

describe('a log that cannot be read on', () => {
  test('damage: what is before it is answered, and it is said', async () => {
    const env = newMachine();
    const writer = await openNode(env, SMALL);
    await put(writer, 4);
    const places = Array.from(writer.parts.log.read(1), ({ firstSeq, segment, offset }) => ({
      firstSeq,
      segment,
      offset,
    }));
    await writer.close();
    const { segment, offset } = places.find(({ firstSeq }) => firstSeq === 4) ?? {};
    const path = `${NODE_DIRECTORY}/log/${segmentName(segment ?? 0)}`;
    env.fs.flipBit(path, (offset ?? 0) + 90, 3);
    const { reader } = await openReader(env);
    await until(env, () => reader.seq === 3);
    env.timers.advance(2000);
    const status = await reader.status();
    expect(status.health).toBe('damaged');
    expect(status.reader?.problem?.code).toBe('log_damaged');
    expect(await reader.get('key/1')).toMatchObject({ index: 1 });
    expect(await reader.freshness()).toMatchObject({ seq: 3, lagCommits: 2 });
    await reader.close();
  });
});

test('projections go on from the checkpoint that they stand in', async () => {
  const env = newMachine();
  let folded = 0;
  const sum = defineProjection({
    name: 'sum',
    version: 1,
    initial: () => ({ total: 0 }),
    apply: (state, { value }) => {
      folded++;
      state.total += (value as { index: number }).index;
    },
    queries: { total: ({ total }) => total },
  });
  const writer = await openNode(env);
  await put(writer, 10);
  const first = await openReader(env, { projections: [sum] });
  first.watch.connect(writer);
  await caughtUp(env, first.reader, writer);
  expect(await first.reader.query('sum', 'total')).toMatchObject({ value: 45, seq: writer.seq });
  await first.reader.checkpoint();
  await first.reader.close();
  await put(writer, 2, 10);
  folded = 0;
  const second = await openReader(env, { projections: [sum] });
  second.watch.connect(writer);
  await caughtUp(env, second.reader, writer);
  expect(await second.reader.query('sum', 'total')).toMatchObject({ value: 66 });
  expect(folded).toBe(2);
  await second.reader.close();
  await writer.close();
  expect(env.fs.list(`${READER_DIRECTORY}/checkpoints`)).not.toEqual([]);
});
