import { afterEach, beforeEach, expect, test } from 'vitest';
import { collect } from '../../test/support/collect.ts';
import { AdastraError, type AnyOperation, Client, defineOperation, type Receipt } from './index.ts';

const buy = defineOperation<{ item: string; count: number }>({
  name: 'buy',
  version: 3,
  handler: (context, { item, count }) => {
    const left = (context.get(item) as number | undefined) ?? 0;
    context.put(item, left - count);
    if (left < count) throw new Error(`${left} left`);
    return left - count;
  },
});
const runs = defineOperation<{ item: string }>({
  name: 'runs',
  version: 1,
  handler: (context, { item }) => {
    context.put('outer', 1);
    context.run('buy', { item, count: 1 });
  },
});

let client: Client;

beforeEach(async () => {
  client = await Client.open({ memory: true, operations: [buy, runs] as AnyOperation[] });
});

afterEach(async () => {
  await client.close();
});

async function codeOf(call: Promise<unknown> | (() => unknown)): Promise<string> {
  try {
    await (typeof call === 'function' ? call() : call);
  } catch (error) {
    if (AdastraError.is(error)) return error.code;
    throw error;
  }
  return 'none';
}

async function commitsFrom(seq: number): Promise<number> {
  let count = 0;
  for await (const _ of client.changes({ from: seq, live: false })) count++;
  return count;
}

test('a receipt is plain data, and says what was done', async () => {
  const first = await client.put('k', 1);
  const second = await client.put('k', 2, { durability: 'os' });
  expect(JSON.parse(JSON.stringify(first))).toEqual(first);
  expect(Object.keys(first).sort()).toEqual(
    ['changed', 'durability', 'origin', 'originSeq', 'replayed', 'seq', 'stamp'].sort(),
  );
  expect(first).toMatchObject({
    seq: 2,
    originSeq: 1,
    changed: true,
    replayed: false,
    durability: 'always',
  });
  expect(second).toMatchObject({ seq: 3, originSeq: 2, origin: first.origin, durability: 'os' });
  expect(client.getEntry('k')?.stamps).toEqual([second.stamp]);
});

test('removing what is not there commits nothing', async () => {
  const { seq } = await client.put('k', 1);
  expect(await client.remove('other')).toMatchObject({
    changed: false,
    seq,
    originSeq: 0,
    stamp: '',
  });
  expect(await client.remove('k')).toMatchObject({ changed: true, seq: seq + 1 });
  expect(await client.remove('k')).toMatchObject({ changed: false, seq: seq + 1 });
  expect(await commitsFrom(2)).toBe(2);
});

test('ifAbsent', async () => {
  await client.put('k', 1, { ifAbsent: true });
  await expect(client.put('k', 2, { ifAbsent: true })).rejects.toMatchObject({
    code: 'condition_failed',
    details: { condition: 'ifAbsent', key: 'k', actual: 1 },
  });
  await client.remove('k');
  await client.put('k', 3, { ifAbsent: true });
  await client.put('k', 4, { ifAbsent: false });
  expect(client.get('k')).toBe(4);
});

test('ifStamp: one, an array, none', async () => {
  const { stamp } = await client.put('k', 1);
  expect(await codeOf(client.put('k', 2, { ifStamp: [] }))).toBe('condition_failed');
  const { stamp: next } = await client.put('k', 2, { ifStamp: stamp });
  await expect(client.put('k', 3, { ifStamp: [stamp] })).rejects.toMatchObject({
    code: 'condition_failed',
    details: { actual: 2, stamps: [next] },
  });
  expect(await codeOf(client.put('k', 3, { ifStamp: [next, stamp] }))).toBe('condition_failed');
  await client.put('k', 3, { ifStamp: [next] });
  expect(await codeOf(client.remove('k', { ifStamp: next }))).toBe('condition_failed');
  expect(await codeOf(client.put('k', 3, { ifStamp: 'nonsense' }))).toBe('invalid_argument');
  await client.put('new', 1, { ifStamp: [] });
  expect(await codeOf(client.update('new', () => 5, { ifStamp: [] }))).toBe('condition_failed');
});

test('ifSeq: keys read or written, ranges read, removals included', async () => {
  await client.put('a/1', 1);
  const { seq } = await client.put('a/2', 2);
  await client.put('b', 1, { ifSeq: seq });
  const after = await client.remove('a/2');
  expect(await codeOf(client.put('a/2', 1, { ifSeq: seq }))).toBe('condition_failed');
  expect(
    await codeOf(client.transact((tx) => tx.put('c', tx.get('a/2') ?? 0), { ifSeq: seq })),
  ).toBe('condition_failed');
  const count = (prefix: string, ifSeq: number): Promise<unknown> =>
    client.transact((tx) => tx.put('count', [...tx.list({ prefix })].length), { ifSeq });
  expect(await codeOf(count('a/', seq))).toBe('condition_failed');
  expect(await codeOf(count('a/', after.seq))).toBe('none');
  expect(await codeOf(client.put('z', 1, { ifSeq: seq }))).toBe('none');
  // A pending, unawaited removal counts as well.
  const pending = client.remove('a/1');
  expect(await codeOf(count('a/', after.seq))).toBe('condition_failed');
  await pending;
  expect(await codeOf(client.put('y', 1, { ifSeq: 10_000 }))).toBe('condition_failed');
});

test('within: keys read or written, ranges read, by every way to write', async () => {
  await client.put('a/1', 1);
  const secret = await client.put('b', 'secret');
  const within = ['a/', 'c/'];
  const transact = (fn: Parameters<typeof client.transact>[0]): Promise<string> =>
    codeOf(client.transact(fn, { within }));
  for (const refused of [
    () => codeOf(client.put('b', 1, { within })),
    () => codeOf(client.put('b', 1, { within, ifStamp: 'x' })),
    () => codeOf(client.remove('b', { within })),
    () => codeOf(client.update('b', () => 1, { within })),
    () => transact((tx) => tx.put('a/1', tx.get('b') ?? 0)),
    () => transact((tx) => tx.put('a/1', tx.contains('b'))),
    () => transact((tx) => tx.put('a/1', tx.getEntry('b') === undefined)),
    () => transact((tx) => void tx.list()),
    () => transact((tx) => void tx.list({ prefix: 'a' })),
    () => transact((tx) => void tx.list({ gte: 'a/', lt: 'c/' })),
    () => transact((tx) => void tx.remove('b')),
    () => codeOf(client.revert(secret.seq, { reason: 'x', within })),
    () => codeOf(client.put('a', 1, { within })),
  ]) {
    expect(await refused()).toBe('forbidden');
  }
  expect(client.get('b')).toBe('secret');
  const allowed = client.transact(
    (tx) => tx.put('c/2', [...tx.list({ prefix: 'a/' }), ...tx.list({ gte: 'c/', lte: 'c/9' })]),
    { within },
  );
  expect(await codeOf(allowed)).toBe('none');
  const operations = [{ op: 'put', args: { key: 'b', value: 1 } }];
  const dry = await client.preflight({ operations, within });
  expect(dry.operations.at(-1)).toMatchObject({ ok: false, error: { code: 'forbidden' } });
  expect(await codeOf(client.put('a/1', 1, { within: [] }))).toBe('invalid_options');
  expect(await codeOf(client.put('a/1', 1, { within: 'a/' as never }))).toBe('invalid_options');
});

test('a range with a limit does not let tombstones hide a change', async () => {
  for (const key of ['r/1', 'r/2', 'r/3']) await client.put(key, 1);
  await client.remove('r/1');
  const { seq } = await client.remove('r/2');
  await client.put('r/3', 2);
  const read = client.transact((tx) => tx.put('out', [...tx.list({ prefix: 'r/', limit: 1 })]), {
    ifSeq: seq,
  });
  expect(await codeOf(read)).toBe('condition_failed');
});

test('a transaction reads its own writes and is one commit', async () => {
  await client.put('a/1', 1);
  await client.put('a/2', 2);
  const receipt = await client.transact((tx) => {
    tx.put('a/3', 3);
    expect(tx.remove('a/1')).toBe(true);
    expect(tx.remove('a/1')).toBe(false);
    expect(tx.get('a/3')).toBe(3);
    expect(tx.contains('a/1')).toBe(false);
    expect(tx.getEntry('a/1')).toBeUndefined();
    expect(tx.getEntry('a/3')).toMatchObject({ value: 3, present: true });
    expect(tx.getEntry('a/2')?.stamps).toHaveLength(1);
    expect([...tx.list({ prefix: 'a/' })]).toEqual([
      ['a/2', 2],
      ['a/3', 3],
    ]);
    expect([...tx.list({ prefix: 'a/', reverse: true, limit: 1 })]).toEqual([['a/3', 3]]);
    expect(tx.remove('never')).toBe(false);
    return 'result';
  });
  expect(receipt).toMatchObject({ value: 'result', changed: true, seq: 4 });
  expect([...client.list()]).toEqual([
    ['a/2', 2],
    ['a/3', 3],
  ]);
  const [commit] = await collect(client.changes({ from: 4, live: false }));
  expect(commit?.events).toEqual([
    { key: 'a/3', kind: 'put', value: 3 },
    { key: 'a/1', kind: 'remove', value: undefined },
  ]);
});

test('what fn throws is what the caller gets, and nothing happened', async () => {
  const mine = new Error('mine');
  await expect(
    client.transact((tx) => {
      tx.put('k', 1);
      throw mine;
    }),
  ).rejects.toBe(mine);
  expect(client.contains('k')).toBe(false);
  expect(await client.transact(() => 5)).toMatchObject({ changed: false, value: 5 });
});

test('a failing operation that fn catches leaves nothing behind, what was before it stays', async () => {
  await client.put('apple', 1);
  await client.transact((tx) => {
    tx.put('before', 1);
    tx.put('apple', 2);
    expect(tx.run('buy', { item: 'apple', count: 1 })).toBe(1);
    expect(() => tx.run('buy', { item: 'apple', count: 5 })).toThrow('1 left');
    expect(() => tx.run('runs', { item: 'pear' })).toThrow('0 left');
    expect(tx.get('apple')).toBe(1);
    expect(tx.contains('outer')).toBe(false);
  });
  expect([client.get('apple'), client.get('before')]).toEqual([1, 1]);
  const [commit] = await collect(client.changes({ from: 3, live: false }));
  expect(commit?.operations).toEqual([{ name: 'buy', version: 3 }]);
});

test('a transaction that is over is closed, lists begun in it too', async () => {
  await client.put('k', 1);
  let kept: { get(key: string): unknown; put(key: string, value: 1): void } | undefined;
  let list: IterableIterator<unknown> | undefined;
  await client.transact((tx) => {
    kept = tx;
    list = tx.list();
    tx.put('l', 2);
  });
  expect(await codeOf(() => kept?.get('k'))).toBe('closed');
  expect(await codeOf(() => kept?.put('k', 1))).toBe('closed');
  expect(await codeOf(() => list?.next())).toBe('closed');
});

test('an asynchronous function is undone', async () => {
  const late: unknown[] = [];
  const run = client.transact((async (tx: { put(key: string, value: number): void }) => {
    tx.put('k', 1);
    await Promise.resolve();
    try {
      tx.put('k', 2);
    } catch (error) {
      late.push((error as AdastraError).code);
    }
  }) as never);
  expect(await codeOf(run)).toBe('async_transaction');
  expect(client.contains('k')).toBe(false);
  expect(late).toEqual(['closed']);
  expect(await codeOf(client.update('k', (async () => 1) as never))).toBe('async_transaction');
});

test('writing through the client inside a transaction is nested_write, preflight too', async () => {
  const codes: Promise<string>[] = [];
  const request = { operations: [{ op: 'put', args: { key: 'n', value: 'nested' } }] };
  await client.transact((tx) => {
    tx.put('k', 'kept');
    codes.push(
      codeOf(client.put('n', 1)),
      codeOf(client.remove('n')),
      codeOf(client.commit(request)),
    );
    codes.push(codeOf(client.preflight(request)), codeOf(client.transact(() => 1)));
    expect(tx.get('k')).toBe('kept');
  });
  expect(await Promise.all(codes)).toEqual(Array(5).fill('nested_write'));
  expect([...client.list()]).toEqual([['k', 'kept']]);
});

test('a getter inside a value cannot write in the middle of it', async () => {
  const codes: Promise<string>[] = [];
  const evil = {
    get x() {
      codes.push(codeOf(client.put('n', new Uint8Array(50))));
      return 1;
    },
  };
  await client.put('k', evil as never);
  expect(await Promise.all(codes)).toEqual(['nested_write']);
  const run = client.transact((tx) => {
    tx.put('l', {
      get x() {
        tx.put('m', new Uint8Array(50));
        return 1;
      },
    } as never);
  });
  expect(await codeOf(run)).toBe('nested_write');
  expect([...client.list()]).toEqual([['k', { x: 1 }]]);
});

test('update reads and writes in one transaction; undefined leaves it', async () => {
  await Promise.all([1, 2, 3].map((by) => client.update('n', (n) => ((n as number) ?? 0) + by)));
  expect(client.get('n')).toBe(6);
  expect(await client.update('n', () => undefined)).toMatchObject({ changed: false });
  expect(await codeOf(client.update('n', () => Number.NaN))).toBe('invalid_value');
});

test('commandId: a retry gets the first receipt, other content is a mismatch', async () => {
  const first = await client.put('k', 1, { commandId: 'c1' });
  const replayed: Receipt = { ...first, replayed: true };
  expect(await client.put('k', 1, { commandId: 'c1' })).toEqual(replayed);
  expect(await client.receiptOf('c1')).toEqual(replayed);
  expect(await client.receiptOf('c2')).toBeUndefined();
  for (const other of [
    () => client.put('k', 2, { commandId: 'c1' }),
    () => client.put('k', 1, { commandId: 'c1', ifAbsent: true }),
    () => client.remove('k', { commandId: 'c1' }),
    () => client.commit({ operations: [{ op: 'remove', args: { key: 'k' } }], commandId: 'c1' }),
  ]) {
    expect(await codeOf(other())).toBe('command_mismatch');
  }
  expect(await commitsFrom(2)).toBe(1);
});

test('commandId: while the first is still in flight, and for functions, which are not run again', async () => {
  let ran = 0;
  const run = (): Promise<Receipt> =>
    client.transact(
      (tx) => {
        tx.put('k', ++ran);
        return ran;
      },
      { commandId: 'f' },
    );
  const [first, second] = await Promise.all([run(), run()]);
  expect(ran).toBe(1);
  expect(first).toMatchObject({ replayed: false, value: 1 });
  expect(second).toEqual({ ...first, replayed: true, value: undefined });
  await run();
  expect(ran).toBe(1);
  // Only what committed is remembered.
  expect(await codeOf(client.put('k', 1, { commandId: 'g', ifAbsent: true }))).toBe(
    'condition_failed',
  );
  expect(await client.put('k', 1, { commandId: 'g' })).toMatchObject({ replayed: false });
  expect(await client.remove('none', { commandId: 'h' })).toMatchObject({ changed: false });
  await client.put('none', 1);
  expect(await client.remove('none', { commandId: 'h' })).toMatchObject({
    changed: true,
    replayed: false,
  });
});

test('commit runs operations in order, atomically; an error names which', async () => {
  await client.commit({
    operations: [
      { op: 'put', args: { key: 'apple', value: 3 } },
      { op: 'buy', args: { item: 'apple', count: 2 } },
    ],
    actor: 'till',
    reason: 'sale',
    metadata: { n: 1n },
  });
  expect(client.get('apple')).toBe(1);
  const [commit] = await collect(client.changes({ from: 2, live: false }));
  expect(commit).toMatchObject({ actor: 'till', reason: 'sale', metadata: { n: 1n } });
  expect(commit?.operations?.map(({ name }) => name)).toEqual(['put', 'buy']);
  const failing = client.commit({
    operations: [
      { op: 'put', args: { key: 'apple', value: 9 } },
      { op: 'buy', args: { item: 'pear', count: 2 } },
    ],
  });
  await expect(failing).rejects.toMatchObject({
    code: 'operation_failed',
    details: { operationIndex: 1 },
  });
  expect(client.get('apple')).toBe(1);
  for (const bad of [
    undefined,
    null,
    {},
    { operations: [] },
    { operations: [{}] },
    { operations: 5 },
  ]) {
    expect(await codeOf(client.commit(bad as never))).toBe('invalid_argument');
    expect(await codeOf(client.preflight(bad as never))).toBe('invalid_argument');
  }
});

test('operations are found and their arguments checked before any of them runs', async () => {
  let ran = 0;
  const counted = defineOperation<{ n: number }>({
    name: 'counted',
    version: 1,
    args: {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value) =>
          typeof (value as { n?: unknown })?.n === 'number'
            ? { value: value as { n: number } }
            : { issues: [{ message: 'n is no number' }] },
      },
    },
    handler: (context, { n }) => {
      ran++;
      context.put('n', n);
    },
  });
  const node = await Client.open({ memory: true, operations: [counted as AnyOperation] });
  const good = { op: 'counted', args: { n: 1 } };
  const refusals = [
    ['operation_unknown', { op: 'nobody', args: {} }],
    ['operation_invalid', { op: 'counted', args: { n: 'x' } }],
    ['operation_invalid', { op: 'put', args: { key: 'k' } }],
    ['operation_invalid', { op: 'remove', args: [] }],
  ] as const;
  for (const [code, bad] of refusals) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other, so that `ran` says which
    await expect(node.commit({ operations: [good, good, bad] })).rejects.toMatchObject({
      code,
      details: { operationIndex: 2 },
    });
    expect([ran, node.get('n')]).toEqual([0, undefined]);
  }
  await node.commit({ operations: [good, good], commandId: 'c' });
  expect(ran).toBe(2);
  // A command that is known is answered, whatever operations this opening knows.
  expect(await node.commit({ operations: [good, good], commandId: 'c' })).toMatchObject({
    replayed: true,
  });
  await expect(node.commit({ operations: [good], commandId: 'c' })).rejects.toMatchObject({
    code: 'command_mismatch',
  });
  expect(ran).toBe(2);
  await node.close();
});

test('a schema may neither write nor throw', async () => {
  const validate = (): never => {
    void client.put('from schema', 1).catch((error: AdastraError) => codes.push(error.code));
    throw new RangeError('planted');
  };
  const codes: string[] = [];
  const node = await Client.open({
    memory: true,
    operations: [
      {
        name: 'thrower',
        version: 1,
        args: { '~standard': { version: 1, vendor: 'test', validate } },
        handler: () => {},
      },
    ],
  });
  await client.close();
  client = node;
  await expect(node.commit({ operations: [{ op: 'thrower', args: 1 }] })).rejects.toMatchObject({
    code: 'operation_failed',
    details: { operation: 'thrower', operationIndex: 0 },
    cause: new RangeError('planted'),
  });
  expect(codes).toEqual(['nested_write']);
  expect(node.count()).toBe(0);
});

test('what a handler throws keeps its own code and details', async () => {
  class Short extends Error {
    readonly code = 'short';
    readonly details = { left: 2, operation: 'not this' };
  }
  const sell = defineOperation({
    name: 'sell',
    version: 1,
    handler: () => {
      throw new Short('2 left');
    },
  });
  const node = await Client.open({ memory: true, operations: [sell as AnyOperation] });
  await expect(node.commit({ operations: [{ op: 'sell', args: 1 }] })).rejects.toMatchObject({
    code: 'operation_failed',
    details: { operation: 'sell', code: 'short', left: 2, operationIndex: 0 },
  });
  await node.close();
});

test('preflight: the same answer, without effect', async () => {
  await client.put('apple', 1);
  const good = { operations: [{ op: 'buy', args: { item: 'apple', count: 1 } }] };
  expect(await client.preflight(good)).toEqual({
    ok: true,
    seq: 2,
    operations: [{ op: 'buy', ok: true }],
    keys: ['apple'],
  });
  const bad = { operations: [...good.operations, ...good.operations, { op: 'no', args: 1 }] };
  const report = await client.preflight(bad);
  expect(report.operations.map(({ ok }) => ok)).toEqual([true, false]);
  expect(report.operations[1]?.error?.code).toBe('operation_failed');
  expect(report.ok).toBe(false);
  const late = await client.preflight({ ...good, ifSeq: 1 });
  expect(late.operations.at(-1)).toMatchObject({
    op: 'conditions',
    ok: false,
    error: { code: 'condition_failed' },
  });
  const early = await client.preflight({ operations: [{ op: 'no', args: 1 }] });
  expect(early.operations).toMatchObject([{ op: 'no', error: { code: 'operation_unknown' } }]);
  expect(client.get('apple')).toBe(1);
  expect(await commitsFrom(3)).toBe(0);
  await client.commit({ ...good, commandId: 'c' });
  expect((await client.preflight({ ...good, commandId: 'c' })).ok).toBe(true);
  const other = { operations: [{ op: 'remove', args: { key: 'apple' } }], commandId: 'c' };
  expect((await client.preflight(other)).operations[0]?.error?.code).toBe('command_mismatch');
});

test('revert takes back a put, an update and a remove, and refuses what changed since', async () => {
  const created = await client.put('k', 1);
  const updated = await client.put('k', 2);
  expect(await codeOf(client.revert(created.seq, { reason: 'r' }))).toBe('revert_refused');
  const receipt = await client.revert(updated.seq, { reason: 'wrong price' });
  expect(client.get('k')).toBe(1);
  const [commit] = await collect(client.changes({ from: receipt.seq, live: false }));
  expect(commit).toMatchObject({
    reason: 'wrong price',
    reverts: { origin: updated.origin, originSeq: updated.originSeq },
  });
  const removed = await client.remove('k');
  await client.revert(removed.seq, { reason: 'r' });
  expect(client.get('k')).toBe(1);
  const fresh = await client.transact((tx) => {
    tx.put('x', 1);
    tx.put('y', 1);
  });
  await client.put('y', 2);
  expect(await codeOf(client.revert(fresh.seq, { reason: 'r' }))).toBe('revert_refused');
  expect(client.get('x')).toBe(1);
  const last = await client.put('z', 1);
  await client.revert(last.seq, { reason: 'r', commandId: 'undo' });
  expect(client.contains('z')).toBe(false);
  expect(await client.revert(last.seq, { reason: 'r', commandId: 'undo' })).toMatchObject({
    replayed: true,
  });
});

test('revert needs a reason and a commit that is there, and leaves the system alone', async () => {
  await client.put('k', 1);
  expect(await codeOf(client.revert(2, {} as never))).toBe('invalid_options');
  expect(await codeOf(client.revert(2, undefined as never))).toBe('invalid_options');
  expect(await codeOf(client.revert(0, { reason: 'r' }))).toBe('invalid_argument');
  expect(await codeOf(client.revert(99, { reason: 'r' }))).toBe('not_found');
  expect(await codeOf(client.revert(1, { reason: 'r' }))).toBe('reserved_key');
  expect(client.get('$world/level')).toBe(1);
});

test('keys of the system are not written, whatever the way', async () => {
  const request = { operations: [{ op: 'put', args: { key: '$x', value: 1 } }] };
  for (const call of [
    client.put('$x', 1),
    client.put('$x', 1, { actor: 'a' }),
    client.remove('$world/level'),
    client.update('$x', () => 1),
    client.transact((tx) => tx.put('$x', 1)),
    client.commit(request),
  ]) {
    expect(await codeOf(call)).toBe('reserved_key');
  }
});

test('wrong options of a write are refused, whatever the way', async () => {
  for (const [options, code] of [
    [{ comandId: 'x' }, 'invalid_options'],
    [{ durability: 'sometimes' }, 'invalid_options'],
    [{ ifSeq: -1 }, 'invalid_options'],
    [{ ifSeq: 1.5 }, 'invalid_options'],
    [{ ifAbsent: 1 }, 'invalid_options'],
    [{ ifStamp: 5 }, 'invalid_options'],
    [{ actor: '' }, 'invalid_options'],
    [{ commandId: 'x'.repeat(257) }, 'limit_exceeded'],
    [{ metadata: 'x'.repeat(4096) }, 'limit_exceeded'],
    [{ metadata: () => 1 }, 'invalid_value'],
    [{ signal: AbortSignal.abort() }, 'aborted'],
  ] as const) {
    expect(await codeOf(client.put('k', 1, options as never)), JSON.stringify(options)).toBe(code);
  }
  expect(await codeOf(client.put('k', 1, { commandId: 'x'.repeat(256) }))).toBe('none');
  expect(await codeOf(client.put('k', 1, { metadata: 'x'.repeat(4094) }))).toBe('none');
  // A condition that would say nothing is an error, not a silence.
  expect(await codeOf(client.transact(() => 1, { ifAbsent: true } as never))).toBe(
    'invalid_options',
  );
  const operations = [{ op: 'put', args: { key: 'k', value: 1 } }];
  expect(await codeOf(client.commit({ operations, ifStamp: [] } as never))).toBe('invalid_options');
});

test('limits: one below passes, one above is refused and changes nothing', async () => {
  const limits = {
    keyBytesMax: 8,
    valueBytesMax: 100,
    depthMax: 3,
    metadataBytesMax: 10,
    commitBytesMax: 5000,
    segmentBytes: 8192,
  };
  const small = await Client.open({ memory: true, limits });
  expect(await codeOf(small.put('k'.repeat(8), 1))).toBe('none');
  expect(await codeOf(small.put('k'.repeat(9), 1))).toBe('invalid_key');
  expect(await codeOf(small.put('é'.repeat(5), 1))).toBe('invalid_key');
  expect(await codeOf(small.put('k', 'x'.repeat(98)))).toBe('none');
  expect(await codeOf(small.put('k', 'x'.repeat(99)))).toBe('limit_exceeded');
  expect(await codeOf(small.put('k', [[[1]]]))).toBe('none');
  expect(await codeOf(small.put('k', [[[[1]]]]))).toBe('limit_exceeded');
  const many = (count: number): Promise<unknown> =>
    small.transact((tx) => {
      for (let index = 0; index < count; index++) tx.put(`k${index}`, 'x'.repeat(90));
    });
  expect(await codeOf(many(30))).toBe('none');
  const { seq } = await small.status();
  expect(await codeOf(many(60))).toBe('limit_exceeded');
  expect((await small.status()).seq).toBe(seq);
  await small.close();
});
