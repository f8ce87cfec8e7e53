import { afterEach, beforeEach, expect, test } from 'vitest';
import { installIn, receiveSnapshot } from '../../test/support/rebuilt-node.ts';
import { faulty } from '../../test/support/sample-projections.ts';
import { joinNode, newMachine, openNode } from '../../test/support/memory-node.ts';
import { AdastraError, Client, defineIndex, defineProjection } from './index.ts';
import { observeQuery } from './projection-view.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const counts = defineProjection({
  name: 'counts',
  version: 1,
  prefix: 'c/',
  initial: () => ({ of: new Map<string, number>() }),
  apply(state, { key, value }) {
    if (value === undefined) state.of.delete(key);
    else state.of.set(key, value as number);
  },
  encode: ({ of }) => [...of],
  decode: (value) => ({ of: new Map(value as [string, number][]) }),
  queries: {
    above: ({ of }, least: number) => [...of].filter(([, n]) => n > least).map(([key]) => key),
    size: ({ of }) => of.size,
  },
});
const byCount = defineIndex({ name: 'by-count', prefix: 'c/', fields: [''] });
let client: Client;

beforeEach(async () => {
  client = await Client.open({ memory: true, projections: [counts, byCount, faulty('apply')] });
});

afterEach(() => client.close());

test('queries are synchronous, typed by the definition, and untyped by name', async () => {
  const { seq } = await client.put('c/a', 3);
  const view = client.projection(counts);
  const above: string[] = view.query('above', 2);
  const size: number = view.query('size');
  expect([above, size, view.seq]).toEqual([['c/a'], 1, seq]);
  // @ts-expect-error: what the query takes is known
  expect(view.query('above', 'text')).toEqual([]);
  expect(client.projection('counts').query('above', 2)).toEqual(['c/a']);
  const index = client.projection(byCount);
  expect(index.query('range', { gt: 2 })).toEqual([{ key: 'c/a', values: [3] }]);
  // @ts-expect-error: an index has the queries that it has
  expect(() => index.query('rangee')).toThrow(/no query "rangee"/);
  expect(await client.query('counts', 'size')).toEqual({ value: 1, seq });
  expect((await client.projections()).map(({ name }) => name)).toEqual([
    'counts',
    'by-count',
    'faulty-apply',
  ]);
  expect(() => client.projection('none')).toThrow(/no projection "none"/);
  expect(() => client.projection('counts').query('none')).toThrow(/no query "none"/);
});

test('an observed answer keeps its reference until a commit gives another one', async () => {
  await client.put('c/a', 3);
  const seen = client.observe({ projection: 'counts', query: 'above', args: 2 });
  const before = seen.getSnapshot();
  expect(before).toEqual(['c/a']);
  let told = 0;
  const stop = seen.subscribe(() => told++);
  await client.put('other', 1);
  await client.put('c/b', 1);
  await client.put('c/a', 4);
  await turn();
  expect([told, seen.getSnapshot() === before]).toEqual([0, true]);
  await Promise.all([client.put('c/b', 5), client.put('c/c', 6)]);
  await turn();
  expect(seen.getSnapshot()).toEqual(['c/a', 'c/b', 'c/c']);
  expect(told).toBeLessThanOrEqual(2);
  expect(told).toBeGreaterThan(0);
  const after = told;
  stop();
  await client.remove('c/a');
  await turn();
  expect(told).toBe(after);
  expect(seen.getSnapshot()).toEqual(['c/b', 'c/c']);
});

test('one listener is told of what another snapshot has shown already', async () => {
  const seen = client.projection(counts).observe('size');
  let told = 0;
  seen.subscribe(() => told++);
  client.subscribe('c/a', () => void seen.getSnapshot());
  const stop = client.observe('c/a').subscribe(() => expect(seen.getSnapshot()).toBe(1));
  await client.put('c/a', 1);
  expect(seen.getSnapshot()).toBe(1);
  await turn();
  expect(told).toBe(1);
  stop();
});

test('a projection that breaks tells those who observe it, and its error to who asks', async () => {
  const seen = client.observe({ projection: 'faulty-apply', query: 'count' });
  let told = 0;
  seen.subscribe(() => told++);
  await client.put('a', 1);
  await turn();
  expect([told, seen.getSnapshot()]).toEqual([1, 1]);
  await client.put('bad', 1);
  await client.put('b', 1);
  await turn();
  expect(told).toBe(2);
  expect(() => seen.getSnapshot()).toThrow(AdastraError);
  expect(() => client.observe({ projection: 'none', query: 'count' })).toThrow(/no projection/);
});

test('a snapshot of another node that replaces the state is seen by who observes', async () => {
  const projections = [counts];
  const [here, there] = [newMachine(1), newMachine(2)];
  const giver = await openNode(there, { projections });
  const node = await joinNode(here, giver, { projections }, { role: 'admin' });
  const seen = observeQuery(node, { projection: 'counts', query: 'size' });
  let told = 0;
  seen.subscribe(() => told++);
  await giver.put('c/x', 1);
  const offer = await receiveSnapshot(giver, here);
  await node.replacement?.run(async () => {
    await installIn(here, node, offer);
  });
  await turn();
  expect([told, seen.getSnapshot()]).toEqual([1, 1]);
  await node.put('c/y', 1);
  await turn();
  expect([told, seen.getSnapshot()]).toEqual([2, 2]);
  await node.close();
  await giver.close();
});
