import { expect, test } from 'vitest';
import { z } from 'zod';
import { AdastraError } from '../../core/index.ts';
import { type AnyOperation, defineOperation, type OperationContext } from './operation.ts';
import { isThenable, OperationRegistry, runPrepared } from './operation-registry.ts';

function contextOf(): OperationContext & { readonly calls: unknown[][] } {
  const calls: unknown[][] = [];
  const note = (...call: unknown[]): undefined => void calls.push(call);
  return {
    calls,
    get: (key) => note('get', key),
    getEntry: (key) => note('getEntry', key),
    contains: (key) => (note('contains', key), true),
    list: () => [][Symbol.iterator]() as never,
    put: (key, value) => note('put', key, value),
    remove: (key) => (note('remove', key), true),
    run: (name, args) => note('run', name, args),
  };
}

function run(
  registry: OperationRegistry,
  context: OperationContext,
  ...call: [string, unknown]
): unknown {
  return runPrepared(context, registry.prepare(...call));
}

function codeOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (AdastraError.is(error)) return error.code;
    throw error;
  }
  return 'none';
}

test('put and remove are operations', () => {
  const registry = new OperationRegistry();
  const context = contextOf();
  run(registry, context, 'put', { key: 'k', value: null });
  expect(run(registry, context, 'remove', { key: 'k' })).toBe(true);
  expect(context.calls).toEqual([
    ['put', 'k', null],
    ['remove', 'k'],
  ]);
  for (const args of [undefined, null, [], {}, { key: 1, value: 1 }, { key: 'k' }]) {
    expect(codeOf(() => run(registry, context, 'put', args))).toBe('operation_invalid');
  }
  expect(codeOf(() => run(registry, context, 'remove', { key: 5 }))).toBe('operation_invalid');
  expect(codeOf(() => run(registry, context, 'sell', {}))).toBe('operation_unknown');
});

test('arguments are checked and typed by any standard schema', () => {
  const sell = defineOperation({
    name: 'sell',
    version: 2,
    args: z.object({ item: z.string(), count: z.number().int().positive().default(1) }),
    handler: (context, { item, count }) => {
      context.put(item, count);
      return count;
    },
  });
  const registry = new OperationRegistry([sell as AnyOperation]);
  const context = contextOf();
  expect(run(registry, context, 'sell', { item: 'apple' })).toBe(1);
  try {
    run(registry, context, 'sell', { item: 'apple', count: -1 });
    expect.unreachable();
  } catch (error) {
    if (!AdastraError.is(error)) throw error;
    expect(error.code).toBe('operation_invalid');
    expect(error.message).toContain('count: ');
  }
  expect(context.calls).toHaveLength(1);
});

test('a handler that throws is operation_failed with its cause, unless it throws one of ours', () => {
  const cause = new Error('sold out');
  const registry = new OperationRegistry([
    {
      name: 'fails',
      version: 1,
      handler: () => {
        throw cause;
      },
    },
    {
      name: 'ours',
      version: 1,
      handler: () => {
        throw new AdastraError('not_found', 'no');
      },
    },
    { name: 'later', version: 1, handler: async () => 1 },
    {
      name: 'slow',
      version: 1,
      args: { '~standard': { version: 1, vendor: 'test', validate: async () => ({ value: 1 }) } },
      handler: () => 1,
    },
  ]);
  const context = contextOf();
  try {
    run(registry, context, 'fails', 1);
    expect.unreachable();
  } catch (error) {
    if (!AdastraError.is(error)) throw error;
    expect([error.code, error.cause]).toEqual(['operation_failed', cause]);
  }
  expect(codeOf(() => run(registry, context, 'ours', 1))).toBe('not_found');
  expect(codeOf(() => run(registry, context, 'later', 1))).toBe('async_transaction');
  expect(codeOf(() => run(registry, context, 'slow', 1))).toBe('operation_invalid');
});

test('definitions are checked, names are unique', () => {
  const handler = (): number => 1;
  for (const bad of [
    { name: '', version: 1, handler },
    { name: 'x'.repeat(129), version: 1, handler },
    { name: 'a', version: 0, handler },
    { name: 'a', version: 1.5, handler },
    { name: 'a', version: 1, handler: 5 as never },
  ]) {
    expect(codeOf(() => defineOperation(bad))).toBe('invalid_options');
  }
  expect(defineOperation({ name: 'x'.repeat(128), version: 1, handler }).version).toBe(1);
  const put = { name: 'put', version: 1, handler };
  expect(codeOf(() => new OperationRegistry([put]))).toBe('invalid_options');
});

test('what is thenable', () => {
  expect([Promise.resolve(), { then: () => 1 }].every(isThenable)).toBe(true);
  expect([undefined, null, 1, 'then', {}, { then: 1 }].some(isThenable)).toBe(false);
});
