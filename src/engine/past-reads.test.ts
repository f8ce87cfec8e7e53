/**
 * The state behind earlier commits, from the log, against the one that is rebuilt from nothing:
 * over random histories with conflicts, changed policies and forgotten tombstones.
 */
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS, type Entry, Prng } from '../core/index.ts';
import { TombstoneCollector } from '../store/transactions/index.ts';
import {
  exchange,
  joinNode,
  laneOf,
  newMachine,
  NODE_DIRECTORY,
  openNode,
} from '../../test/support/memory-node.ts';
import { rerun, seedOr } from '../../test/support/seed.ts';
import { type Engine, stateAt } from './index.ts';
import { setPolicy } from './policies.ts';

const KEYS = ['a', 'b', 'b/1', 'c', 'd/é', 'd/😀', 'e'];
const POLICIES = ['last-write-wins', 'merge-fields', 'manual', 'keep-local'] as const;

async function write(random: Prng, node: Engine): Promise<void> {
  const key = KEYS[random.below(KEYS.length)] as string;
  if (random.below(3) === 0) await node.remove(key);
  else await node.put(key, { [`f${random.below(3)}`]: random.below(1000) });
}

/** A node with a random past. */
async function nodeWithPast(
  seed: number,
): Promise<{ env: ReturnType<typeof newMachine>; left: Engine }> {
  const random = new Prng(seed);
  const env = newMachine(seed * 2 + 1);
  const left = await openNode(env);
  const right = await joinNode(newMachine(seed * 2 + 2), left, {}, { role: 'admin' });
  const collector = new TombstoneCollector(laneOf(left));
  for (let step = 0; step < 60; step++) {
    const kind = random.below(20);
    if (kind < 8) await write(random, left);
    else if (kind < 14) await write(random, right);
    else if (kind < 16) await exchange(right, left);
    else if (kind === 16) await exchange(left, right);
    else if (kind === 17) {
      const policy = POLICIES[random.below(POLICIES.length)] as (typeof POLICIES)[number];
      await setPolicy(left.writable(), '', { policy });
    } else if (kind === 18) {
      await exchange(right, left);
      await exchange(left, right);
      while (!collector.step(laneOf(left).vector.copy()).done);
      await left.flush();
    } else await left.checkpoint();
  }
  await exchange(right, left);
  await right.close();
  return { env, left };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describe('the state behind an earlier commit', () => {
  test('is the one that is rebuilt', async () => {
    const first = seedOr(1);
    let conflicts = 0;
    let collected = 0;
    for (let seed = first; seed < first + 5; seed++) {
      const { env, left } = await nodeWithPast(seed);
      collected += left.parts.replica.collected.stretches.length;
      const bounds = { limits: DEFAULT_LIMITS, headSeq: left.seq, baseSeq: 0 };
      for (let seq = 0; seq <= left.seq; seq++) {
        const rebuilt = stateAt(env, NODE_DIRECTORY, seq, bounds);
        const past = left.at(seq);
        const what = rerun(seed, `at ${seq}`);
        const range = { system: seq % 2 === 0, reverse: seq % 3 === 0 };
        expect(await all(past.list(range)), what).toEqual([...rebuilt.list(range)]);
        for (const key of KEYS) {
          const entry = await past.getEntry(key);
          expect(entry, `${what} ${key}`).toEqual(rebuilt.getEntry(key) as Entry);
          if ((entry?.siblings.length ?? 0) > 1) conflicts++;
        }
        expect(await past.count({ prefix: 'b' }), what).toBe(rebuilt.count({ prefix: 'b' }));
        expect(await all(past.list({ gt: 'a', limit: 2 })), what).toEqual([
          ...rebuilt.list({ gt: 'a', limit: 2 }),
        ]);
      }
      await left.close();
    }
    expect([conflicts > 50, collected > 2]).toEqual([true, true]);
  }, 120_000);

  test('is told over many keys, in turns, and never what came later', async () => {
    const node = await openNode(newMachine(7));
    const keys = Array.from({ length: 300 }, (_, index) => `k${String(index).padStart(3, '0')}`);
    await Promise.all(keys.map((key) => node.put(key, 1)));
    const { seq } = node;
    await Promise.all(keys.map((key, index) => (index % 2 ? node.put(key, 2) : node.remove(key))));
    await Promise.all(['k', 'k0005', 'l'].map((key) => node.put(key, 3)));
    const rows: [string, unknown][] = [];
    for await (const row of node.at(seq).list()) {
      rows.push(row);
      if (rows.length % 50 === 0) await node.remove(keys[299 - rows.length / 50] as string);
    }
    expect(rows).toEqual(keys.map((key) => [key, 1]));
    expect(await node.at(seq - 300).count()).toBe(0);
    await node.close();
    await expect(node.at(seq).get('k')).rejects.toMatchObject({ code: 'closed' });
  });

  test('is refused above the head, and where it is no seq', async () => {
    const node = await openNode(newMachine(8));
    const { seq } = await node.put('a', 1);
    await expect(node.at(seq + 1).get('a')).rejects.toMatchObject({
      code: 'not_yet',
      details: { headSeq: seq },
    });
    for (const bad of [-1, 0.5, Number.NaN]) {
      await expect(node.at(bad).count()).rejects.toMatchObject({ code: 'invalid_argument' });
    }
    await expect(node.at(seq).getEntry('')).rejects.toMatchObject({ code: 'invalid_key' });
    await node.close();
  });

  test('is refused below the floor, for one key as for all', async () => {
    const env = newMachine(9);
    const limits = { valueBytesMax: 4096, commitBytesMax: 16_384, segmentBytes: 16_384 };
    const retention = { commits: 10 };
    const node = await openNode(env, { retention, limits, checkpointBytes: 0 });
    await node.put('early', 1);
    for (let index = 0; index < 60; index++) {
      await node.put('k', 'x'.repeat(4_000));
      if (index % 10 === 9) await node.checkpoint();
    }
    const { baseSeq } = node.parts.log;
    expect(baseSeq).toBeGreaterThan(1);
    await expect(node.at(baseSeq - 1).get('k')).rejects.toMatchObject({
      code: 'history_truncated',
      details: { baseSeq },
    });
    // What was never written again is as it is now; what was is gone with the log.
    expect(await node.at(baseSeq).get('early')).toBe(1);
    await expect(node.at(baseSeq).get('k')).rejects.toMatchObject({ code: 'history_truncated' });
    expect(await node.at(baseSeq + 1).get('k')).toHaveLength(4_000);
    await node.close();
  });
});
