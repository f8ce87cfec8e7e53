import { expect, test } from 'vitest';
import {
  agreement,
  exchange,
  frameOf,
  give,
  joinNode,
  newMachine,
  openNode,
} from '../../../test/support/memory-node.ts';

test('a bundle that meets a pending own write keeps its value, whatever is written meanwhile', async () => {
  const a = await openNode(newMachine(1), { blockingFlush: false });
  const b = await joinNode(newMachine(2), a, { blockingFlush: false });
  for (let round = 0; round < 20; round++) {
    const key = `k/${round}`;
    await a.put(key, 'of a');
    const frame = frameOf(a);
    // In some rounds the own write is on its way to the disk when the bundle is decided over it, in
    // the batch behind.
    const own = b.put(key, `of b ${'x'.repeat(100)}`);
    for (let turns = 0; turns < round; turns++) await Promise.resolve();
    const received = give(b, frame);
    // As soon as the first batch is there its memory takes what is written next.
    const next = own.then(() => b.put('next', { filler: 'y'.repeat(1000) }));
    await Promise.all([own, received, next]);
    const values = b.reads.getEntry(key)?.siblings.map(({ value }) => value);
    expect(values?.toSorted()).toEqual(['of a', `of b ${'x'.repeat(100)}`]);
  }
  await exchange(b, a);
  expect(agreement(a)).toEqual(agreement(b));
});
