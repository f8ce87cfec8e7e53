/**
 * Whole files or pieces that are not where they belong: cut short, swapped, of another world,
 * missing, out of an older image of the directory. Each is noticed, and nothing acknowledged is
 * missing without a word.
 */
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { Client } from '../../src/client/index.ts';
import { Prng } from '../../src/core/prng.ts';
import {
  closedNode,
  type ClosedNode,
  judge,
  problemsOf,
  SMALL_LIMITS,
} from '../support/damaged-node.ts';
import { fileOf, type Image, imageOf, pathsIn, testFolder, withFile } from '../support/folder.ts';
import { figure, TIMEOUT_MS } from '../support/long.ts';
import { rerun, seedOr } from '../support/seed.ts';

vi.setConfig({ testTimeout: TIMEOUT_MS });

const CUTS = figure({ short: 20, long: 200 });
const SEED = seedOr(20_261_124);

/** Opening refuses, verification names a place. */
async function expectReported(folder: string, image: Image, codes = ['log_damaged']) {
  const found = await judge(join(folder, 'copy'), image);
  expect(codes).toContain(found.refused?.code);
  expect(problemsOf(found).length).toBeGreaterThan(0);
  return found;
}

async function smallNode(folder: string, name = 'whole', checkpoints: number[] = []) {
  return closedNode(join(folder, name), { puts: 200, checkpoints });
}

test(`a log cut at ${CUTS} random lengths`, async () => {
  const folder = testFolder('cut');
  const node = await smallNode(folder);
  const segments = pathsIn(node.image, 'log');
  const prng = new Prng(SEED);
  for (let cut = 0; cut < CUTS; cut++) {
    const path = segments[prng.below(segments.length)] as string;
    const bytes = fileOf(node.image, path);
    const length = prng.below(bytes.length);
    const what = rerun(SEED, `cut ${cut}: ${path} to ${length}`);
    const image = withFile(node.image, path, bytes.slice(0, length));
    const found = await judge(join(folder, 'copy'), image);
    if (found.refused !== undefined) {
      expect(found.refused.code, what).toBe('log_damaged');
      continue;
    }
    // No mark is left that proves what stood at the very end: it reads as a torn tail, and is told.
    expect(path, what).toBe(segments.at(-1));
    expect(found.cleanClose, what).toBe(false);
    expect(found.commits, what).toEqual(node.commits.slice(0, found.seq));
  }
});

describe('files in wrong places', () => {
  test('two segments swapped, one written over another', async () => {
    const folder = testFolder('swap');
    const node = await smallNode(folder);
    const [, second = '', third = ''] = pathsIn(node.image, 'log');
    const over = withFile(node.image, second, fileOf(node.image, third));
    const swapped = withFile(over, third, fileOf(node.image, second));
    for (const image of [over, swapped]) {
      const { refused } = await expectReported(folder, image);
      expect(refused?.details).toMatchObject({ file: '00000002.log', reason: 'this is segment 3' });
    }
  });

  test('a segment of another world', async () => {
    const folder = testFolder('world');
    const node = await smallNode(folder);
    const other = await smallNode(folder, 'other');
    const [, second = ''] = pathsIn(node.image, 'log');
    const image = withFile(node.image, second, fileOf(other.image, second));
    const { refused } = await expectReported(folder, image, ['log_damaged', 'world_mismatch']);
    expect(refused?.message).toContain('another world');
  });

  test('a checkpoint of another world', async () => {
    const folder = testFolder('world');
    const node = await smallNode(folder, 'whole', [200]);
    const other = await smallNode(folder, 'other', [200]);
    const path = pathsIn(node.image, 'checkpoints')[0] as string;
    const image = withFile(node.image, path, fileOf(other.image, path));
    const { refused } = await judge(join(folder, 'copy'), image);
    expect(refused?.code).toBe('world_mismatch');
    expect(refused?.details['file']).toContain(path);
  });

  test('a segment missing in the middle, the first one missing, the last one missing', async () => {
    const folder = testFolder('missing');
    const node = await smallNode(folder);
    const segments = pathsIn(node.image, 'log');
    for (const path of [segments[0], segments[2], segments.at(-1)] as string[]) {
      const found = await judge(join(folder, 'copy'), withFile(node.image, path, undefined));
      const what = `without ${path}`;
      const isLast = path === segments.at(-1);
      // Nothing is left that tells of a last segment; a node that was closed says that this was
      // not.
      if (isLast) expect(found, what).toMatchObject({ refused: undefined, cleanClose: false });
      else expect(['log_damaged', 'checkpoint_damaged'], what).toContain(found.refused?.code);
    }
  });

  test('a frame moved within its segment', async () => {
    const folder = testFolder('moved');
    const node = await smallNode(folder);
    const [, second = ''] = pathsIn(node.image, 'log');
    const bytes = Uint8Array.from(fileOf(node.image, second));
    const [first = 0, next = 0, after = 0] = framesOf(bytes);
    const moved = Uint8Array.from(bytes);
    moved.set(bytes.subarray(next, after), first);
    moved.set(bytes.subarray(first, next), first + after - next);
    const { refused } = await expectReported(folder, withFile(node.image, second, moved));
    expect(refused?.details).toMatchObject({ file: '00000002.log', offset: first });
  });
});

/** Where frames begin: by their marker. */
function framesOf(bytes: Uint8Array): number[] {
  const places: number[] = [];
  const text = Buffer.from(bytes);
  for (let at = text.indexOf('ADAF'); at >= 0; at = text.indexOf('ADAF', at + 1)) places.push(at);
  return places;
}

describe('an older image of the directory', () => {
  async function twoImages(folder: string): Promise<{ old: Image; now: ClosedNode }> {
    const now = await smallNode(folder, 'whole', [120]);
    const dataDir = join(folder, 'whole');
    const old = now.image;
    const client = await Client.open({ dataDir, limits: SMALL_LIMITS, checkpointBytes: 0 });
    for (let index = 0; index < 100; index++) await client.put(`later/${index}`, index);
    await client.checkpoint();
    await client.close();
    return { old, now: { ...now, image: imageOf(dataDir) } };
  }

  function mixed(from: Image, folder: string, rest: Image): Image {
    const kept = [...rest].filter(([path]) => !path.startsWith(`${folder}/`));
    const taken = [...from].filter(([path]) => path.startsWith(`${folder}/`));
    return new Map([...kept, ...taken]);
  }

  test('of the log alone: the checkpoint proves that commits are missing', async () => {
    const folder = testFolder('old');
    const { old, now } = await twoImages(folder);
    const image = mixed(old, 'log', now.image);
    const found = await judge(join(folder, 'copy'), image);
    // D16: nobody skips to the checkpoint, nobody goes on from the older end.
    expect(found.refused?.code).toBe('log_damaged');
    expect(found.refused?.details).toMatchObject({ lastGoodSeq: 201, markSeq: 301 });
  });

  test('of the checkpoints alone: the log goes on from the older one', async () => {
    const folder = testFolder('old');
    const { old, now } = await twoImages(folder);
    const found = await judge(join(folder, 'copy'), mixed(old, 'checkpoints', now.image));
    expect(found).toMatchObject({ refused: undefined, rejected: [] });
    expect(found.commits).toHaveLength(now.commits.length + 100);
  });
});

test('a last segment missing that a checkpoint knows of', async () => {
  const folder = testFolder('last');
  const node = await smallNode(folder, 'whole', [190]);
  const segments = pathsIn(node.image, 'log');
  const found = await judge(
    join(folder, 'copy'),
    withFile(node.image, segments.at(-1) as string, undefined),
  );
  // The checkpoint is a witness: the lost commits were synced.
  expect(found.refused?.code).toBe('log_damaged');
});
