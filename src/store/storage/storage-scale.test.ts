/**
 * What only shows with many or large entries: growth, merges of the order, compaction under
 * snapshots and undos, forgetting, long keys and values, cursors in flight.
 */
import { describe, expect, test } from 'vitest';
import { newStorage, putOf, removeOf } from '../../../test/storage/storage-model.ts';
import { Prng, type Value, compareKeys } from '../../core/index.ts';
import { GREATEST } from './cell.ts';
import type { Undo } from './generation.ts';
import type { RangeBounds } from './bounds.ts';
import type { Storage } from './storage.ts';
import type { StorageSnapshot } from './storage-snapshot.ts';

function keysOf(storage: Storage | StorageSnapshot, bounds: RangeBounds = {}): string[] {
  const keys: string[] = [];
  const cursor = storage.range(bounds);
  while (cursor.next()) keys.push(cursor.key);
  return keys;
}

function randomKeys(prng: Prng, count: number): string[] {
  const prefixes = ['', 'city/FR/Île-de-France/', 'user:', 'q'.repeat(1000), 'n\u0000\u0000\u0000'];
  const keys = new Set<string>();
  while (keys.size < count) {
    const prefix = prefixes[prng.below(prefixes.length)] ?? '';
    const end = '\u0000'.repeat(prng.below(3));
    keys.add(`${prefix}${prng.below(count * 4).toString(36)}${end}`);
  }
  return [...keys];
}

describe('Storage with much in it', () => {
  test('300 k keys grow table and order; slices and single insertions give the same order', () => {
    const storage = newStorage(5);
    const cell = putOf('x', 1);
    const keys = Array.from({ length: 300_000 }, (_, i) =>
      Math.imul(i, 2_654_435_761).toString(36),
    );
    keys.forEach((key, i) => storage.setSingle(key, cell, i + 1));
    expect(storage.settle(65_536)).toBe(false);
    for (let slice = 0; !storage.settle(10_000); slice++) expect(slice).toBeLessThan(200);
    expect(storage.entryCount).toBe(300_000);
    keys.forEach((key, i) => {
      if (storage.lastSeq(storage.find(key)) !== i + 1) throw new Error(`lost ${key}`);
    });
    expect(keysOf(storage)).toEqual([...keys].sort(compareKeys));
    expect(storage.bytes.memory).toBeLessThan(300_000 * 120);
  });

  test('sorting knows long prefixes, keys that end early and real zeros', () => {
    const prng = new Prng(11);
    const storage = newStorage();
    const known: string[] = [];
    for (const count of [1, 5, 3000, 40, 1, 900, 2, 7000]) {
      for (const key of randomKeys(prng, count)) {
        if (storage.has(key)) continue;
        storage.setSingle(key, putOf(1, 1), 1);
        known.push(key);
      }
      expect(keysOf(storage)).toEqual([...known].sort(compareKeys));
    }
    expect(keysOf(storage, { reverse: true, prefix: 'q' })).toEqual(
      known
        .filter((key) => key.startsWith('q'))
        .sort(compareKeys)
        .reverse(),
    );
  });

  test('loading in order is what single setters give, also into a store that is not empty', () => {
    const keys = randomKeys(new Prng(3), 5000).sort(compareKeys);
    const loaded = newStorage(1);
    const set = newStorage(2);
    loaded.setSingle('m', putOf('before', 1), 1);
    set.setSingle('m', putOf('before', 1), 1);
    keys.forEach((key, i) => {
      const bytes = new TextEncoder().encode(key);
      loaded.loadSorted(bytes, 0, bytes.length, putOf(i, i), i);
      set.setSingle(key, putOf(i, i), i);
    });
    expect(keysOf(loaded)).toEqual(keysOf(set));
    expect(loaded.stateHash()).toBe(set.stateHash());
    expect(loaded.get(keys[77] as string)).toBe(77);
  });

  test('overwriting 100 k keys 20 times keeps memory within 3 × live', () => {
    const storage = newStorage();
    const bytes = new Uint8Array(85).fill(65);
    const cell = putOf(bytes, 1);
    const keys = Array.from({ length: 100_000 }, (_, i) => `key:${i}`);
    const prng = new Prng(1);
    for (const key of keys) storage.setSingle(key, cell, 1);
    const fresh = storage.bytes.memory;
    for (let i = 0; i < 100_000 * 19; i++) {
      storage.setSingle(keys[prng.below(keys.length)] as string, cell, i);
    }
    expect(storage.bytes.memory).toBeLessThan(fresh * 3);
    for (const key of keys)
      if ((storage.get(key) as Uint8Array).length !== 85) throw new Error(key);
    expect(storage.bytes.values).toBe(100_000 * 88);
  }, 60_000);

  test('compaction disturbs neither snapshots nor undos', () => {
    const storage = newStorage();
    const text = 'v'.repeat(400);
    const keys = Array.from({ length: 20_000 }, (_, i) => `k${i}`);
    for (const key of keys) storage.setSingle(key, putOf(`${text}${key}`, 1), 1);
    const hash = storage.stateHash();
    const snapshot = storage.snapshot();
    const undos: Undo[] = [];
    const memory = storage.bytes.memory;
    for (let round = 0; round < 3; round++) {
      for (const key of keys) {
        if (key.endsWith('7')) continue;
        undos.push(storage.setSingle(key, putOf(round, 2 + round), 2));
      }
    }
    while (!storage.compact(10_000));
    expect(storage.bytes.memory).toBeLessThan(memory / 2);
    for (const key of keys) {
      if (snapshot.get(key) !== `${text}${key}`) throw new Error(`snapshot lost ${key}`);
      if (storage.get(key) !== (key.endsWith('7') ? `${text}${key}` : 2)) throw new Error(key);
    }
    for (const undo of undos.reverse()) storage.undo(undo);
    expect(storage.stateHash()).toBe(hash);
    snapshot.release();
    while (!storage.compact(1_000_000));
    for (const key of keys)
      if (storage.get(key) !== `${text}${key}`) throw new Error(`lost ${key}`);
  });

  test('collected keys are forgotten and their memory used again, but not under a snapshot', () => {
    const storage = newStorage();
    const live = (round: number): void => {
      for (let i = 0; i < 3000; i++) {
        storage.setSingle(`job/${round}/${i}`, removeOf(1), 1);
        expect(storage.tombstoneCount).toBe(1);
        storage.collect(`job/${round}/${i}`);
      }
      storage.settle();
    };
    storage.setSingle('job/kept', putOf('kept', 1), 1);
    live(1);
    live(2);
    const memory = storage.bytes;
    for (let round = 100; round < 130; round++) live(round);
    expect(storage.bytes.keys).toBeLessThan(100_000);
    expect(storage.bytes.memory).toBeLessThan(memory.memory + 1_500_000);
    expect(keysOf(storage, { includeAbsent: true })).toEqual(['job/kept']);
    const names = Array.from({ length: 4000 }, (_, i) => `under/${i}`);
    for (const name of names) storage.setSingle(name, removeOf(1), 1);
    const snapshot = storage.snapshot();
    for (const name of names) storage.collect(name);
    live(200);
    expect(keysOf(snapshot, { prefix: 'under/', includeAbsent: true })).toEqual([...names].sort());
    expect(storage.count({ prefix: 'under/', includeAbsent: true })).toBe(0);
    snapshot.release();
    live(201);
    expect(keysOf(storage, { includeAbsent: true })).toEqual(['job/kept']);
  });

  test('an undo still works when its key was forgotten in between', () => {
    const storage = newStorage();
    // Keeps the first chunk, so that the undo finds the old cell there and brings it to life again.
    storage.setSingle('kept', putOf(1, 1), 1);
    storage.setSingle('dead', removeOf(5), 9);
    storage.settle();
    const undo = storage.collect('dead');
    for (let i = 0; i < 5000; i++) storage.undo(storage.setSingle(`t${i}`, putOf(i, 1), 1));
    storage.settle();
    for (let i = 0; i < 5000; i++) storage.undo(storage.setSingle(`u${i}`, putOf(i, 1), 1));
    storage.undo(undo);
    expect(storage.lastSeq(storage.find('dead'))).toBe(9);
    for (let i = 0; i < 3000; i++) storage.setSingle('other', putOf('x'.repeat(500), 1), 1);
    while (!storage.compact(1_000_000));
    storage.collect('other');
    expect(storage.lastSeq(storage.find('dead'))).toBe(9);
    expect(keysOf(storage, { includeAbsent: true })).toEqual(['dead', 'kept']);
  });

  test('a cursor survives setters, settling and forgetting', () => {
    const storage = newStorage();
    const names = Array.from({ length: 2000 }, (_, i) => `k${String(i).padStart(5, '0')}`);
    for (const name of names) storage.setSingle(name, putOf(name, 1), 1);
    for (const reverse of [false, true]) {
      const cursor = storage.range({ prefix: 'k', reverse });
      const seen: Value[] = [];
      for (let i = 0; cursor.next(); i++) {
        const value = cursor.value() as string;
        storage.setSingle(`a${reverse}${i}`, putOf(0, 1), 1);
        storage.setSingle(cursor.key, putOf(value, 2), 1);
        storage.setSingle(`j${reverse}${i}`, removeOf(1), 1);
        storage.collect(`j${reverse}${i}`);
        if (i % 50 === 0) storage.settle();
        expect(cursor.value()).toBe(value);
        seen.push(value);
      }
      expect(seen).toEqual(reverse ? [...names].reverse() : names);
    }
  });

  test('keys of 1 KiB, values of 1 MiB and of nothing', () => {
    const storage = newStorage();
    const big = new Uint8Array(1_048_576).map((_, i) => i);
    const long = 'ü'.repeat(512);
    storage.setSingle(long, putOf(big, 1), 1);
    storage.setSingle(`${long.slice(1)}a`, putOf(new Uint8Array(0), 1), 1);
    storage.setSingle('text', putOf('ü'.repeat(300_000), 1), 1);
    expect(Buffer.compare(storage.get(long) as Uint8Array, big)).toBe(0);
    expect(storage.get(`${long.slice(1)}a`)).toEqual(new Uint8Array(0));
    expect(storage.get('text')).toBe('ü'.repeat(300_000));
    const memory = storage.bytes.memory;
    for (let i = 0; i < 20; i++) storage.setSingle(long, putOf(big, i), 1);
    expect(storage.bytes.memory).toBeLessThan(memory + 2_200_000);
    expect(storage.get('text')).toBe('ü'.repeat(300_000));
  });

  test('conflicts are listed until one write ends them', () => {
    const storage = newStorage();
    const siblings = [putOf(1, 5, 1), removeOf(6, 2), putOf(3, 4, 0)];
    storage.setSiblings('c', siblings, GREATEST, 7);
    expect([...storage.conflicts()]).toEqual(['c']);
    const ref = storage.find('c');
    expect(storage.siblingCount(ref)).toBe(3);
    expect(storage.readEntry(ref)?.siblings.map((cell) => cell.origin)).toEqual([0, 1, 2]);
    expect(storage.viewPresent(ref)).toBe(false);
    expect(storage.hasPut(ref)).toBe(true);
    storage.setSingle('c', putOf(9, 9), 8);
    expect([...storage.conflicts()]).toEqual([]);
    expect(storage.get('c')).toBe(9);
  });
});
