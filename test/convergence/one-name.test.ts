/**
 * No two different commits under one name (INV-9), whatever is done to a directory: copied and
 * opened beside its original, restored from a backup, rolled back in place. What was written after
 * each of these is told apart on every node, and all of it is kept.
 */
import { describe, expect, test } from 'vitest';
import { type Engine, restoreBackup } from '../../src/engine/index.ts';
import type { MemoryEnv } from '../../src/env/memory/index.ts';
import {
  agreement,
  exchange,
  joinNode,
  laneOf,
  newMachine,
  NODE_DIRECTORY as DATA,
  openNode,
} from '../support/memory-node.ts';
import { chainsOf } from '../support/rebuilt-node.ts';
import { machineOn } from '../support/repair-world.ts';

/** A member, and a node with commits that the member has, and some that it has not. */
async function world(): Promise<{ member: Engine; here: MemoryEnv; node: Engine }> {
  const member = await openNode(newMachine(1));
  const here = newMachine(2);
  const node = await joinNode(here, member);
  await node.put('both', 1);
  await exchange(node, member);
  await node.put('alone', 1);
  return { member, here, node };
}

/** Everything that anybody has, everywhere. */
async function exchangeAll(nodes: readonly Engine[]): Promise<void> {
  for (let round = 0; round < 2; round++) {
    for (const from of nodes) {
      for (const to of nodes) {
        if (from === to) continue;
        for (const { kind } of await exchange(from, to)) {
          expect(['applied', 'duplicate', 'waiting']).toContain(kind);
        }
      }
    }
  }
}

/** All converge, nobody writes under another's name, and what each wrote is there. */
async function checkTogether(nodes: readonly Engine[], keys: readonly string[]): Promise<void> {
  const authors = nodes.map((node) => laneOf(node).parts.author.originText);
  expect(new Set(authors).size).toBe(nodes.length);
  await exchangeAll(nodes);
  expect(chainsOf(nodes).twice).toEqual([]);
  for (const node of nodes) {
    expect(agreement(node)).toEqual(agreement(nodes[0] as Engine));
    for (const key of keys) expect(await node.get(key)).toBeDefined();
    await node.close();
  }
}

describe('two commits of one name never come to be', () => {
  test('where a copy is opened beside its original', async () => {
    const { member, here, node } = await world();
    // While it runs, as a disk is cloned.
    const copy = await openNode(machineOn(here.fs.crash({ mode: 'keep-all' })));
    await node.put('by original', 1);
    await copy.put('by copy', 2);
    await node.put('by original', 3);
    await checkTogether([member, node, copy], ['both', 'alone', 'by original', 'by copy']);
  });

  test('where a backup is restored, with the same key, while its original writes on', async () => {
    const { member, here, node } = await world();
    await node.backup('/data/backup');
    await node.put('after backup', 1);
    const disk = here.fs.crash({ mode: 'keep-all' });
    const other = machineOn(disk);
    other.fs.rename(DATA, '/data/original');
    const identityDir = '/data/original/identity';
    await restoreBackup(other, '/data/backup', DATA, { identityDir });
    const restored = await openNode(other, { identityDir });
    expect(await restored.get('after backup')).toBeUndefined();
    await restored.put('by restored', 2);
    await node.put('by original', 3);
    await checkTogether([member, node, restored], ['both', 'alone', 'by restored', 'by original']);
  });

  test('where an image is rolled back in place', async () => {
    const { member, here, node } = await world();
    await node.close();
    const image = here.fs.crash({ mode: 'keep-all' });
    const first = await openNode(here);
    await first.put('lost here', 1);
    await exchange(first, member);
    await first.close();
    // The directory is again as it was before: the member has what this node no longer knows.
    const again = await openNode(machineOn(image));
    await again.put('after', 2);
    await again.put('lost here', 3);
    const entry = await again.getEntry('lost here');
    expect(entry?.siblings.length).toBe(1);
    await checkTogether([member, again], ['both', 'alone', 'lost here', 'after']);
  });

  test('and if they are, because two openings draw the same incarnation, it is seen', async () => {
    const { member, here, node } = await world();
    await node.close();
    const nodes: Engine[] = [];
    for (const value of [1, 2]) {
      const fs = here.fs.crash({ mode: 'keep-all' });
      const twin = await openNode({ ...newMachine(77), fs });
      await twin.put('twin', value);
      nodes.push(twin);
    }
    expect(chainsOf(nodes).twice.length).toBeGreaterThan(0);
    const [first, second] = nodes as [Engine, Engine];
    await exchange(first, member);
    expect((await exchange(second, member)).at(-1)).toMatchObject({ kind: 'fork', proven: true });
    for (const one of [...nodes, member]) await one.close();
  });
});
