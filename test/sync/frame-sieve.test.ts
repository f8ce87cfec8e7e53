/**
 * What goes on of a frame of which something is kept back: whole origins, since one head vouches
 * for all of an origin in a frame, and whatever the frame itself brings what it waits for.
 */
import { expect, test } from 'vitest';
import { Vector } from '../../src/core/index.ts';
import { siftFrame } from '../../src/sync/frame-sieve.ts';
import { FrozenOrigins } from '../../src/sync/frozen-origins.ts';
import { HoldTable } from '../../src/sync/hold-table.ts';
import { plantedBundle } from '../support/planted-bundle.ts';

const WALL = 1_767_225_600_000;
const FAR = WALL + 3_600_000;
const [A, B] = ['a', 'b'].map((name) => `${name.repeat(32)}.${'0'.repeat(32)}`) as [string, string];

function bundle(
  origin: string,
  firstOriginSeq: number,
  ms = WALL,
  seen: string[] = [],
): Uint8Array {
  const digestHead = new Uint8Array(8);
  return plantedBundle({
    origin,
    firstOriginSeq,
    ms,
    seen: seen.map((other) => ({ origin: other, originSeq: 1, digestHead })),
    commits: [[{ key: 'k', value: 1 }]],
  });
}

function sift(bundles: Uint8Array[], holds = new HoldTable(10)): ReturnType<typeof siftFrame> {
  const frozen = new FrozenOrigins(10);
  const vector = new Vector();
  return siftFrame(bundles, { holds, frozen, vector, wall: WALL, driftLimitMs: 300_000 });
}

test('what stands before a bundle that is held waits with it; other origins go on', () => {
  const { take, refusals } = sift([bundle(A, 1), bundle(B, 1), bundle(A, 2, FAR)]);
  expect(take.map(({ facts }) => facts.origin)).toEqual([B]);
  expect(refusals.map(({ origin, originSeq, kind }) => [origin, originSeq, kind])).toEqual([
    [A, 2, 'held'],
    [A, 1, 'held'],
  ]);
});

test('what waits for something goes on with the frame that brings it', () => {
  const holds = new HoldTable(10);
  const needs = [{ origin: A, originSeq: 1 }];
  const rest = { kind: 'held', reason: 'r', untilMs: 0, retryMono: undefined } as const;
  holds.add({ ...rest, origin: B, originSeq: 1, needs });
  expect(sift([bundle(B, 1, WALL, [A])], holds).take).toEqual([]);
  const { take } = sift([bundle(A, 1), bundle(B, 1, WALL, [A])], holds);
  expect(take.map(({ facts }) => facts.origin)).toEqual([A, B]);
});
