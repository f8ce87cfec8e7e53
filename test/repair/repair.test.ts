/**
 * Repair of a damaged directory, end to end: what is kept, what is given up, what the report says,
 * and that the node opens, goes on and verifies clean. The hashes that it is held against were
 * taken by the node when it stood there, before anything was damaged.
 */
import { describe, expect, test } from 'vitest';
import { AdastraError } from '../../src/core/index.ts';
import { type NodeOptions, repairDirectory } from '../../src/engine/index.ts';
import type { MemoryEnv } from '../../src/env/memory/index.ts';
import { NODE_DIRECTORY as DATA, openNode } from '../support/memory-node.ts';
import {
  checkpointFile,
  checkRepaired,
  copyOf,
  damageAt,
  damageCheckpoint,
  type Made,
  makeNode,
  ONE_SEGMENT,
  placeOf,
  placesOf,
  SMALL_SEGMENTS,
} from '../support/repair-world.ts';

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (AdastraError.is(error)) return error.code;
    throw error;
  }
  return 'none';
}

/** A node of 60 commits with checkpoints at 20 and 40, each test on a copy of its disk. */
const worlds = new Map<NodeOptions, Promise<Made>>();
async function world(options: NodeOptions): Promise<{ env: MemoryEnv; made: Made }> {
  let made = worlds.get(options);
  if (made === undefined) {
    made = makeNode(options, { commits: 60, checkpoints: [20, 40] });
    worlds.set(options, made);
  }
  return { env: copyOf((await made).env), made: await made };
}

describe.each([
  ['one segment', ONE_SEGMENT],
  ['several segments', SMALL_SEGMENTS],
])('with %s', (_, options) => {
  test('a whole directory is left as it is', async () => {
    const { env } = await world(options);
    const before = env.fs.list(`${DATA}/log`);
    expect(before.length > 4).toBe(options === SMALL_SEGMENTS);
    expect(await codeOf(repairDirectory(env, DATA))).toBe('condition_failed');
    expect(env.fs.list(`${DATA}/log`)).toEqual(before);
    expect(env.fs.stat(`${DATA}/aside`)).toBeUndefined();
  });

  test('damage behind every checkpoint: the log is cut', async () => {
    const { env, made } = await world(options);
    const { offset, firstSeq } = placeOf(env, 50);
    damageAt(env, 50);
    const report = await repairDirectory(env, DATA);
    expect(report).toMatchObject({
      source: 'prefix',
      bad: { offset, reason: expect.any(String) },
      lastGoodSeq: firstSeq - 1,
      baseSeq: 0,
      headSeq: 49,
      lost: { fromSeq: 50, throughSeq: 60 },
      lostCommits: 11,
    });
    expect(await checkRepaired(env, options, report)).toBe(made.stateHashes[49]);
  });

  test('damage between two checkpoints: nothing of the state is lost', async () => {
    const { env, made } = await world(options);
    damageAt(env, 30);
    expect(await codeOf(openNode(env, options).then((engine) => engine.verify()))).toBe(
      options === ONE_SEGMENT ? 'log_damaged' : 'none',
    );
    const after = copyOf(env);
    const report = await repairDirectory(after, DATA);
    expect(report).toMatchObject({
      source: 'checkpoint',
      lastGoodSeq: 29,
      baseSeq: 40,
      headSeq: 60,
      keptCommits: 20,
      lost: undefined,
      lostCommits: 0,
    });
    expect(report.setAside.map(({ file }) => file)).toEqual([
      `${DATA}/aside/log-1`,
      `${DATA}/aside/0000000000000020.ckpt`,
    ]);
    expect(await checkRepaired(after, options, report)).toBe(made.stateHashes[60]);
  });

  test('damage before both: the older one is begun from, it keeps more of the history', async () => {
    const { env, made } = await world(options);
    damageAt(env, 10);
    const report = await repairDirectory(env, DATA);
    expect(report).toMatchObject({
      source: 'checkpoint',
      baseSeq: 20,
      headSeq: 60,
      lostCommits: 0,
    });
    // The newer one still belongs to the log, and is what opening starts from.
    const engine = await openNode(env, options);
    expect(engine.recovery).toMatchObject({ checkpointSeq: 40, rejectedCheckpoints: [] });
    await engine.close();
    expect(await checkRepaired(env, options, report)).toBe(made.stateHashes[60]);
  });

  test('damage at 10 and at 30: the newer one loses less', async () => {
    const { env, made } = await world(options);
    const [early, late] = [placeOf(env, 10), placeOf(env, 30)];
    for (const { file, offset } of [early, late]) env.fs.flipBit(file, offset + 100, 2);
    const report = await repairDirectory(env, DATA);
    expect(report).toMatchObject({
      source: 'checkpoint',
      baseSeq: 40,
      headSeq: 60,
      lostCommits: 0,
    });
    expect(await checkRepaired(env, options, report)).toBe(made.stateHashes[60]);
  });

  test('damage on both sides of the newest: what does not depend on the lost is kept', async () => {
    const { env, made } = await world(options);
    const [early, late] = [placeOf(env, 30), placeOf(env, 50)];
    for (const { file, offset } of [early, late]) env.fs.flipBit(file, offset + 100, 2);
    const report = await repairDirectory(env, DATA);
    expect(report).toMatchObject({
      source: 'checkpoint',
      baseSeq: 40,
      headSeq: 49,
      lost: { fromSeq: 50, throughSeq: 60 },
      lostCommits: 11,
    });
    expect(await checkRepaired(env, options, report)).toBe(made.stateHashes[49]);
  });

  test('the batch that a checkpoint stands at the end of', async () => {
    const { env, made } = await world(options);
    damageAt(env, 40);
    const report = await repairDirectory(env, DATA);
    expect(report).toMatchObject({
      source: 'checkpoint',
      baseSeq: 40,
      headSeq: 60,
      lostCommits: 0,
    });
    expect(await checkRepaired(env, options, report)).toBe(made.stateHashes[60]);
  });

  test('the batch right behind a checkpoint: only the prefix is left of the log', async () => {
    const { env, made } = await world(options);
    damageAt(env, 41);
    const report = await repairDirectory(env, DATA);
    expect(report).toMatchObject({ source: 'prefix', headSeq: 40, lost: { fromSeq: 41 } });
    expect(await checkRepaired(env, options, report)).toBe(made.stateHashes[40]);
  });

  test('a damaged frame header hides no frame behind it', async () => {
    const { env, made } = await world(options);
    damageAt(env, 30, 5);
    const report = await repairDirectory(env, DATA);
    expect(report).toMatchObject({
      source: 'checkpoint',
      baseSeq: 40,
      headSeq: 60,
      lostCommits: 0,
    });
    expect(await checkRepaired(env, options, report)).toBe(made.stateHashes[60]);
  });

  test('the header of the first segment: checkpoint and frames still tell everything', async () => {
    const { env, made } = await world(options);
    env.fs.flipBit(`${DATA}/log/00000001.log`, 30, 1);
    const report = await repairDirectory(env, DATA);
    expect(report).toMatchObject({
      source: 'checkpoint',
      lastGoodSeq: 0,
      baseSeq: 20,
      headSeq: 60,
    });
    expect(await checkRepaired(env, options, report)).toBe(made.stateHashes[60]);
  });

  test('of two checkpoints behind the damage one is bad', async () => {
    const { env, made } = await world(options);
    damageAt(env, 10);
    damageCheckpoint(env, 20);
    const report = await repairDirectory(env, DATA);
    expect(report).toMatchObject({
      source: 'checkpoint',
      baseSeq: 40,
      headSeq: 60,
      lostCommits: 0,
    });
    expect(report.setAside.map(({ file }) => file)).toContain(
      `${DATA}/aside/0000000000000020.ckpt`,
    );
    expect(await checkRepaired(env, options, report)).toBe(made.stateHashes[60]);
  });

  test('both are bad: the prefix, and they are set aside', async () => {
    const { env, made } = await world(options);
    damageAt(env, 30);
    damageCheckpoint(env, 20);
    damageCheckpoint(env, 40);
    const report = await repairDirectory(env, DATA);
    expect(report).toMatchObject({ source: 'prefix', headSeq: 29, lost: { throughSeq: 60 } });
    expect(env.fs.list(`${DATA}/checkpoints`)).toEqual([]);
    expect(await checkRepaired(env, options, report)).toBe(made.stateHashes[29]);
  });

  test('a bad checkpoint alone: it is set aside and nothing else is touched', async () => {
    const { env, made } = await world(options);
    damageCheckpoint(env, 40);
    const before = placesOf(env);
    const report = await repairDirectory(env, DATA);
    expect(report).toMatchObject({
      source: 'checkpoints-only',
      bad: { file: 'checkpoints/0000000000000040.ckpt' },
      headSeq: 60,
      lost: undefined,
    });
    expect(placesOf(env)).toEqual(before);
    expect(env.fs.list(`${DATA}/checkpoints`)).toEqual(['0000000000000020.ckpt']);
    expect(await checkRepaired(env, options, report)).toBe(made.stateHashes[60]);
  });

  test('a log that ends before its checkpoint goes on from there', async () => {
    const { env, made } = await world(options);
    const { file, offset } = placeOf(env, 36);
    for (const name of env.fs.list(`${DATA}/log`)) {
      if (`${DATA}/log/${name}` > file) env.fs.removeFile(`${DATA}/log/${name}`);
    }
    const cut = env.fs.open(file, 'readWrite');
    cut.truncate(offset);
    cut.close();
    const report = await repairDirectory(env, DATA);
    expect(report).toMatchObject({
      source: 'checkpoint',
      lastGoodSeq: 35,
      baseSeq: 40,
      headSeq: 40,
      keptCommits: 0,
    });
    expect(await checkRepaired(env, options, report)).toBe(made.stateHashes[40]);
  });

  test('command ids are remembered, history ends at the new base', async () => {
    const { env } = await world(options);
    damageAt(env, 30);
    await repairDirectory(env, DATA);
    const engine = await openNode(env, options);
    for (const seq of [5, 29, 30, 40, 41, 60]) {
      expect(await engine.receiptOf(`command-${seq}`), `command ${seq}`).toMatchObject({ seq });
      const text = 'x'.repeat(300);
      const put = engine.put(`key/${seq % 17}`, { seq, text }, { commandId: `command-${seq}` });
      expect(await put).toMatchObject({ seq, replayed: true });
    }
    expect(engine.seq).toBe(60);
    const history: number[] = [];
    const read = async (): Promise<void> => {
      for await (const { seq } of engine.history('key/9')) history.push(seq);
    };
    // 9, 26, 43 and 60 wrote it; 26 lies below the base.
    expect(await codeOf(read())).toBe('history_truncated');
    expect(history).toEqual([60, 43]);
    await engine.close();
  });

  test('a repaired directory can be damaged and repaired again', async () => {
    const { env, made } = await world(options);
    damageAt(env, 30);
    await repairDirectory(env, DATA);
    damageAt(env, 55);
    const report = await repairDirectory(env, DATA);
    expect(report).toMatchObject({ source: 'prefix', baseSeq: 40, headSeq: 54 });
    expect(await checkRepaired(env, options, report)).toBe(made.stateHashes[54]);
  });

  test('without a state to begin with nothing is touched', async () => {
    const { env } = await world(options);
    damageAt(env, 30);
    await repairDirectory(env, DATA);
    damageAt(env, 55);
    damageCheckpoint(env, 40);
    const before = env.fs.operationCount;
    expect(await codeOf(repairDirectory(env, DATA))).toBe('checkpoint_damaged');
    // Only the lock was taken.
    expect(env.fs.operationCount - before).toBe(1);
  });

  test('a checkpoint of another point of this log is none', async () => {
    const { env, made } = await world(options);
    const other = await makeNode(options, { commits: 45, checkpoints: [40] });
    const bytes = other.env.fs.readAll(checkpointFile(other.env, 40));
    env.fs.removeFile(checkpointFile(env, 20));
    const file = env.fs.open(checkpointFile(env, 40), 'readWrite');
    file.write(bytes, 0, bytes.length, 0);
    file.truncate(bytes.length);
    file.close();
    damageAt(env, 30);
    const report = await repairDirectory(env, DATA);
    expect(report).toMatchObject({ source: 'prefix', headSeq: 29 });
    expect(await checkRepaired(env, options, report)).toBe(made.stateHashes[29]);
  });
});

describe('opening for reading in front of damage', () => {
  const readOnly = (options: NodeOptions): NodeOptions => ({ ...options, onDamage: 'readOnly' });

  test('shows the good prefix, whatever checkpoints stand behind it', async () => {
    const { env, made } = await world(ONE_SEGMENT);
    damageAt(env, 30);
    const engine = await openNode(env, readOnly(ONE_SEGMENT));
    expect(engine.seq).toBe(29);
    expect((await engine.hashes()).stateHash).toBe(made.stateHashes[29]);
    expect(engine.recovery).toMatchObject({ checkpointSeq: 20, headSeq: 29 });
    expect(engine.recovery.rejectedCheckpoints).toMatchObject([
      { file: expect.stringContaining('40.ckpt') },
    ]);
    expect(await codeOf(engine.put('a', 1))).toMatch(/read_only|log_damaged/);
    await engine.close();
  });

  test('refuses where no state leads to the prefix', async () => {
    const { env } = await world(ONE_SEGMENT);
    damageAt(env, 30);
    await repairDirectory(env, DATA);
    const engine = await openNode(env, ONE_SEGMENT);
    for (let more = 0; more < 3; more++) await engine.put('more', more);
    await engine.checkpoint();
    await engine.close();
    env.fs.removeFile(checkpointFile(env, 40));
    damageAt(env, 50);
    expect(await codeOf(openNode(env, readOnly(ONE_SEGMENT)))).toBe('log_damaged');
    expect(await repairDirectory(env, DATA)).toMatchObject({ source: 'checkpoint', baseSeq: 63 });
  });

  test('beside the damage, in a later segment, a checkpoint still opens', async () => {
    const { env, made } = await world(SMALL_SEGMENTS);
    damageAt(env, 10);
    const engine = await openNode(env, SMALL_SEGMENTS);
    expect((await engine.hashes()).stateHash).toBe(made.stateHashes[60]);
    await engine.close();
  });
});
