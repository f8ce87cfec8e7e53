import { expect, test } from 'vitest';
import { MalformedBytes, Vector } from '../../core/index.ts';
import { Incarnations } from './incarnations.ts';
import { SeenTable } from './seen-table.ts';

const KEY = '11'.repeat(16);
const name = (incarnation: string, key = KEY): string => `${key}.${incarnation.repeat(16)}`;
const [A, B, C, D, X] = [
  name('0a'),
  name('0b'),
  name('0c'),
  name('0d'),
  name('01', '22'.repeat(16)),
];
const head = new Uint8Array(8);

function vectorOf(entries: Record<string, number>): Vector {
  const vector = new Vector();
  for (const [origin, at] of Object.entries(entries))
    vector.advance(origin, at, new Uint8Array(32));
  return vector;
}

test('an incarnation is ended exactly where a successor that is in says so', () => {
  const incarnations = new Incarnations();
  incarnations.end(A, 5, B);
  expect(incarnations.isEndedAt(A, 5, vectorOf({ [B]: 1 }))).toBe(true);
  expect(incarnations.isEndedAt(A, 5, vectorOf({ [A]: 5 }))).toBe(false);
  expect(incarnations.isEndedAt(A, 7, vectorOf({ [B]: 1 }))).toBe(false);
  expect(incarnations.isEndedAt(B, 1, vectorOf({ [B]: 1 }))).toBe(false);
});

test('a copied directory gives two successors, none of which hides the other', () => {
  const incarnations = new Incarnations();
  incarnations.end(A, 5, B);
  incarnations.end(A, 3, C);
  incarnations.end(A, 3, C);
  expect(incarnations.endingsOf(A)).toEqual([
    { successor: B, lastOriginSeq: 5 },
    { successor: C, lastOriginSeq: 3 },
  ]);
  const loaded = new Incarnations();
  loaded.load(incarnations.encode());
  expect(loaded.endingsOf(A)).toEqual(incarnations.endingsOf(A));
  expect(loaded.endingsOf(B)).toEqual([]);
});

test('every truncation of both tables is malformed', () => {
  const incarnations = new Incarnations();
  const seen = new SeenTable(incarnations);
  seen.noteEntries(X, [{ origin: A, originSeq: 300, digestHead: head }], undefined);
  seen.noteEntries(B, [], { origin: A, lastOriginSeq: 300, digestHead: head });
  for (const bytes of [incarnations.encode(), seen.encode()]) {
    for (let length = 0; length < bytes.length; length++) {
      const cut = bytes.subarray(0, length);
      const load =
        bytes.length === incarnations.encode().length
          ? new Incarnations()
          : new SeenTable(incarnations);
      expect(() => load.load(cut)).toThrow(MalformedBytes);
    }
  }
});

test('seen: what was named, what a successor implies, and no more', () => {
  const incarnations = new Incarnations();
  const seen = new SeenTable(incarnations);
  // A wrote 5, of which B knew 3 (a rolled-back image); B wrote 2 and C went on from there.
  seen.noteEntries(B, [], { origin: A, lastOriginSeq: 3, digestHead: head });
  seen.noteEntries(C, [], { origin: B, lastOriginSeq: 2, digestHead: head });
  seen.noteEntries(X, [{ origin: C, originSeq: 1, digestHead: head }], undefined);
  expect(seen.hasSeen(X, C, 1)).toBe(true);
  expect(seen.hasSeen(X, C, 2)).toBe(false);
  expect(seen.hasSeen(X, B, 2)).toBe(true);
  expect(seen.hasSeen(X, B, 3)).toBe(false);
  expect(seen.hasSeen(X, A, 3)).toBe(true);
  expect(seen.hasSeen(X, A, 4)).toBe(false);
  expect(seen.hasSeen(C, A, 3)).toBe(true);
  expect(seen.hasSeen(B, A, 5)).toBe(false);
  expect(seen.hasSeen(A, A, 99)).toBe(true);
  expect(seen.hasSeen(D, A, 1)).toBe(false);
  const loaded = new SeenTable(incarnations);
  loaded.load(seen.encode());
  expect(loaded.encode()).toEqual(seen.encode());
  expect(loaded.hasSeen(X, A, 3)).toBe(true);
});

test('a cycle that a liar names ends', () => {
  const incarnations = new Incarnations();
  const seen = new SeenTable(incarnations);
  incarnations.end(A, 5, B);
  incarnations.end(B, 5, A);
  expect(seen.hasSeen(X, A, 1)).toBe(false);
});
