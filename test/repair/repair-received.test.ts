/**
 * Repair where commits of other nodes stand in the log. What must come out is known without any of
 * the repair's code: a third node of the world that is handed the bundles that were kept, in order,
 * takes them all and has the same state. Handed the rest that is not damaged, it takes none (they
 * wait for what is lost), but for those that decided a key together with a lost commit.
 */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AdastraError, BundleReader, hexOf } from '../../src/core/index.ts';
import {
  type Engine,
  repairDirectory,
  type RepairReport,
  replayVerify,
  verifyDirectory,
} from '../../src/engine/index.ts';
import type { MemoryEnv } from '../../src/env/memory/index.ts';
import { bundleRecord } from '../../src/store/transactions/index.ts';
import { figure } from '../support/long.ts';
import {
  agreement,
  exchange,
  joinNode,
  newMachine,
  NODE_DIRECTORY as DATA,
  openNode,
  receive,
  strangerNode,
} from '../support/memory-node.ts';
import { copyOf, placesOf } from '../support/repair-world.ts';
import { seedOr } from '../support/seed.ts';

type Step = 'ours' | 'theirs' | 'take' | 'give' | 'reopen';

/** Two nodes that write the same few keys; the first with a checkpoint amid it. */
async function history(steps: readonly Step[], checkpointAt: number): Promise<History> {
  const env = newMachine(1);
  let ours = await openNode(env);
  const theirs = await joinNode(newMachine(2), ours);
  await exchange(ours, theirs);
  let checkpointSeq = 0;
  for (const [index, step] of steps.entries()) {
    const key = `key/${index % 4}`;
    if (step === 'ours') await ours.put(key, { ours: index }, { commandId: `c${index}` });
    else if (step === 'theirs') await theirs.put(key, { theirs: index });
    else if (step === 'take') await exchange(theirs, ours);
    else if (step === 'give') await exchange(ours, theirs);
    else {
      await ours.close();
      ours = await openNode(env);
    }
    if (index === checkpointAt) checkpointSeq = (await ours.checkpoint()).seq;
  }
  const bundles = placedBundles(ours);
  const headSeq = ours.seq;
  await ours.close();
  await theirs.close();
  return { env, checkpointSeq, headSeq, bundles };
}

interface History {
  readonly env: MemoryEnv;
  readonly checkpointSeq: number;
  readonly headSeq: number;
  /** Authored bytes of each bundle, with the batch that holds it. */
  readonly bundles: readonly { readonly batchSeq: number; readonly bytes: Uint8Array }[];
}

function placedBundles(engine: Engine, from = 1): History['bundles'] {
  const bundles: { batchSeq: number; bytes: Uint8Array }[] = [];
  for (const batch of engine.parts.log.read(from)) {
    for (const record of batch.records) {
      const found = bundleRecord(record);
      if (found === undefined) continue;
      const bytes = new Uint8Array(found.source.subarray(found.authoredStart, found.authoredEnd));
      bundles.push({ batchSeq: batch.firstSeq, bytes });
    }
  }
  return bundles;
}

/** What a third node makes of what was kept, and of what was not. */
async function checkAgainstThird(
  { checkpointSeq, bundles }: History,
  repaired: Engine,
  damaged: ReadonlySet<number>,
): Promise<void> {
  const third = await strangerNode(newMachine(3), repaired);
  const { log } = repaired.parts;
  const kept = new Set(placedBundles(repaired, log.baseSeq + 1).map(({ bytes }) => hexOf(bytes)));
  const rest: Uint8Array[] = [];
  const lostKeys = new Set<string>();
  for (const { batchSeq, bytes } of bundles) {
    if (batchSeq > checkpointSeq && !kept.has(hexOf(bytes))) {
      if (!damaged.has(batchSeq)) rest.push(bytes);
      for (const key of keysOf(bytes)) lostKeys.add(key);
      continue;
    }
    expect(await receive(third, bytes)).toMatchObject({ kind: 'applied' });
  }
  expect(agreement(repaired)).toEqual(agreement(third));
  for (const bytes of rest) {
    const { kind } = await receive(third, bytes);
    if (kind !== 'waiting') expect(keysOf(bytes).some((key) => lostKeys.has(key))).toBe(true);
  }
  await third.close();
}

function keysOf(bytes: Uint8Array): string[] {
  const keys: string[] = [];
  const reader = new BundleReader();
  reader.open(bytes, 0, bytes.length);
  while (reader.nextCommit()) while (reader.nextEvent()) keys.push(reader.key());
  return keys;
}

/** Every key's history by links is its history by reading the log through. */
async function checkHistories(engine: Engine): Promise<void> {
  const { baseSeq, headSeq } = engine.parts.log;
  const byKey = new Map<string, number[]>();
  for await (const { seq, events } of engine.changes({ from: baseSeq + 1, live: false })) {
    for (const { key } of events) byKey.set(key, [seq, ...(byKey.get(key) ?? [])]);
  }
  for (let number = 0; number < 4 && headSeq > baseSeq; number++) {
    const key = `key/${number}`;
    const seqs: number[] = [];
    try {
      for await (const { seq } of engine.history(key)) seqs.push(seq);
    } catch (error) {
      if (!AdastraError.is(error) || error.code !== 'history_truncated') throw error;
    }
    expect(seqs, key).toEqual(byKey.get(key) ?? []);
  }
}

async function damageAndRepair(
  made: History,
  lostBatches: readonly number[],
): Promise<{ report: RepairReport; kept: number }> {
  const env = copyOf(made.env);
  const places = placesOf(env).filter(({ count }) => count > 0);
  const before = places.filter(({ firstSeq }) => firstSeq < made.checkpointSeq).slice(0, 1);
  const behind = places.filter(({ firstSeq }) => firstSeq > made.checkpointSeq);
  const lost = behind.filter((_, index) => lostBatches.includes(index));
  for (const { file, offset } of [...before, ...lost]) env.fs.flipBit(file, offset + 90, 4);
  const report = await repairDirectory(env, DATA);
  expect(report).toMatchObject({ source: 'checkpoint', baseSeq: made.checkpointSeq });
  expect(report.keptCommits + report.lostCommits).toBe(made.headSeq - made.checkpointSeq);
  expect(await verifyDirectory(env, DATA)).toMatchObject({ ok: true, problems: [] });
  const engine = await openNode(env);
  const { stateHash } = await engine.hashes();
  await checkAgainstThird(made, engine, new Set(lost.map(({ firstSeq }) => firstSeq)));
  expect(replayVerify(env, DATA)).toMatchObject({ matches: true, stateHash });
  await checkHistories(engine);
  await engine.put('key/1', 'after');
  await checkHistories(engine);
  await engine.close();
  expect(await verifyDirectory(env, DATA)).toMatchObject({ ok: true, problems: [] });
  return { report, kept: report.keptCommits };
}

describe('commits of other nodes', () => {
  const STEPS: readonly Step[] = [
    ...(['ours', 'theirs', 'theirs', 'take', 'ours', 'give'] as const),
    ...(['theirs', 'ours', 'theirs', 'take', 'theirs', 'take', 'ours'] as const),
  ];

  test('conflicted keys come through', async () => {
    const made = await history(STEPS, 9);
    const { report } = await damageAndRepair(made, []);
    expect(report).toMatchObject({ lost: undefined, lostCommits: 0 });
  });

  test('what does not depend on a lost own commit is kept, with its links and a new seq', async () => {
    const steps: Step[] = ['ours', 'ours', 'theirs', 'take', 'ours', 'theirs', 'take', 'ours'];
    const made = await history(steps, 3);
    const { report } = await damageAndRepair(made, [0]);
    // Ours is lost, and so is all of ours behind it; theirs stays.
    expect(report).toMatchObject({ keptCommits: 1, lostCommits: 2 });
    expect(report.headSeq).toBe(made.checkpointSeq + 1);
  });

  test('any history, any batches lost: as if they had never come', async () => {
    let kept = 0;
    let lost = 0;
    const step = fc.constantFrom<Step>(
      'ours',
      'theirs',
      'theirs',
      'take',
      'take',
      'give',
      'reopen',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 6, maxLength: 30 }),
        fc.nat(8),
        fc.array(fc.nat(6), { minLength: 1, maxLength: 3 }),
        async (steps, checkpointAt, lostBatches) => {
          const made = await history(
            ['ours', ...steps],
            1 + Math.min(checkpointAt, steps.length - 1),
          );
          const { report } = await damageAndRepair(made, lostBatches);
          if (report.lostCommits > 0) kept += report.keptCommits;
          lost += report.lostCommits;
        },
      ),
      { numRuns: figure({ short: 40, long: 1500 }), seed: seedOr(7) },
    );
    // It proves nothing unless commits were lost, and others kept in spite of that.
    expect(lost).toBeGreaterThan(10);
    expect(kept).toBeGreaterThan(10);
  });
});
