/**
 * The hashes: what they are over, that they never change between versions, and that they keep up.
 */
import { describe, expect, test } from 'vitest';
import { newStorage, putOf, removeOf } from '../../../test/storage/storage-model.ts';
import { CODEC_BYTES, CODEC_JSON } from '../../core/index.ts';
import { GREATEST, makeCell } from './cell.ts';
import { bucketOf } from './state-hash.ts';
import type { Storage } from './storage.ts';

function filled(): Storage {
  const storage = newStorage();
  storage.setSingle('a', putOf({ n: 1 }, 1000, 1), 1);
  storage.setSingle('é', putOf(new Uint8Array([0, 255]), 2 ** 47 + 1, 2, new Uint8Array([7])), 2);
  storage.setSingle('$world/level', putOf(1, 3), 3);
  storage.setSiblings('c', [removeOf(9, 1), putOf('x', 5, 3)], GREATEST, 4);
  storage.setSingle('gone', removeOf(4), 5);
  return storage;
}

describe('stateHash and contentHash', () => {
  test('are the same in every version and on every machine', () => {
    expect(filled().stateHash()).toMatchInlineSnapshot(
      `"123732d2f0cd93a67f4db01aaa287cbcf5367e0519e15daece528f1746594527"`,
    );
    expect(filled().contentHash()).toMatchInlineSnapshot(
      `"c6e395f6813ffa878c443f1154677c62b9bfa1043a3d8e49d88bda39e6a98a03"`,
    );
    expect(newStorage().stateHash()).toMatchInlineSnapshot(
      `"c67db32ad294a7dba85832f25e759c1af3b600145ac806eedf8a412101c2e672"`,
    );
    expect(newStorage().contentHash()).toMatchInlineSnapshot(
      `"2461904c4ed51aba2a22228ea74662a5d353211c81b5d8074646868b191d890e"`,
    );
    const buckets = ['a', 'é', 'user:1', 'z'.repeat(100)].map((k) =>
      bucketOf(new TextEncoder().encode(k)),
    );
    expect(buckets).toMatchInlineSnapshot(`
      [
        237,
        170,
        246,
        188,
      ]
    `);
  });

  test('a tombstone counts nothing; seq and the view count nothing in the state', () => {
    const storage = filled();
    const hash = storage.stateHash();
    storage.setSingle('other', removeOf(1), 9);
    storage.setSingle('a', putOf({ n: 1 }, 1000, 1), 77);
    storage.setSiblings('c', [removeOf(9, 1), putOf('x', 5, 3)], { kind: 'sibling', index: 0 }, 9);
    expect(storage.stateHash()).toBe(hash);
    expect(storage.contentHash()).not.toBe(filled().contentHash());
    expect(storage.get('c')).toBe('x');
  });

  test('every part of a sibling counts in the state, only the value in the content', () => {
    const bytes = new Uint8Array([49]);
    const parts = [0, 2, undefined, 5, 6, 1, 8] as const;
    const states = new Set<string>();
    const contents = new Set<string>();
    for (let changed = 0; changed < parts.length; changed++) {
      const [, , , ms, counter, origin, originSeq] = parts;
      const by = (index: number): number => (index === changed ? 1 : 0);
      const storage = newStorage();
      const meta = changed === 2 ? new Uint8Array(0) : undefined;
      const cell = makeCell(
        0,
        CODEC_JSON + 16 * by(1),
        bytes,
        0,
        1,
        meta,
        ms + by(3),
        counter + by(4),
        origin + by(5),
        originSeq + by(6),
      );
      storage.setSingle('k', cell, 1);
      states.add(storage.stateHash());
      contents.add(storage.contentHash());
    }
    expect(states.size).toBe(parts.length);
    expect(contents.size).toBe(1);
  });

  test('raw bytes and JSON text with the same bytes are different content', () => {
    const bytes = new Uint8Array([49]);
    const [raw, text] = [CODEC_BYTES, CODEC_JSON].map((codec) => {
      const storage = newStorage();
      storage.setSingle('k', makeCell(0, codec, bytes, 0, 1, undefined, 1, 0, 0, 1), 1);
      return storage.contentHash();
    });
    expect(raw).not.toBe(text);
  });

  test('slices get there while writes go on, and the buckets show where states differ', () => {
    const storage = newStorage();
    for (let i = 0; i < 3000; i++) storage.setSingle(`k${i}`, putOf(i, i), i);
    let slices = 1;
    for (; !storage.hashSlice(100); slices++) {
      storage.setSingle(`k${slices * 7}`, putOf('changed', slices), 1);
      storage.setSingle(`new${slices}`, putOf('new', slices), 1);
    }
    expect(slices).toBeGreaterThan(25);
    const twin = newStorage(9);
    const cursor = storage.range({});
    while (cursor.next()) {
      const [cell] = cursor.entry().siblings;
      if (cell !== undefined) twin.setSingle(cursor.key, cell, 1);
    }
    expect(storage.stateHash()).toBe(twin.stateHash());
    twin.setSingle('k5', putOf('else', 1), 1);
    const differing = twin
      .stateHashBuckets()
      .flatMap((sum, bucket) =>
        Buffer.compare(sum, storage.stateHashBuckets()[bucket] as Uint8Array) === 0 ? [] : [bucket],
      );
    expect(differing).toEqual([bucketOf(new TextEncoder().encode('k5'))]);
  });
});
