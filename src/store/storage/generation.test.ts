/** Snapshots that nobody released: they end with the garbage collection, and only then. */
import * as v8 from 'node:v8';
import * as vm from 'node:vm';
import { expect, test } from 'vitest';
import { NO_CHUNK } from './arena.ts';
import { type Generation, Generations, Undo } from './generation.ts';

v8.setFlagsFromString('--expose_gc');
const collectGarbage = vm.runInNewContext('gc') as () => void;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const before = new Undo('k', NO_CHUNK, 0, undefined);

async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) {
    await turn();
    collectGarbage();
  }
}

test('a forgotten generation ends, one that is held does not', async () => {
  const generations = new Generations();
  const held: { generation: Generation | undefined } = { generation: generations.begin() };
  generations.record(1, before);
  generations.begin();
  generations.record(2, before);
  await settled();
  expect(generations.alive()).toBe(true);
  expect(held.generation?.newer?.replaced.has(2)).toBe(true);
  held.generation = undefined;
  await settled();
  expect(generations.alive()).toBe(false);
  expect(generations.active).toBe(false);
});

test('generations without a change between them are one; the last release ends recording', () => {
  const generations = new Generations();
  const first = generations.begin();
  const [a, b] = [{}, {}];
  generations.hold(a);
  expect(generations.begin()).toBe(first);
  generations.hold(b);
  generations.letGo(a);
  generations.record(1, before);
  expect(first.replaced.size).toBe(1);
  generations.letGo(b);
  generations.record(2, before);
  expect(first.replaced.size).toBe(1);
  expect(generations.active).toBe(false);
});
