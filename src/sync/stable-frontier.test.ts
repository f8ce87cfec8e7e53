import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Vector } from '../core/index.ts';
import { stableFrontier } from './stable-frontier.ts';
import { covers } from './wire-vector.ts';

const DIGEST = new Uint8Array(32).fill(7);

function vectorOf(entries: Readonly<Record<string, number>>): Vector {
  const vector = new Vector();
  for (const [origin, originSeq] of Object.entries(entries)) {
    if (originSeq > 0) vector.advance(origin, originSeq, DIGEST);
  }
  return vector;
}

const nobody = () => undefined;

function frontierOf(
  own: Readonly<Record<string, number>>,
  said: Readonly<Record<string, Readonly<Record<string, number>> | undefined>>,
) {
  const statementOf = (member: string) => {
    const entries = said[member];
    return entries && vectorOf(entries);
  };
  const members = ['me', ...Object.keys(said)];
  const frontier = stableFrontier({
    own: vectorOf(own),
    members,
    self: 'me',
    statementOf,
    predecessorOf: nobody,
  });
  return frontier && Object.fromEntries(frontier.entries().map(([o, e]) => [o, e.originSeq]));
}

test('the least that every member said', () => {
  expect(frontierOf({ a: 5, b: 3 }, { p: { a: 4, b: 3 }, q: { a: 5, b: 1 } })).toEqual({
    a: 4,
    b: 1,
  });
});

test('a member that said nothing has nothing', () => {
  expect(frontierOf({ a: 5 }, { p: { a: 4 }, q: undefined })).toEqual({});
});

test('none while a statement covers what is not here', () => {
  expect(frontierOf({ a: 5 }, { p: { a: 6 } })).toBeUndefined();
  expect(frontierOf({ a: 5 }, { p: { a: 5, b: 1 } })).toBeUndefined();
});

test('what a successor implies counts', () => {
  const frontier = stableFrontier({
    own: vectorOf({ a: 9, b: 4 }),
    members: ['p'],
    self: 'me',
    statementOf: () => vectorOf({ b: 2 }),
    predecessorOf: (origin) => (origin === 'b' ? { origin: 'a', lastOriginSeq: 9 } : undefined),
  });
  expect([frontier?.originSeqOf('a'), frontier?.originSeqOf('b')]).toEqual([9, 2]);
});

test('never above what any member said, never below the least of them', () => {
  const origins = ['a', 'b', 'c'] as const;
  const seqs = fc.record({ a: fc.nat(5), b: fc.nat(5), c: fc.nat(5) });
  fc.assert(
    fc.property(seqs, fc.array(seqs, { maxLength: 4 }), (own, said) => {
      const members = said.map((_, index) => String(index));
      const frontier = stableFrontier({
        own: vectorOf(own),
        members,
        self: 'me',
        statementOf: (member) => vectorOf(said[Number(member)] ?? {}),
        predecessorOf: nobody,
      });
      const isCovered = said.every((vector) => covers(vectorOf(own), vectorOf(vector)));
      if (!isCovered) return frontier === undefined;
      return origins.every((origin) => {
        const least = Math.min(own[origin], ...said.map((vector) => vector[origin]));
        return frontier?.originSeqOf(origin) === least;
      });
    }),
  );
});
