import { expect, test } from 'vitest';
import { AdastraError } from '../../src/client/index.ts';
import type { Engine } from '../../src/engine/index.ts';
import { newMachine, openNode } from '../support/memory-node.ts';
import { type Fault, faulty, journal, totals } from '../support/sample-projections.ts';

const FAULTS: readonly Fault[] = ['apply', 'initial', 'encode', 'promise', 'state'];

async function statesOf(node: Engine): Promise<Record<string, string>> {
  const all = await node.projections();
  return Object.fromEntries(all.map(({ name, state }) => [name, state]));
}

test('a projection holds each commit from the moment on in which reads show it', async () => {
  const node = await openNode(newMachine(), { projections: [totals, journal] });
  const seen: unknown[] = [];
  node.feed.listen(({ seq }) => {
    const { value, seq: at } = node.parts.replica.projections.query('totals', 'total');
    seen.push([seq <= at, at === node.seq, value === sumOf(node)]);
  });
  await Promise.all([node.put('n/a', 1), node.put('n/b', 2), node.put('other', 5)]);
  await node.writable().transact((tx) => {
    tx.put('n/a', 10);
    tx.remove('n/b');
  });
  await node.flush();
  expect(await node.query('totals', 'total')).toEqual({ value: 10, seq: node.seq });
  expect(await node.query('totals', 'of', { key: 'n/b' })).toEqual({ value: undefined, seq: 5 });
  expect(await node.query('journal', 'count')).toEqual({ value: 5, seq: node.seq });
  expect(seen).toEqual(Array.from({ length: 4 }, () => [true, true, true]));
  await node.close();
});

function sumOf(node: Engine): number {
  let sum = 0;
  for (const [, value] of node.reads.list({ prefix: 'n/' })) sum += value as number;
  return sum;
}

test('answers are copies, and nothing but values', async () => {
  const node = await openNode(newMachine(), { projections: [totals, faulty('query')] });
  await node.put('n/a', 1);
  const { value } = await node.query('totals', 'amounts');
  (value as Record<string, number>)['n/a'] = 99;
  expect((await node.query('totals', 'amounts')).value).toEqual({ 'n/a': 1 });
  await expect(node.query('faulty-query', 'odd')).rejects.toMatchObject({
    code: 'projection_failed',
    hint: 'queries return values, or undefined',
  });
  await expect(node.query('totals', 'nothing')).rejects.toMatchObject({
    code: 'projection_unknown',
    hint: 'its queries: total, of, amounts',
  });
  await expect(node.query('none', 'total')).rejects.toMatchObject({
    code: 'projection_unknown',
    hint: 'known projections: totals, faulty-query',
  });
  await expect(node.query('totals', 'toString')).rejects.toMatchObject({
    code: 'projection_unknown',
  });
  await node.close();
});

test.each(FAULTS)(
  'one that breaks in %s stands still, the others and the node go on',
  async (fault) => {
    const machine = newMachine();
    const logged: string[] = [];
    const logger = { debug() {}, info() {}, warn() {}, error: (text: string) => logged.push(text) };
    const projections = [faulty(fault), totals];
    const node = await openNode(machine, { projections, logger });
    const health: string[] = [];
    node.on('health', ({ state, error }) => health.push(`${state} ${error.code}`));
    await node.put('n/a', 1);
    await node.put('bad', 1);
    await node.put('n/b', 2);
    await node.checkpoint();
    const name = `faulty-${fault}`;
    expect(await statesOf(node)).toEqual({ [name]: 'failed', totals: 'live' });
    const [status] = (await node.status()).projections;
    expect(status?.error?.message).toMatch(/broke|promise|Map|value/);
    expect(logged.some((text) => text.includes(name))).toBe(true);
    expect(health).toEqual(fault === 'initial' ? [] : ['projection_failed projection_failed']);
    const error = await node.query(name, 'count').catch((thrown: unknown) => thrown);
    expect(AdastraError.is(error) && error.code).toBe('projection_failed');
    expect(error).toMatchObject({ details: { projection: name, message: status?.error?.message } });
    expect((await node.query('totals', 'total')).value).toBe(3);
    await node.close();

    // It stays set aside until its version says that its code is another.
    const again = await openNode(machine, { projections });
    expect(await statesOf(again)).toEqual({ [name]: 'failed', totals: 'live' });
    expect((await again.query('totals', 'total')).value).toBe(3);
    await again.close();
    const cured = await openNode(machine, {
      projections: [{ ...totals, name, version: 2 }, totals],
    });
    expect(await statesOf(cured)).toEqual({ [name]: 'live', totals: 'live' });
    expect((await cured.query(name, 'total')).value).toBe(3);
    await cured.close();
  },
);

test('a query that throws is told to its caller; the projection goes on', async () => {
  const node = await openNode(newMachine(), { projections: [faulty('query')] });
  await node.put('a', 1);
  expect((await node.query('faulty-query', 'count')).value).toBe(1);
  await node.put('b', 1);
  await expect(node.query('faulty-query', 'count')).rejects.toMatchObject({
    code: 'projection_failed',
    message: 'query count of projection faulty-query failed: Error: query broke',
  });
  expect(await statesOf(node)).toEqual({ 'faulty-query': 'live' });
  await node.close();
});

test('a state that cannot be decoded is made anew by replay', async () => {
  const machine = newMachine();
  const node = await openNode(machine, { projections: [faulty('decode'), totals] });
  await node.put('n/a', 1);
  await node.put('bad', 1);
  await node.checkpoint();
  await node.close();
  const again = await openNode(machine, { projections: [faulty('decode'), totals] });
  expect((await again.query('faulty-decode', 'count')).value).toBe(2);
  expect((await again.query('totals', 'total')).value).toBe(1);
  await again.close();
});

test('a state that is too large for checkpoints is said so, and made anew', async () => {
  const machine = newMachine();
  const options = { projections: [journal, totals], limits: { projectionBytesMax: 300 } };
  const node = await openNode(machine, options);
  for (let index = 0; index < 10; index++) await node.put('n/a', index);
  await node.checkpoint();
  const told = await node.projections();
  expect(told.map(({ name, tooLarge, state }) => [name, tooLarge, state])).toEqual([
    ['journal', true, 'live'],
    ['totals', false, 'live'],
  ]);
  await node.close();
  const again = await openNode(machine, options);
  expect(again.recovery).toMatchObject({ checkpointSeq: 0, replayedCommits: 11 });
  expect((await again.query('journal', 'count', undefined)).value).toBe(10);
  await again.close();
});

test('what is folded is asked for nothing while it is folded', async () => {
  let node: Engine | undefined;
  const curious = { ...totals, name: 'curious', prefix: '', apply: () => void ask() };
  const ask = (): unknown => node?.parts.replica.projections.query('totals', 'total');
  node = await openNode(newMachine(), { projections: [curious, totals] });
  await node.put('n/a', 1);
  expect((await node.query('totals', 'total')).value).toBe(1);
  await expect(node.query('curious', 'total')).rejects.toMatchObject({ code: 'projection_failed' });
  await node.close();
});
