import { describe, expect, it, test } from 'vitest';
import { definePolicy, type PolicyDefinition } from '../store/operations/index.ts';
import {
  conflictPolicyContract,
  policyDigest,
  type PolicySample,
} from './conflict-policy-contract.ts';

const SAMPLES: readonly PolicySample[] = [
  [
    { kind: 'put', value: { tags: ['a', 'b'], at: new Date(5) } },
    { kind: 'put', value: { tags: ['b', 'c'], at: new Date(7) } },
    { kind: 'put', value: { tags: [], at: new Date(6) } },
  ],
  [{ kind: 'put', value: { tags: ['ü😀'] } }, { kind: 'remove' }],
  [{ kind: 'remove' }, { kind: 'put', value: 'text' }],
];

function policy(decide: PolicyDefinition['decide']): PolicyDefinition {
  return definePolicy({ name: 'tried', version: 1, decide });
}

/** The union of all tags, and the latest date. */
const UNION = policy((siblings) => {
  const tags = new Set<string>();
  let at = new Date(0);
  for (const { value } of siblings) {
    const one = value as { tags?: string[]; at?: Date } | undefined;
    for (const tag of one?.tags ?? []) tags.add(tag);
    if (one?.at !== undefined && one.at > at) at = one.at;
  }
  return { value: { tags: [...tags].sort(), at } };
});

/** Names of the cases that fail. */
async function failing(tried: PolicyDefinition): Promise<string[]> {
  const failed: string[] = [];
  for (const { name, run } of conflictPolicyContract(tried, SAMPLES)) {
    await run().catch(() => failed.push(name));
  }
  return failed;
}

describe('a good policy', () => {
  for (const { name, run } of conflictPolicyContract(UNION, SAMPLES)) it(name, run);

  it.each([
    ['the first', policy(() => ({ sibling: 0 }))],
    ['nothing', policy(() => ({ remove: true }))],
  ])('%s passes too', async (_, tried) => expect(await failing(tried)).toEqual([]));
});

describe('a bad policy is caught', () => {
  let seen: unknown = null;
  let calls = 0;
  it.each<[string, PolicyDefinition, RegExp]>([
    [
      'remembers what came before',
      policy(([first]) => {
        const before = seen;
        seen = first?.value ?? null;
        return { value: before };
      }),
      /order|twice/,
    ],
    [
      'merges pairwise',
      (() => {
        let merged: unknown[] = [];
        return policy((siblings) => {
          if (siblings.length === 2) merged = siblings.map(({ value }) => value ?? null);
          else merged = [...merged.slice(-2), siblings.at(-1)?.value ?? null];
          return { value: merged };
        });
      })(),
      /order/,
    ],
    ['counts its calls', policy(() => ({ value: ++calls })), /twice/],
    ['asks the clock', policy(() => ({ value: new Date() > new Date(0) })), /clock/],
    ['asks the clock by name', policy(() => ({ value: Date.now() > 0 })), /clock/],
    [
      'hides that it asks',
      policy(() => {
        try {
          return { value: performance.now() > 0 };
        } catch {
          return { value: true };
        }
      }),
      /clock/,
    ],
    [
      'throws dice',
      policy((siblings) => ({ sibling: Math.random() < 2 ? 0 : siblings.length })),
      /clock/,
    ],
    ['throws', policy(() => JSON.parse('{')), /answers/],
    ['is asynchronous', policy((async () => ({ sibling: 0 })) as never), /answers/],
    ['answers nothing', policy((() => undefined) as never), /answers/],
    ['grows without limit', policy(() => ({ value: 'x'.repeat(2_000_000) })), /limits/],
  ])('that %s', async (_, tried, wanted) => {
    expect(await failing(tried)).toContainEqual(expect.stringMatching(wanted));
  });

  it('and so is a sample that shows nothing', async () => {
    const [first] = conflictPolicyContract(UNION, [[{ kind: 'put', value: 1 }]]);
    await expect(first?.run()).rejects.toThrow(/samples/);
  });

  it('and after each try time and dice are what they were', () => {
    expect([typeof Date.now(), typeof Math.random(), new Date().getTime() > 1e12]).toEqual([
      'number',
      'number',
      true,
    ]);
  });
});

test('the digest tells decisions apart, and is the same for the same', () => {
  expect(policyDigest(UNION, SAMPLES)).toBe(policyDigest(UNION, SAMPLES));
  const other = policy(() => ({ sibling: 0 }));
  expect(policyDigest(other, SAMPLES)).not.toBe(policyDigest(UNION, SAMPLES));
});
