/**
 * One byte of a cleanly closed log is changed, at random places: the damage is reported with file,
 * offset and reason, or nothing that was acknowledged is missing or different. Never is anything
 * applied that was not written.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { Prng } from '../../src/core/prng.ts';
import {
  type ClosedNode,
  closedNode,
  judge,
  type Judgement,
  problemsOf,
} from '../support/damaged-node.ts';
import { fileOf, imageOf, pathsIn, testFolder, withFlip } from '../support/folder.ts';
import { figure, TIMEOUT_MS } from '../support/long.ts';
import { startChild } from '../support/node-child.ts';
import { rerun, seedOr } from '../support/seed.ts';

vi.setConfig({ testTimeout: TIMEOUT_MS });

const FLIPS = figure({ short: 40, long: 200 });
const SEAL_STEP = figure({ short: 5, long: 1 });
const SEED = seedOr(20_261_122);

/** Refused with a place and a reason, or opened with exactly what was there. */
function expectHarmless(node: ClosedNode, found: Judgement, what: string): 'refused' | 'opened' {
  const { refused, seq, stateHash, commits } = found;
  if (refused !== undefined) {
    expect(['log_damaged', 'upgrade_needed'], what).toContain(refused.code);
    expect(refused.details, what).toMatchObject({
      file: expect.any(String),
      offset: expect.any(Number),
    });
    return 'refused';
  }
  expect({ seq, stateHash }, what).toEqual({ seq: node.seq, stateHash: node.stateHash });
  // History below a checkpoint may be what is damaged: then reading it says so.
  if (Array.isArray(commits)) expect(commits, what).toEqual(node.commits);
  else expect(commits, what).toMatchObject({ code: 'log_damaged' });
  return 'opened';
}

describe.each([
  ['the log alone', []],
  ['a log with checkpoints', [150, 260]],
])('%s', (_name, checkpoints) => {
  test(`${FLIPS} flips are each reported or harmless`, async () => {
    const folder = testFolder('flip');
    const node = await closedNode(join(folder, 'whole'), { puts: 300, checkpoints });
    const segments = pathsIn(node.image, 'log');
    expect(segments.length).toBeGreaterThan(4);
    const prng = new Prng(SEED);
    const counts = { refused: 0, opened: 0, silent: 0 };
    for (let flip = 0; flip < FLIPS; flip++) {
      const path = segments[prng.below(segments.length)] as string;
      const offset = prng.below(fileOf(node.image, path).length);
      const mask = 1 << prng.below(8);
      const what = rerun(SEED, `flip ${flip}: ${path} at ${offset}, mask ${mask}`);
      const found = await judge(join(folder, 'copy'), withFlip(node.image, path, offset, mask));
      counts[expectHarmless(node, found, what)] += 1;
      const named = problemsOf(found);
      if (named.length === 0) counts.silent += 1;
      else expect(named[0]?.file, what).toBe(path.slice('log/'.length));
      // What verification does not see must be without any effect.
      if (named.length === 0) expect(found.commits, what).toEqual(node.commits);
    }
    console.info(`flips in ${segments.length} segments: ${JSON.stringify(counts)}`);
    expect(counts.refused).toBeGreaterThan(0);
  });
});

test('bytes of the seal, by which nothing is lost: set aside as a torn tail and told', async () => {
  const folder = testFolder('seal');
  const node = await closedNode(join(folder, 'whole'), { puts: 30 });
  const path = pathsIn(node.image, 'log').at(-1) as string;
  const bytes = fileOf(node.image, path);
  const seal = Buffer.from(bytes).lastIndexOf('ADAF');
  expect(bytes.length - seal).toBeLessThan(120);
  for (let offset = seal; offset < bytes.length; offset += SEAL_STEP) {
    const found = await judge(join(folder, 'copy'), withFlip(node.image, path, offset, 0xff));
    const what = `${path} at ${offset}`;
    expect(expectHarmless(node, found, what), what).toBe('opened');
    expect(found.commits, what).toEqual(node.commits);
    expect([found.tornBytes, found.cleanClose], what).toEqual([bytes.length - seal, false]);
  }
});

test(`${FLIPS} flips in a log that a kill left open, in its frames and in the zeros behind`, async () => {
  const folder = testFolder('open');
  const dataDir = join(folder, 'whole');
  const child = startChild({ script: 'hold', dataDir, count: 40 });
  await child.line('holding');
  // A node that is idle writes down how far it had synced.
  await sleep(400);
  child.process.kill('SIGKILL');
  await child.ended;
  const image = imageOf(dataDir);
  const whole = await judge(join(folder, 'copy'), image);
  expect(whole).toMatchObject({ refused: undefined, tornBytes: 0 });
  const path = 'log/00000001.log';
  const framesEnd = fileOf(image, path).findLastIndex((byte) => byte !== 0) + 1;
  expect(fileOf(image, path).length - framesEnd).toBeGreaterThan(100_000);
  const prng = new Prng(SEED + 1);
  for (let flip = 0; flip < FLIPS; flip++) {
    const inFrames = prng.chance(0.5);
    const zeros = fileOf(image, path).length - framesEnd;
    const offset = inFrames ? prng.below(framesEnd) : framesEnd + prng.below(zeros);
    const what = rerun(SEED, `flip ${flip}: ${path} at ${offset}`);
    const found = await judge(
      join(folder, 'copy'),
      withFlip(image, path, offset, 1 << prng.below(8)),
    );
    // Opening makes a state of its own incarnation: what it holds is compared by its commits.
    if (found.refused === undefined) expect(found.commits, what).toEqual(whole.commits);
    else expect(found.refused.code, what).toMatch(/^(log_damaged|upgrade_needed)$/);
    if (!inFrames) expect(found.refused, what).toBeUndefined();
  }
});
