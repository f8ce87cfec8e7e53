/**
 * Repair where views were changed by rules: what is kept shows what the siblings that are left give,
 * no link of a kept commit leads into nothing, and replay agrees.
 */
import { expect, test } from 'vitest';
import { repairDirectory, replayVerify, verifyDirectory } from '../../src/engine/index.ts';
import { setPolicy } from '../../src/engine/policies.ts';
import type { MemoryEnv } from '../../src/env/memory/index.ts';
import {
  exchange,
  joinNode,
  newMachine,
  NODE_DIRECTORY as DATA,
  openNode,
} from '../support/memory-node.ts';
import { copyOf, placesOf } from '../support/repair-world.ts';

/** A node with two conflicts whose views change again and again, and a checkpoint before them. */
async function worldOfViews(): Promise<{ env: MemoryEnv; checkpointSeq: number }> {
  const env = newMachine(1);
  const node = await openNode(env);
  const other = await joinNode(newMachine(2), node, {}, { role: 'admin' });
  const { seq } = await node.checkpoint();
  for (const key of ['a', 'b']) {
    await node.put(key, { ours: key });
    await other.put(key, { theirs: key });
    await exchange(other, node);
    await setPolicy(node.writable(), '', { policy: 'merge-fields' });
    await node.put(`between/${key}`, 1);
    await setPolicy(node.writable(), '', { policy: 'keep-local' });
  }
  await setPolicy(node.writable(), 'a', { policy: 'merge-fields' });
  await node.flush();
  await node.close();
  await other.close();
  return { env, checkpointSeq: seq };
}

test('any batch lost: the directory repairs, replays and opens, and histories can be read', async () => {
  const { env, checkpointSeq } = await worldOfViews();
  const places = placesOf(env).filter(
    ({ firstSeq, count }) => count > 0 && firstSeq > checkpointSeq,
  );
  expect(places.length).toBeGreaterThan(8);
  let kept = 0;
  for (const { file, offset } of places) {
    const damaged = copyOf(env);
    damaged.fs.flipBit(file, offset + 100, 3);
    const report = await repairDirectory(damaged, DATA);
    kept += report.keptCommits;
    expect(await verifyDirectory(damaged, DATA)).toMatchObject({ ok: true, problems: [] });
    const node = await openNode(damaged);
    for (const key of ['a', 'b']) {
      for await (const entry of node.history(key)) expect(entry.seq).toBeLessThanOrEqual(node.seq);
      const entry = await node.getEntry(key);
      if (entry !== undefined) expect(entry.siblings.length).toBeGreaterThan(0);
    }
    const opened = node.seq;
    await node.close();
    const again = await openNode(damaged);
    expect(again.seq, 'views are settled once').toBe(opened);
    await again.close();
    expect(replayVerify(damaged, DATA)).toMatchObject({ matches: true });
  }
  expect(kept).toBeGreaterThan(0);
});
