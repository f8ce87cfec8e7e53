import { expect, test } from 'vitest';
import { type AnyProjection, defineIndex } from '../../src/client/index.ts';
import type { Engine, NodeOptions } from '../../src/engine/index.ts';
import type { MemoryEnv } from '../../src/env/memory/index.ts';
import { openReader, until } from '../support/follower-world.ts';
import { newMachine, NODE_DIRECTORY, openNode } from '../support/memory-node.ts';
import { SMALL_SEGMENTS } from '../support/repair-world.ts';
import { journal, totals } from '../support/sample-projections.ts';

const index: AnyProjection = defineIndex({ name: 'by-size', prefix: 'n/', fields: [''] });
const newer: AnyProjection = { ...totals, version: 2 };

/** Writes n/0 … n/(to - 1), each its number, from `from` on; a checkpoint behind some. */
async function write(
  node: Engine,
  {
    from = 0,
    to,
    checkpoints = [],
  }: { from?: number; to: number; checkpoints?: readonly number[] },
): Promise<void> {
  for (let at = from; at < to; at++) {
    await node.put(`n/${at}`, at);
    if (checkpoints.includes(at)) await node.checkpoint();
  }
}

const SUM_OF_20 = 190;

async function totalOf(node: Engine): Promise<unknown> {
  return (await node.query('totals', 'total')).value;
}

/** What opening cost and what came of it. */
async function reopened(env: MemoryEnv, options: NodeOptions): Promise<Engine> {
  const node = await openNode(env, options);
  if (node.parts.replica.projections.status().some(({ name }) => name === 'totals')) {
    expect(await totalOf(node)).toBe(SUM_OF_20);
  }
  return node;
}

async function checkpointSeqs(node: Engine): Promise<number[]> {
  return (await node.status()).wal.checkpoints.map(({ seq }) => seq);
}

test('with a checkpoint only what is behind it is folded', async () => {
  const env = newMachine();
  const node = await openNode(env, { projections: [totals, journal] });
  await write(node, { to: 20, checkpoints: [10, 15] });
  await node.close();
  const again = await reopened(env, { projections: [totals, journal] });
  expect(again.recovery).toMatchObject({ checkpointSeq: 17, replayedCommits: 4 });
  expect((await again.query('journal', 'count')).value).toBe(20);
  await again.close();
});

test('another version is made of the whole log, once', async () => {
  const env = newMachine();
  const node = await openNode(env, { projections: [totals] });
  await write(node, { to: 20, checkpoints: [19] });
  await node.close();
  const again = await reopened(env, { projections: [newer] });
  expect(again.recovery).toMatchObject({ checkpointSeq: 0, replayedCommits: 21 });
  // In the background: the one of the same seq gets its place taken.
  await until(env, () => !again.parts.replica.projections.isUnsaved);
  expect(await checkpointSeqs(again)).toEqual([21]);
  await again.close();
  const third = await reopened(env, { projections: [newer] });
  expect(third.recovery).toMatchObject({ checkpointSeq: 21, replayedCommits: 0 });
  await third.close();
});

test('what a checkpoint was written without is made of the whole log; an index is not', async () => {
  const env = newMachine();
  const node = await openNode(env);
  await write(node, { to: 20, checkpoints: [19] });
  await node.close();
  const indexed = await reopened(env, { projections: [index] });
  expect(indexed.recovery).toMatchObject({ checkpointSeq: 21, replayedCommits: 0 });
  const { value } = await indexed.query('by-size', 'range', { gte: 18 });
  expect(value).toMatchObject([{ key: 'n/18' }, { key: 'n/19' }]);
  expect(indexed.parts.replica.projections.isUnsaved).toBe(false);
  await indexed.close();
  const both = await reopened(env, { projections: [index, totals], checkpointBytes: 0 });
  expect(both.recovery.checkpointSeq).toBe(0);
  expect(both.parts.replica.projections.isUnsaved).toBe(true);
  await both.close();
});

const LETS_GO: NodeOptions = { ...SMALL_SEGMENTS, retention: { commits: 2 }, checkpointBytes: 0 };

/** A node that has let go what it may, and stands at commit 226; n/0 … n/19 as ever. */
async function longLog(env: MemoryEnv, projections: readonly AnyProjection[]): Promise<number> {
  const node = await openNode(env, { ...LETS_GO, projections });
  await write(node, { to: 20 });
  for (let round = 1; round <= 200; round++) {
    await node.put('filler', 'x'.repeat(100));
    if (round % 40 === 0) await node.checkpoint();
  }
  for (const _ of [1, 2, 3, 4, 5]) await node.put('n/0', 0);
  await node.checkpoint();
  const { baseSeq } = node.parts.log;
  await node.close();
  return baseSeq;
}

test('where the log was let go it is made of the entries of the base', async () => {
  const env = newMachine();
  const baseSeq = await longLog(env, [totals]);
  expect(baseSeq).toBeGreaterThan(20);
  const again = await reopened(env, { ...LETS_GO, projections: [newer, index, journal] });
  expect(again.recovery.checkpointSeq).toBeGreaterThanOrEqual(baseSeq);
  expect(again.recovery.checkpointSeq).toBeLessThan(226);
  const status = await again.projections();
  expect(status.map(({ name, state }) => [name, state])).toEqual([
    ['totals', 'live'],
    ['by-size', 'live'],
    ['journal', 'failed'],
  ]);
  await expect(again.query('journal', 'count')).rejects.toMatchObject({
    code: 'projection_failed',
    message: expect.stringMatching(/needs every commit, and the log begins behind seq/),
    hint: 'it can only be made where the whole log is kept',
  });
  await again.close();
});

test('what needs history holds retention', async () => {
  const env = newMachine();
  expect(await longLog(env, [totals, journal])).toBe(0);
  const newJournal = { ...journal, version: 2 };
  const again = await reopened(env, { ...LETS_GO, projections: [totals, newJournal] });
  expect((await again.query('journal', 'count')).value).toBe(225);
  await again.close();
});

test('a damaged checkpoint is passed over, as without projections', async () => {
  const env = newMachine();
  const node = await openNode(env, { projections: [totals] });
  await write(node, { to: 20, checkpoints: [5, 15] });
  const [newest] = (await node.status()).wal.checkpoints.toSorted((a, b) => b.seq - a.seq);
  await node.close();
  env.fs.flipBit(newest?.file as string, 100, 3);
  const again = await reopened(env, { projections: [totals] });
  expect(again.recovery.checkpointSeq).toBe(7);
  expect(again.recovery.rejectedCheckpoints).toMatchObject([{ file: newest?.file }]);
  await again.close();
});

test('a log that cannot be read from its beginning keeps no node from opening', async () => {
  const env = newMachine();
  const node = await openNode(env, SMALL_SEGMENTS);
  await write(node, { to: 20 });
  for (let round = 0; round < 100; round++) await node.put('filler', 'x'.repeat(100));
  await node.checkpoint();
  await node.close();
  env.fs.flipBit(`${NODE_DIRECTORY}/log/00000001.log`, 600, 3);
  const plain = await openNode(env, SMALL_SEGMENTS);
  const { checkpointSeq } = plain.recovery;
  await plain.close();
  const again = await reopened(env, { ...SMALL_SEGMENTS, projections: [totals] });
  expect(again.recovery.checkpointSeq).toBe(checkpointSeq);
  await again.close();
});

test('a node that only reads answers too', async () => {
  const env = newMachine();
  const node = await openNode(env, { projections: [totals] });
  await write(node, { to: 20, checkpoints: [10] });
  await node.close();
  const reading = await reopened(env, { projections: [totals], readOnly: true });
  expect(await reading.query('totals', 'total')).toEqual({ value: SUM_OF_20, seq: 21 });
  await reading.close();
});

test('a read daemon folds what it follows, and keeps it in checkpoints of its own', async () => {
  const env = newMachine();
  const projections = [totals, journal, index];
  const writer = await openNode(env, { projections });
  await write(writer, { to: 10 });
  const { reader, watch } = await openReader(env, { projections });
  watch.connect(writer);
  await write(writer, { from: 10, to: 20 });
  await until(env, () => reader.seq === writer.seq);
  for (const [name, query] of [
    ['totals', 'amounts'],
    ['journal', 'events'],
    ['by-size', 'range'],
  ]) {
    const asked = [name as string, query as string] as const;
    expect(await reader.query(...asked)).toEqual(await writer.query(...asked));
  }
  await reader.close();
  const again = await openReader(env, { projections });
  await until(env, () => again.reader.seq === writer.seq);
  expect((await again.reader.query('journal', 'count')).value).toBe(20);
  await again.reader.close();
  await writer.close();
});
