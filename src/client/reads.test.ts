import { afterEach, beforeEach, expect, expectTypeOf, test } from 'vitest';
import { AdastraError, attempt, Client, type Receipt, type Value } from './index.ts';

let client: Client;

beforeEach(async () => {
  client = await Client.open({ memory: true });
});

afterEach(async () => {
  await client.close();
});

function codeOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (AdastraError.is(error)) return error.code;
    throw error;
  }
  return 'none';
}

async function fill(...keys: string[]): Promise<void> {
  for (const key of keys) await client.put(key, key.toUpperCase());
}

test('get gives an own copy each time', async () => {
  await client.put('k', { list: [1], bytes: new Uint8Array([1]), at: new Date(5), n: 5n });
  const first = client.get('k') as { list: number[]; bytes: Uint8Array };
  first.list.push(2);
  first.bytes[0] = 9;
  expect(client.get('k')).toEqual({
    list: [1],
    bytes: new Uint8Array([1]),
    at: new Date(5),
    n: 5n,
  });
  expect(client.getOrThrow('k')).toEqual(client.get('k'));
  expect(codeOf(() => client.getOrThrow('none'))).toBe('not_found');
  expect(client.getMany(['none', 'k'])[0]).toBeUndefined();
});

test('the value is that of the call, even if the caller changes the object before it is durable', async () => {
  const value = { n: 1, bytes: new Uint8Array([1]) };
  const put = client.put('k', value);
  value.n = 2;
  value.bytes[0] = 2;
  await put;
  expect(client.get('k')).toEqual({ n: 1, bytes: new Uint8Array([1]) });
});

test('what is no key is invalid_key everywhere', () => {
  for (const key of ['', 'x'.repeat(1025), '\ud800', 5, null, undefined, {}]) {
    const given = key as string;
    for (const call of [
      () => client.get(given),
      () => client.getEntry(given),
      () => client.contains(given),
      () => client.snapshot().get(given),
    ]) {
      expect(codeOf(call), `${String(key).slice(0, 9)} ${call.toString()}`).toBe('invalid_key');
    }
  }
});

test('ranges: prefix, bounds, reverse, limit; the system only when asked', async () => {
  await fill('a/1', 'a/2', 'b/1', 'b/2', 'c');
  expect(new Map(client.list()).size).toBe(5);
  expect([...client.keys({ prefix: 'a/' })]).toEqual(['a/1', 'a/2']);
  expect([...client.values({ gt: 'a/2', lte: 'b/2' })]).toEqual(['B/1', 'B/2']);
  expect([...client.keys({ gte: 'a/2', lt: 'b/2', reverse: true })]).toEqual(['b/1', 'a/2']);
  expect([...client.keys({ limit: 2 })]).toEqual(['a/1', 'a/2']);
  expect([...client.keys({ limit: 0 })]).toEqual([]);
  expect([client.count(), client.count({ prefix: 'b/' }), client.count({ limit: 3 })]).toEqual([
    5, 2, 3,
  ]);
  expect([...client.keys({ prefix: '$' })]).toEqual([]);
  expect([...client.keys({ prefix: '$world', system: true })]).toEqual([
    '$world/level',
    '$world/limits',
  ]);
  expect(client.get('$world/level')).toBe(1);
  for (const range of [
    null,
    { prefx: 'a' },
    { limit: -1 },
    { limit: 1.5 },
    { gt: 5 },
    { reverse: 1 },
  ]) {
    expect(
      codeOf(() => client.list(range as never)),
      JSON.stringify(range),
    ).toBe('invalid_argument');
    expect(codeOf(() => client.count(range as never))).toBe('invalid_argument');
  }
});

test('list is over the state at the call, on a sub too', async () => {
  await fill('a/1', 'a/2');
  const lists = [client.list(), client.keys(), client.sub('a/').list(), client.sub('a/').keys()];
  await client.put('a/3', 1);
  await client.remove('a/1');
  expect(lists.map((list) => [...(list as Iterable<unknown>)].length)).toEqual([2, 2, 2, 2]);
  expect([...client.keys()]).toEqual(['a/2', 'a/3']);
});

test('a snapshot stays as it was', async () => {
  await fill('a', 'b');
  const snapshot = client.snapshot();
  await client.put('a', 'changed');
  await client.remove('b');
  await client.put('c', 1);
  expect(snapshot.seq).toBe(3);
  expect([...snapshot.list()]).toEqual([
    ['a', 'A'],
    ['b', 'B'],
  ]);
  expect([snapshot.get('c'), snapshot.contains('b'), snapshot.count()]).toEqual([
    undefined,
    true,
    2,
  ]);
  expect([...snapshot.keys({ reverse: true })]).toEqual(['b', 'a']);
  expect([...snapshot.values()]).toEqual(['A', 'B']);
  expect(snapshot.getEntry('a')?.value).toBe('A');
  expect(snapshot.getEntry('c')).toBeUndefined();
  snapshot.release();
  expect(client.get('a')).toBe('changed');
});

test('at(seq) is the state of then, right up to the newest commit and inside a batch', async () => {
  await Promise.all([client.put('a', 1), client.put('a', 2), client.put('b', 1)]);
  await client.checkpoint();
  const { seq } = await client.remove('a');
  await client.put('os', 1, { durability: 'os' });
  expect([...client.at(1).list()]).toEqual([]);
  expect([...client.at(2).list()]).toEqual([['a', 1]]);
  expect([...client.at(4).list()]).toEqual([
    ['a', 2],
    ['b', 1],
  ]);
  expect([...client.at(seq).list()]).toEqual([['b', 1]]);
  expect([...client.at(seq + 1).list()]).toEqual([
    ['b', 1],
    ['os', 1],
  ]);
  expect(client.at(3).seq).toBe(3);
  expect(codeOf(() => client.at(seq + 2))).toBe('not_found');
  for (const bad of [-1, 1.5, '3', undefined]) {
    expect(codeOf(() => client.at(bad as never))).toBe('invalid_argument');
  }
});

test('getEntry', async () => {
  expect(client.getEntry('k')).toBeUndefined();
  const { stamp, origin } = await client.put('k', [1]);
  expect(client.getEntry('k')).toEqual({
    value: [1],
    present: true,
    undecided: false,
    siblings: [{ kind: 'put', value: [1], stamp, origin }],
    stamps: [stamp],
  });
  await client.remove('k');
  expect(client.getEntry('k')).toBeUndefined();
});

test('history is newest first, through restarts of nothing but the links', async () => {
  await client.put('k', 1);
  await client.put('other', 1);
  await client.remove('k');
  await client.put('k', 2, { reason: 'again', actor: 'me' });
  const seen: unknown[] = [];
  for await (const { seq, kind, value, reason } of client.history('k'))
    seen.push([seq, kind, value, reason]);
  expect(seen).toEqual([
    [5, 'put', 2, 'again'],
    [4, 'remove', undefined, undefined],
    [2, 'put', 1, undefined],
  ]);
  let limited = 0;
  for await (const _ of client.history('k', { limit: 2 })) limited++;
  expect(limited).toBe(2);
  await expect(client.history('k', { signal: AbortSignal.abort() }).next()).rejects.toMatchObject({
    code: 'aborted',
  });
  await expect(client.history('').next()).rejects.toMatchObject({ code: 'invalid_key' });
  expect(await client.history('none').next()).toMatchObject({ done: true });
});

test('an unawaited write is not visible yet', async () => {
  const put = client.put('k', 1);
  expect(client.get('k')).toBeUndefined();
  await put;
  expect(client.get('k')).toBe(1);
});

interface User {
  readonly name: string;
}

test('sub: the same with relative keys and one type, also on tx', async () => {
  await client.put('zebra', 1);
  const users = client.sub<User>('user/');
  await users.put('1', { name: 'A' });
  await users.put('2', { name: 'B' }, { ifAbsent: true });
  await users.update('2', (user) => ({ name: `${user?.name}!` }));
  expect(client.get('user/2')).toEqual({ name: 'B!' });
  expect([...users.list()]).toEqual([
    ['1', { name: 'A' }],
    ['2', { name: 'B!' }],
  ]);
  expect([...users.keys({ gt: '1' })]).toEqual(['2']);
  expect([...users.values({ reverse: true, limit: 1 })]).toEqual([{ name: 'B!' }]);
  expect([users.count(), users.contains('1'), users.get('3')]).toEqual([2, true, undefined]);
  expect(users.getMany(['1', '3'])).toEqual([{ name: 'A' }, undefined]);
  expect(users.getOrThrow('1').name).toBe('A');
  expect(users.getEntry('1')?.present).toBe(true);
  expect(client.sub('us').sub<User>('er/').get('1')).toEqual({ name: 'A' });
  await client.transact((tx) => {
    const inside = tx.sub<User>('user/');
    inside.put('3', { name: 'C' });
    expect(inside.get('3')?.name).toBe('C');
    expect(inside.contains('9')).toBe(false);
    expect(inside.getEntry('1')?.present).toBe(true);
    expect([...inside.list({ gt: '1' })].map(([key]) => key)).toEqual(['2', '3']);
    expect(inside.remove('1')).toBe(true);
  });
  await users.remove('2');
  expect([...users.keys()]).toEqual(['3']);
  const told: unknown[] = [];
  const stop = users.subscribe({ gte: '3' }, ({ changes }) => told.push(changes));
  const stopOne = users.subscribe('4', ({ changes }) => told.push(changes));
  await users.put('4', { name: 'D' });
  await new Promise((resolve) => setImmediate(resolve));
  expect(told).toEqual(Array(2).fill([{ key: '4', kind: 'put', value: { name: 'D' } }]));
  stop();
  stopOne();
});

test('typed keys, with text keys falling back', async () => {
  const typed = await Client.open<{
    [key: `user/${string}`]: User;
    [count: `n/${string}`]: number;
  }>({
    memory: true,
  });
  expectTypeOf(typed.get('user/1')).toEqualTypeOf<User | undefined>();
  expectTypeOf(typed.get('n/1')).toEqualTypeOf<number | undefined>();
  expectTypeOf(typed.get('other')).toEqualTypeOf<Value | undefined>();
  expectTypeOf(typed.put<'user/1'>)
    .parameter(1)
    .toEqualTypeOf<User>();
  expectTypeOf(client.sub<User>('user/').get('1')).toEqualTypeOf<User | undefined>();
  // @ts-expect-error: not a user
  await typed.put('user/1', 5);
  // @ts-expect-error: an asynchronous function
  const refused = typed.transact(async () => 1);
  await expect(refused).rejects.toMatchObject({ code: 'async_transaction' });
  const { value } = await typed.transact((tx) => tx.get('n/1') ?? 7);
  expectTypeOf(value).toEqualTypeOf<number | undefined>();
  expect(value).toBe(7);
  await typed.close();
});

test('attempt turns our errors into values and nothing else', async () => {
  expect(await attempt(client.put('k', 1))).toMatchObject({ ok: true });
  const failed = await attempt(client.put('', 1));
  expect(failed.ok ? undefined : failed.error.code).toBe('invalid_key');
  expect(await attempt(() => 5)).toEqual({ ok: true, value: 5 });
  const mine = new Error('mine');
  await expect(
    attempt(() => {
      throw mine;
    }),
  ).rejects.toBe(mine);
  expectTypeOf(await attempt(client.put('k', 1))).toExtend<{ ok: boolean; value?: Receipt }>();
});
