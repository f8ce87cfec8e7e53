/**
 * One byte of a checkpoint is changed, at random places: opening rejects that checkpoint with a
 * reason and takes the older one or the log, and the state is what it was. Where the log no longer
 * reaches back and no checkpoint is whole, opening refuses.
 */
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { Prng } from '../../src/core/prng.ts';
import { Client } from '../../src/client/index.ts';
import {
  type ClosedNode,
  closedNode,
  judge,
  problemsOf,
  SMALL_LIMITS,
} from '../support/damaged-node.ts';
import { fileOf, imageOf, pathsIn, testFolder, withFlip, withFile } from '../support/folder.ts';
import { figure, TIMEOUT_MS } from '../support/long.ts';
import { rerun, seedOr } from '../support/seed.ts';

vi.setConfig({ testTimeout: TIMEOUT_MS });

const FLIPS = figure({ short: 40, long: 200 });
const SEED = seedOr(20_261_123);

/** Opens with the state and all commits, whatever happened to checkpoints. */
async function expectWhole(node: ClosedNode, folder: string, image: ClosedNode['image']) {
  const found = await judge(folder, image);
  expect(found.refused).toBeUndefined();
  expect([found.seq, found.stateHash]).toEqual([node.seq, node.stateHash]);
  expect(found.commits).toEqual(node.commits);
  return found;
}

test(`${FLIPS} flips: the checkpoint is rejected with a reason, the state is the same`, async () => {
  const folder = testFolder('flip');
  const node = await closedNode(join(folder, 'whole'), { puts: 300, checkpoints: [150, 260] });
  const paths = pathsIn(node.image, 'checkpoints');
  expect(paths.length).toBe(2);
  const prng = new Prng(SEED);
  for (let flip = 0; flip < FLIPS; flip++) {
    const path = paths[prng.below(2)] as string;
    const offset = prng.below(fileOf(node.image, path).length);
    const mask = 1 << prng.below(8);
    const what = rerun(SEED, `flip ${flip}: ${path} at ${offset}, mask ${mask}`);
    const damaged = withFlip(node.image, path, offset, mask);
    const found = await expectWhole(node, join(folder, 'copy'), damaged).catch((error: unknown) => {
      throw new Error(what, { cause: error });
    });
    expect(problemsOf(found)[0], what).toMatchObject({
      file: expect.stringContaining(path),
      offset: expect.any(Number),
      reason: expect.any(String),
    });
    const isNewest = path === paths[1];
    expect(found.rejected.length, what).toBe(isNewest ? 1 : 0);
    if (isNewest) expect(found.rejected[0]?.file, what).toContain(path);
  }
});

test('checkpoints cut to every kind of length, empty, or longer, are rejected', async () => {
  const folder = testFolder('cut');
  const node = await closedNode(join(folder, 'whole'), { puts: 300, checkpoints: [150, 260] });
  const path = pathsIn(node.image, 'checkpoints')[1] as string;
  const bytes = fileOf(node.image, path);
  for (const length of [0, 7, 100, 168, 169, bytes.length >> 1, bytes.length - 1]) {
    const cut = withFile(node.image, path, bytes.slice(0, length));
    const found = await expectWhole(node, join(folder, 'copy'), cut);
    expect(found.rejected.length, `length ${length}`).toBe(1);
  }
  const longer = new Uint8Array(bytes.length + 1);
  longer.set(bytes);
  const found = await expectWhole(node, join(folder, 'copy'), withFile(node.image, path, longer));
  expect(found.rejected.length).toBe(1);
});

test('with both checkpoints bad the log alone gives the state', async () => {
  const folder = testFolder('both');
  const node = await closedNode(join(folder, 'whole'), { puts: 300, checkpoints: [150, 260] });
  const [older = '', newer = ''] = pathsIn(node.image, 'checkpoints');
  const image = withFlip(withFlip(node.image, older, 200, 1), newer, 200, 1);
  expect((await expectWhole(node, join(folder, 'copy'), image)).rejected.length).toBe(2);
});

test('where retention let the log go, a bad newest checkpoint costs nothing and two are an error', async () => {
  const folder = testFolder('base');
  const dataDir = join(folder, 'whole');
  const options = { dataDir, limits: SMALL_LIMITS, checkpointBytes: 0, retention: { commits: 10 } };
  const client = await Client.open(options);
  for (let index = 0; index < 400; index++) {
    await client.put(`k/${index}`, 'v'.repeat(100));
    if (index % 100 === 99) await client.checkpoint();
  }
  const { stateHash } = await client.hashes();
  await client.close();
  const image = imageOf(dataDir);
  const [older = '', newer = ''] = pathsIn(image, 'checkpoints');
  expect(pathsIn(image, 'log')[0]).not.toBe('log/00000001.log');
  const one = await judge(join(folder, 'copy'), withFlip(image, newer, 300, 4));
  expect(one).toMatchObject({ refused: undefined, stateHash, rejected: [{}] });
  const both = withFlip(withFlip(image, newer, 300, 4), older, 300, 4);
  const { refused } = await judge(join(folder, 'copy'), both);
  expect(refused?.code).toBe('checkpoint_damaged');
  expect(refused?.details['rejected']).toHaveLength(2);
});
