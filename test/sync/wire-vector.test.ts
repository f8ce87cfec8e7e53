import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hexOf, Prng, Vector } from '../../src/core/index.ts';
import { coversIn, Incarnations } from '../../src/store/transactions/index.ts';
import { compactVector } from '../../src/sync/wire-vector.ts';

const ORIGINS = Array.from({ length: 9 }, (_, at) => `${'0a'.repeat(16)}.0${at}${'00'.repeat(15)}`);

/** Some incarnations that go on from each other, in chains and in forks, and what one node has. */
function history(seed: number): { incarnations: Incarnations; vectors: Vector[] } {
  const random = new Prng(seed);
  const incarnations = new Incarnations();
  const names = ORIGINS.slice(0, 2 + random.below(ORIGINS.length - 1));
  const vectors = [new Vector(), new Vector()];
  for (const [at, name] of names.entries()) {
    const before = at === 0 || random.chance(0.2) ? undefined : names[random.below(at)];
    // A successor is in only where all that it says of the one before is in as well.
    const end = 1 + random.below(4);
    if (before !== undefined) incarnations.end(before, end, name);
    for (const vector of vectors) {
      const has = before === undefined || vector.originSeqOf(before) >= end;
      if (!has || random.chance(0.3)) continue;
      const originSeq = 1 + random.below(5);
      vector.advance(name, originSeq, new Uint8Array(32).fill(originSeq));
    }
  }
  return { incarnations, vectors };
}

function compact(vector: Vector, incarnations: Incarnations): Vector {
  return compactVector(vector, (origin) => incarnations.predecessorOf(origin));
}

function reached(vector: Vector, incarnations: Incarnations): number[] {
  return ORIGINS.map((origin) => {
    let originSeq = 0;
    while (coversIn(vector, incarnations, origin, originSeq + 1)) originSeq++;
    return originSeq;
  });
}

test('a compact vector holds what the whole one held, and equal ones are of equal vectors', () => {
  let shorter = 0;
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const { incarnations, vectors } = history(seed);
      const [one, other] = vectors as [Vector, Vector];
      const [left, right] = [compact(one, incarnations), compact(other, incarnations)];
      expect(reached(left, incarnations)).toEqual(reached(one, incarnations));
      expect(ORIGINS.map((origin) => one.originSeqOf(origin))).toEqual(reached(left, incarnations));
      expect(hexOf(left.encode()) === hexOf(right.encode())).toBe(one.equals(other));
      if (left.size < one.size) shorter++;
    }),
    { numRuns: 2000 },
  );
  expect(shorter).toBeGreaterThan(100);
});

test('an incarnation that wrote on elsewhere stays in', () => {
  const incarnations = new Incarnations();
  const [first, second] = ORIGINS as [string, string];
  incarnations.end(first, 3, second);
  const vector = new Vector();
  vector.advance(first, 4, new Uint8Array(32));
  vector.advance(second, 1, new Uint8Array(32));
  const left = compact(vector, incarnations);
  expect(left.entries().map(([origin]) => origin)).toEqual([first, second]);
  expect(coversIn(left, incarnations, first, 4)).toBe(true);
  expect(coversIn(left, incarnations, first, 5)).toBe(false);
});
