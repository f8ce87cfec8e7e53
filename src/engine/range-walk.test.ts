import { beforeEach, describe, expect, test } from 'vitest';
import { newStorage, putOf } from '../../test/storage/storage-model.ts';
import type { Storage, StorageSnapshot } from '../store/storage/index.ts';
import { RangeWalk, type WalkKind } from './range-walk.ts';

let storage: Storage;
let snapshot: StorageSnapshot;

beforeEach(() => {
  storage = newStorage();
  for (const key of ['b', 'a', 'c']) storage.setSingle(key, putOf(`of ${key}`, 1, 0, undefined), 1);
  snapshot = storage.snapshot();
});

function walk<Item>(kind: WalkKind, limit?: number): RangeWalk<Item> {
  return new RangeWalk<Item>(kind, snapshot, {}, { limit, release: true });
}

function released(): boolean {
  try {
    snapshot.get('a');
    return false;
  } catch {
    return true;
  }
}

describe('RangeWalk', () => {
  test('gives what its kind says, then ends and lets its snapshot go', () => {
    const options = { limit: undefined, release: false };
    expect([...new RangeWalk('keys', snapshot, {}, options)]).toEqual(['a', 'b', 'c']);
    expect([...new RangeWalk('values', snapshot, {}, options)]).toEqual(['of a', 'of b', 'of c']);
    expect(released()).toBe(false);
    expect([...walk('entries')]).toEqual([
      ['a', 'of a'],
      ['b', 'of b'],
      ['c', 'of c'],
    ]);
    expect(released()).toBe(true);
  });

  test.each([0, 1, 2])('stops at a limit of %d', (limit) => {
    const keys = walk<string>('keys', limit);
    expect([...keys]).toEqual(['a', 'b', 'c'].slice(0, limit));
    expect(released()).toBe(true);
    expect(keys.next()).toEqual({ done: true, value: undefined });
  });

  test('is over once it was left, also before the first step', () => {
    const keys = walk<string>('keys');
    expect(keys.return()).toEqual({ done: true, value: undefined });
    expect(released()).toBe(true);
    expect(keys.next().done).toBe(true);
  });

  test('leaving a loop lets the snapshot go', () => {
    for (const key of walk<string>('keys')) if (key === 'a') break;
    expect(released()).toBe(true);
  });

  test('reads the state at the call, whatever is written on the way', () => {
    const values = walk<string>('values');
    storage.setSingle('a', putOf('later', 2, 0, undefined), 2);
    expect(values.next().value).toBe('of a');
    storage.setSingle('bb', putOf('new', 2, 0, undefined), 2);
    storage.collect('c');
    expect([...values]).toEqual(['of b', 'of c']);
  });

  test('inherits what platforms give iterators', () => {
    const platform = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())) as object;
    expect(Object.getPrototypeOf(RangeWalk.prototype)).toBe(platform);
  });
});
