import { describe, expect, it, test } from 'vitest';
import { type AnyProjection, defineIndex, defineProjection } from '../projections/index.ts';
import {
  projectionContract,
  type ProjectionQuestion,
  type ProjectionSample,
} from './projection-contract.ts';

const SAMPLES: readonly ProjectionSample[] = [
  ['n/b', 2],
  ['n/a', 1],
  ['n/b', 5],
  ['n/c', 3],
  ['n/a', undefined],
  ['m', 'passed over'],
];
const QUESTIONS: readonly ProjectionQuestion[] = [{ query: 'sum' }];

interface Sum {
  of: Record<string, number>;
  more?: unknown;
}

type Changes = Partial<AnyProjection>;

/** A good one, with something changed. */
function sum(changes: Changes = {}): AnyProjection {
  const good = defineProjection({
    name: 'sum',
    version: 1,
    prefix: 'n/',
    initial: (): Sum => ({ of: {} }),
    apply(state, { key, value }) {
      if (value === undefined) delete state.of[key];
      else state.of[key] = value as number;
    },
    queries: { sum: ({ of }) => Object.values(of).reduce((all, one) => all + one, 0) },
  });
  return { ...good, ...changes };
}

async function failing(projection: AnyProjection, questions = QUESTIONS): Promise<string[]> {
  const failed: string[] = [];
  for (const { name, run } of projectionContract(projection, SAMPLES, questions)) {
    await run().catch(() => failed.push(name));
  }
  return failed;
}

describe('a good projection', () => {
  for (const { name, run } of projectionContract(sum(), SAMPLES, QUESTIONS)) it(name, run);
  const index = defineIndex({ name: 'i', prefix: 'n/', fields: [''] });
  const asked = [{ query: 'range' }, { query: 'one', args: [5] }];
  for (const { name, run } of projectionContract(index, SAMPLES, asked)) it(`index: ${name}`, run);
});

const FOLDS = 'folds every write';
const TWICE = 'the same writes twice, the same state';
const ANEW = 'every state begins anew';
const CHANCE = 'no clock and no randomness';
const BACK = 'a checkpoint brings every state back';
const ASKED = 'questions are answered alike, by values, and change nothing';
const ENTRIES = 'entries alone make it';

const shared: Sum = { of: {} };

test.each<[string, AnyProjection, readonly string[]]>([
  ['reads the clock', sum({ apply: (s: Sum) => void (s.more = Date.now()) }), [CHANCE]],
  ['draws at random', sum({ apply: (s: Sum) => void (s.more = Math.random()) }), [TWICE, CHANCE]],
  ['asks the time in a query', sum({ queries: { sum: () => new Date() } }), [CHANCE]],
  ['shares its state', sum({ initial: () => shared }), [ANEW]],
  ['counts writes', sum({ apply: (s: Sum) => void (s.more = Number(s.more ?? 0) + 1) }), [ENTRIES]],
  [
    'forgets at a checkpoint',
    sum({ encode: ({ of }: Sum) => Object.keys(of).length, decode: () => ({ of: {} }) }),
    [BACK],
  ],
  [
    'changes what it looks at',
    sum({ queries: { sum: (s: Sum) => void delete s.of['n/b'] } }),
    [ASKED],
  ],
  ['has a state that is no value', sum({ initial: () => ({ of: new Map() }) }), [FOLDS]],
  [
    'throws',
    sum({
      apply: () => {
        throw new Error('never');
      },
    }),
    [FOLDS],
  ],
])('one that %s is found', async (_, projection, expected) => {
  const failed = await failing(projection);
  for (const name of expected) expect(failed).toContain(name);
});

test('what needs history says so; samples that it is not given are refused', async () => {
  const counting = {
    apply: (s: Sum) => void (s.more = Number(s.more ?? 0) + 1),
    needsHistory: true,
  };
  expect(await failing(sum(counting))).toEqual([]);
  expect((await failing(sum({ prefix: 'x/' }))).length).toBe(7);
  expect(await failing(sum(), [{ query: 'none' }])).toContain(FOLDS);
});
