import { expect, test } from 'vitest';
import { findCycle, pathOf, unfitReason, valueTooDeep } from './value-fault.ts';

test('paths read like code, with odd names quoted', () => {
  expect(pathOf(['items', 3, 'price', 'unused'], 3)).toBe('$.items[3].price');
  expect(pathOf(['a b', '', '7', '$x', 'é'], 5)).toBe('$["a b"][""]["7"].$x["é"]');
  expect(pathOf([], 0)).toBe('$');
});

test('findCycle names the place where an object stands inside itself', () => {
  const list: unknown[] = [1];
  const root = { before: { fine: true }, a: { list } };
  list.push(root);
  expect(findCycle(root)).toBe('$.a.list[1]');
});

test('an object that is there twice is no cycle', () => {
  const shared = { x: [1] };
  expect(findCycle({ a: shared, b: [shared, shared], c: shared.x })).toBeUndefined();
});

test('findCycle is iterative, sees each object once and runs no getter', () => {
  let deep: unknown = [];
  for (let index = 0; index < 100_000; index++) deep = [deep];
  expect(findCycle(deep)).toBeUndefined();
  let wide: unknown = [];
  for (let index = 0; index < 60; index++) wide = [wide, wide];
  expect(findCycle(wide)).toBeUndefined();
  const getter = {
    get boom(): never {
      throw new Error('read');
    },
  };
  expect(findCycle(getter)).toBeUndefined();
});

test('too deep is a limit unless it is a cycle', () => {
  expect(valueTooDeep([[]], '$[0]', 1, 2)).toMatchObject({
    code: 'limit_exceeded',
    details: { limitName: 'depthMax', limit: 1, actual: 2, path: '$[0]' },
  });
  const self: unknown[] = [];
  self.push(self);
  expect(valueTooDeep(self, '$[0]', 1, 2)).toMatchObject({
    code: 'invalid_value',
    details: { path: '$[0]' },
  });
});

test.each([
  [undefined, 'undefined'],
  [Number.NaN, 'NaN'],
  [Number.NEGATIVE_INFINITY, '-Infinity'],
  ['\ud800', 'lone surrogate'],
  [new Map(), 'an instance of Map'],
  [Object.create(Object.create(null)), 'another prototype'],
  [() => 1, 'a function'],
  [Symbol('x'), 'a symbol'],
])('%o is described', (value, words) => expect(unfitReason(value)).toContain(words));
