import { afterEach, beforeEach, expect, test } from 'vitest';
import { collect } from '../../test/support/collect.ts';
import { AdastraError, type Change, Client, type Commit } from './index.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const logged: string[] = [];
const log = (message: string): void => void logged.push(message);
const logger = { debug: log, info: log, warn: log, error: log };
let client: Client;

beforeEach(async () => {
  logged.length = 0;
  client = await Client.open({ memory: true, logger });
});

afterEach(async () => {
  await client.close();
});

test('a subscriber is called once per commit, in seq order, after it is visible', async () => {
  const told: [number, string[], unknown][] = [];
  const stop = client.subscribe({ prefix: 'a/' }, ({ seq, changes }) => {
    told.push([seq, changes.map(({ key }) => key), client.get('a/1')]);
  });
  const writes = [client.put('a/1', 1), client.put('b', 1), client.put('a/1', 2)];
  writes.push(
    client.transact((tx) => {
      tx.put('a/2', 1);
      tx.remove('a/1');
      tx.put('b', 2);
    }),
  );
  await Promise.all(writes);
  await turn();
  expect(told.map(([seq, keys]) => [seq, keys])).toEqual([
    [2, ['a/1']],
    [4, ['a/1']],
    [5, ['a/2', 'a/1']],
  ]);
  stop();
  stop();
  await client.put('a/1', 9);
  await turn();
  expect(told).toHaveLength(3);
});

test('never inside the stack of the writer, and writing from a listener is fine', async () => {
  let inside = true;
  const heard: boolean[] = [];
  client.subscribe('k', () => {
    heard.push(inside);
    if (heard.length === 1) void client.put('k', 2);
  });
  const put = client.put('k', 1);
  inside = false;
  await put;
  await turn();
  await client.flush();
  await turn();
  expect(heard).toEqual([false, false]);
  expect(client.get('k')).toBe(2);
});

test('a listener that throws is logged and harms nobody', async () => {
  const heard: number[] = [];
  client.subscribe('k', () => {
    throw new Error('broken listener');
  });
  client.subscribe('k', ({ seq }) => heard.push(seq));
  await client.put('k', 1);
  await client.put('k', 2);
  await turn();
  expect(heard).toEqual([2, 3]);
  expect(logged.filter((line) => line.includes('broken listener'))).toHaveLength(2);
});

test('who subscribes hears of what comes after, though others were not told yet', async () => {
  const first: number[] = [];
  const second: number[] = [];
  client.subscribe('k', ({ seq }) => first.push(seq));
  const put = client.put('k', 1).then(() => {
    client.subscribe('k', ({ seq }) => second.push(seq));
  });
  await put;
  await client.put('k', 2);
  await turn();
  expect(first).toEqual([2, 3]);
  expect(second).toEqual([3]);
});

test('immediate: what is there first, then what comes, nothing twice', async () => {
  await client.put('a/1', 1);
  await client.put('a/2', 2);
  const told: Change[] = [];
  client.subscribe({ prefix: 'a/' }, (change) => told.push(change), { immediate: true });
  client.subscribe('none', (change) => told.push(change), { immediate: true });
  expect(told).toEqual([]);
  await turn();
  expect(told).toEqual([
    {
      seq: 3,
      changes: [
        { key: 'a/1', kind: 'put', value: 1 },
        { key: 'a/2', kind: 'put', value: 2 },
      ],
    },
    { seq: 3, changes: [{ key: 'none', kind: 'remove', value: undefined }] },
  ]);
  await client.put('a/1', 5);
  await turn();
  expect(told.slice(2)).toEqual([{ seq: 4, changes: [{ key: 'a/1', kind: 'put', value: 5 }] }]);
  const stop = client.subscribe('a/1', (change) => told.push(change), { immediate: true });
  stop();
  await turn();
  expect(told).toHaveLength(3);
});

test('the system is watched only when asked; arguments are checked', async () => {
  const call =
    (...args: unknown[]) =>
    () =>
      (client.subscribe as (...given: unknown[]) => unknown)(...args);
  expect(call('k', 5)).toThrow(AdastraError);
  expect(call({ prefx: 'a' }, () => 1)).toThrow(AdastraError);
  expect(call('', () => 1)).toThrow(AdastraError);
  expect(() => client.observe({ prefx: 'a' } as never)).toThrow(AdastraError);
  expect(() => client.on('nothing' as never, () => {})).toThrow(AdastraError);
});

test('listeners are limited; one that ended makes room', async () => {
  const small = await Client.open({ memory: true, limits: { listenersMax: 2 } });
  const stop = small.subscribe('a', () => {});
  small.subscribe('a', () => {});
  expect(() => small.subscribe('a', () => {})).toThrowError(/2 listeners/);
  stop();
  small.subscribe('a', () => {});
  expect(() => small.on('health', () => {})).toThrowError(/2 listeners/);
  await small.close();
});

test('observe: the snapshot keeps its reference until a commit touches it', async () => {
  await client.put('a/1', { n: 1 });
  const one = client.observe('a/1');
  const range = client.observe({ prefix: 'a/' });
  const first = one.getSnapshot();
  const list = range.getSnapshot();
  expect([first, list]).toEqual([{ n: 1 }, [['a/1', { n: 1 }]]]);
  await client.put('b', 1);
  expect(one.getSnapshot()).toBe(first);
  expect(range.getSnapshot()).toBe(list);
  let called = 0;
  const stops = [one.subscribe(() => called++), range.subscribe(() => called++)];
  await client.put('b', 2);
  await turn();
  expect(called).toBe(0);
  expect([one.getSnapshot() === first, range.getSnapshot() === list]).toEqual([true, true]);
  await client.put('a/1', { n: 2 });
  await turn();
  expect(called).toBe(2);
  const second = one.getSnapshot();
  expect(second).toEqual({ n: 2 });
  expect(one.getSnapshot()).toBe(second);
  await client.remove('a/1');
  await turn();
  expect([one.getSnapshot(), range.getSnapshot()]).toEqual([undefined, []]);
  for (const stop of stops) stop();
  await client.put('a/2', 1);
  expect(range.getSnapshot()).toEqual([['a/2', 1]]);
});

test('observe: a change between the first snapshot and subscribing is not missed', async () => {
  await client.put('k', 1);
  const observed = client.observe('k');
  expect(observed.getSnapshot()).toBe(1);
  await client.put('k', 2);
  const stop = observed.subscribe(() => {});
  expect(observed.getSnapshot()).toBe(2);
  stop();
});

test('observe: listeners are told apart, one that throws does not hide the others', async () => {
  const observed = client.observe('k');
  let called = 0;
  const listener = (): void => void called++;
  const stop = observed.subscribe(listener);
  observed.subscribe(() => {
    throw new Error('broken observer');
  });
  observed.subscribe(listener);
  stop();
  await client.put('k', 1);
  await turn();
  await turn();
  expect(called).toBe(1);
  expect(logged.some((line) => line.includes('broken observer'))).toBe(true);
});

test('changes: from is inclusive, in order, from the log; live goes on until the signal', async () => {
  await client.put('a', 1);
  await client.put('b', 2);
  const stopped = new AbortController();
  const seen: Commit[] = [];
  const live = (async () => {
    for await (const commit of client.changes({ from: 2, signal: stopped.signal }))
      seen.push(commit);
  })();
  await turn();
  await client.transact((tx) => {
    tx.put('a', 3);
    tx.remove('b');
  });
  await turn();
  expect(seen.map(({ seq }) => seq)).toEqual([2, 3, 4]);
  expect(seen[2]?.events).toEqual([
    { key: 'a', kind: 'put', value: 3 },
    { key: 'b', kind: 'remove', value: undefined },
  ]);
  stopped.abort(new Error('enough'));
  await expect(live).rejects.toMatchObject({ code: 'aborted' });
  expect(await collect(client.changes({ from: 99, live: false }))).toEqual([]);
  expect(await collect(client.changes({ live: false }))).toEqual([]);
  await expect(client.changes({ from: -1 }).next()).rejects.toMatchObject({
    code: 'invalid_argument',
  });
});

test('changes: a slow consumer gets every commit, none twice', async () => {
  const seen: number[] = [];
  const consumer = (async () => {
    for await (const { seq } of client.changes({ from: 2 })) {
      seen.push(seq);
      if (seen.length % 10 === 0) await turn();
      if (seen.length === 300) return;
    }
  })();
  for (let round = 0; round < 10; round++) {
    await Promise.all(Array.from({ length: 30 }, (_, index) => client.put(`k${index}`, round)));
  }
  await consumer;
  expect(seen).toEqual(Array.from({ length: 300 }, (_, index) => index + 2));
});

test('changes: the system only when asked', async () => {
  await client.put('k', 1);
  const users = await collect(client.changes({ from: 1, live: false }));
  expect(users.map(({ seq }) => seq)).toEqual([2]);
  const all = await collect(client.changes({ from: 0, live: false, system: true }));
  expect(all.map(({ seq }) => seq)).toEqual([1, 2]);
  expect(all[0]?.events.map(({ key }) => key)).toContain('$world/limits');
});

test('close: listeners hear the last commit, live iterators end, everything is closed', async () => {
  const heard: number[] = [];
  client.subscribe('k', ({ seq }) => heard.push(seq));
  const live = collect(client.changes({ from: 2 }));
  const put = client.put('k', 1);
  await Promise.all([client.close(), client.close()]);
  expect((await put).seq).toBe(2);
  expect(heard).toEqual([2]);
  expect((await live).map(({ seq }) => seq).length).toBeLessThanOrEqual(1);
  const calls: (() => unknown)[] = [
    () => client.get('k'),
    () => client.list(),
    () => client.snapshot(),
    () => client.subscribe('k', () => {}),
    () => client.observe('k'),
    () => client.changes(),
    () => client.history('k'),
    () => client.at(1),
    () => client.on('health', () => {}),
  ];
  for (const call of calls) expect(call).toThrowError(expect.objectContaining({ code: 'closed' }));
  const promises: (() => Promise<unknown>)[] = [
    () => client.put('k', 1),
    () => client.update('k', () => 1),
    () => client.transact(() => 1),
    () => client.flush(),
    () => client.checkpoint(),
    () => client.status(),
    () => client.open(),
    () => client.preflight({ operations: [{ op: 'put', args: {} }] }),
    () => client.revert(1, { reason: 'r' }),
  ];
  for (const call of promises) await expect(call()).rejects.toMatchObject({ code: 'closed' });
});
