/**
 * The power goes in the middle of a repair: before every single operation, in every way a disk may
 * look afterwards. Repair again, or open: the result is that of a repair that was not disturbed,
 * and nothing is ever lost that it would have kept.
 */
import { describe, expect, test } from 'vitest';
import { AdastraError, Prng } from '../../src/core/index.ts';
import { type RepairReport, repairDirectory } from '../../src/engine/index.ts';
import { type CrashMode, Frozen, type MemoryEnv } from '../../src/env/memory/index.ts';
import { figure } from '../support/long.ts';
import { NODE_DIRECTORY as DATA, openNode } from '../support/memory-node.ts';
import {
  checkRepaired,
  copyOf,
  damageAt,
  damageCheckpoint,
  machineOn,
  makeNode,
  SMALL_SEGMENTS,
  stateOfRepaired,
} from '../support/repair-world.ts';

const MODES: readonly CrashMode[] = ['kill', 'lose-unsynced', 'keep-all', 'torn', 'torn-any'];
const WORK = { commits: 18, checkpoints: [6, 12] };
const UNDISTURBED = Number.POSITIVE_INFINITY;

async function damaged(damage: (env: MemoryEnv) => void): Promise<MemoryEnv> {
  const { env } = await makeNode(SMALL_SEGMENTS, WORK);
  // All of it durable, so that only what the repair does is at stake.
  const settled = machineOn(env.fs.crash({ mode: 'keep-all' }));
  damage(settled);
  return settled;
}

/** Repairs until the power goes; whether it did. */
async function cutOff(env: MemoryEnv): Promise<boolean> {
  try {
    await repairDirectory(env, DATA);
    return false;
  } catch (error) {
    if (error instanceof Frozen || env.fs.isFrozen) return true;
    throw error;
  }
}

/** Repairs what a crash left; `undefined` where nothing was wrong any more. */
async function repairAgain(env: MemoryEnv): Promise<RepairReport | undefined> {
  try {
    return await repairDirectory(env, DATA);
  } catch (error) {
    if (AdastraError.is(error) && error.code === 'condition_failed') return undefined;
    throw error;
  }
}

async function checkEveryOperation(start: MemoryEnv, seed: number): Promise<number> {
  const whole = copyOf(start);
  const undisturbed = await repairDirectory(whole, DATA);
  const operations = whole.fs.operationCount;
  const stateHash = await checkRepaired(whole, SMALL_SEGMENTS, undisturbed);
  const prng = new Prng(seed);
  for (let at = 0; at < operations; at++) {
    // The short run takes two ways of each operation, turn by turn.
    const turn = figure({ short: 2, long: MODES.length });
    for (let way = 0; way < turn; way++) {
      const mode = MODES[(at * 2 + way) % MODES.length] as CrashMode;
      const env = machineOn(start.fs.crash({ mode: 'kill', fileSystem: { freezeAfter: at } }));
      expect(await cutOff(env)).toBe(true);
      const fileSystem = { freezeAfter: UNDISTURBED };
      const after = machineOn(env.fs.crash({ mode, rng: prng.fork(), fileSystem }));
      const what = `operation ${at}, ${mode}, seed ${seed}`;
      if (at % 2 === 1) await opensOrIsDamaged(after, stateHash, what);
      const report = await repairAgain(after);
      const { baseSeq, headSeq, keptCommits } = undisturbed;
      if (report !== undefined)
        expect(report, what).toMatchObject({ baseSeq, headSeq, keptCommits });
      const found = await stateOfRepaired(after, SMALL_SEGMENTS, undisturbed);
      expect(found, what).toBe(stateHash);
      const left = after.fs.list(DATA).filter((name) => /repair|\.tmp|\.new/.test(name));
      expect(left, what).toEqual([]);
    }
  }
  return operations;
}

/** A node may be opened before the repair is gone on with: refused, or right. */
async function opensOrIsDamaged(env: MemoryEnv, stateHash: string, what: string): Promise<void> {
  try {
    const engine = await openNode(env, SMALL_SEGMENTS);
    expect((await engine.hashes()).stateHash, what).toBe(stateHash);
    await engine.close();
  } catch (error) {
    if (!AdastraError.is(error) || error.code !== 'log_damaged') throw error;
  }
}

describe('a repair that is cut off', () => {
  const seeds = Array.from({ length: figure({ short: 1, long: 8 }) }, (_, index) => index + 1);

  test.each(seeds)('while it starts over behind a checkpoint (seed %i)', async (seed) => {
    const start = await damaged((env) => {
      damageAt(env, 9);
      damageCheckpoint(env, 6);
    });
    expect(await checkEveryOperation(start, seed)).toBeGreaterThan(30);
  });

  test.each(seeds)('while it cuts the log (seed %i)', async (seed) => {
    const start = await damaged((env) => {
      damageAt(env, 9);
      damageCheckpoint(env, 12);
    });
    expect(await checkEveryOperation(start, seed)).toBeGreaterThan(10);
  });

  test('before the new log has its name, readers are told what to do', async () => {
    const start = await damaged((env) => damageAt(env, 9));
    let told = 0;
    for (let at = 0; ; at++) {
      const env = machineOn(start.fs.crash({ mode: 'kill', fileSystem: { freezeAfter: at } }));
      if (!(await cutOff(env))) break;
      const after = machineOn(
        env.fs.crash({ mode: 'kill', fileSystem: { freezeAfter: UNDISTURBED } }),
      );
      if (after.fs.stat(`${DATA}/log`) !== undefined) continue;
      told++;
      await expect(openNode(after, { ...SMALL_SEGMENTS, readOnly: true })).rejects.toMatchObject({
        code: 'log_damaged',
        hint: expect.stringContaining('repair'),
      });
      const engine = await openNode(after, SMALL_SEGMENTS);
      expect(engine.seq).toBe(18);
      await engine.close();
    }
    expect(told).toBeGreaterThan(0);
  });
});
