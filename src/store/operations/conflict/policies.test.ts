import { expect, test } from 'vitest';
import { ByteWriter, encodeValue, type Value } from '../../../core/index.ts';
import { type Cell, KIND_PUT, KIND_REMOVE, makeCell, OriginTable } from '../../storage/index.ts';
import { decideCustom, definePolicy, type PolicyDecision } from './custom.ts';
import { type DecideContext, decideView } from './decide.ts';
import { isConflict } from './policy.ts';
import { PolicyRules, statedRule, type StatedRule } from './policy-rule.ts';

const origins = new OriginTable();
const OWN = 'aa'.repeat(16);
const [own, ownLater, other] = [
  origins.indexOf(bytesOf(0xaa, 1)),
  origins.indexOf(bytesOf(0xaa, 2)),
  origins.indexOf(bytesOf(0xbb, 1)),
] as [number, number, number];

function bytesOf(key: number, incarnation: number): Uint8Array {
  const bytes = new Uint8Array(32).fill(key);
  bytes.fill(incarnation, 16);
  return bytes;
}

function put(value: Value, ms: number, origin: number): Cell {
  const writer = new ByteWriter(64);
  const head = encodeValue(writer, value, { valueBytesMax: 1e6, depthMax: 64 });
  const bytes = writer.toBytes();
  return makeCell(KIND_PUT, head, bytes, 0, bytes.length, undefined, ms, 0, origin, ms);
}

function remove(ms: number, origin: number): Cell {
  return makeCell(KIND_REMOVE, 0, new Uint8Array(0), 0, 0, undefined, ms, 0, origin, ms);
}

const faults: string[] = [];

function context(more: Partial<DecideContext> = {}): DecideContext {
  faults.length = 0;
  return {
    origins,
    keyId: OWN,
    limits: { valueBytesMax: 100, depthMax: 8 },
    definitions: new Map(),
    onFault: (policy, reason) => faults.push(`${policy}: ${reason}`),
    ...more,
  };
}

const CUSTOM: StatedRule = { policy: 'custom', name: 'mine', version: 2 };

function withCode(decide: () => unknown, version = 2): DecideContext {
  const definition = { name: 'mine', version, decide: decide as () => PolicyDecision };
  return context({ definitions: new Map([['mine', definition]]) });
}

const pair = [put('a', 1, own), put('b', 2, other)];

test('a conflict: several siblings, not all removes, not all the same value', () => {
  expect(isConflict([])).toBe(false);
  expect(isConflict([put(1, 1, own)])).toBe(false);
  expect(isConflict([put(1, 1, own), put(1, 2, other)])).toBe(false);
  expect(isConflict([remove(1, own), remove(2, other)])).toBe(false);
  expect(isConflict([put(1, 1, own), put(2, 2, other)])).toBe(true);
  expect(isConflict([put(1, 1, own), remove(2, other)])).toBe(true);
  expect(isConflict([remove(1, own), put(1, 2, other)])).toBe(true);
  expect(isConflict([put('1', 1, own), put(Uint8Array.of(0x22, 0x31, 0x22), 2, other)])).toBe(true);
});

test('last-write-wins, manual and no rule: the greatest stamp', () => {
  for (const rule of [undefined, { policy: 'last-write-wins' }, { policy: 'manual' }] as const) {
    expect(decideView(rule, pair, context())).toEqual({ kind: 'greatest' });
  }
});

test('keep-local: own key in any incarnation, else the greatest', () => {
  const rule = { policy: 'keep-local' } as const;
  const three = [put(1, 1, own), put(2, 2, ownLater), put(3, 3, other)];
  expect(decideView(rule, three, context())).toEqual({ kind: 'sibling', index: 1 });
  expect(decideView(rule, three, context({ keyId: 'cc'.repeat(16) }))).toEqual({
    kind: 'greatest',
  });
  expect(decideView(rule, [remove(1, own), put(2, 2, other)], context())).toEqual({
    kind: 'sibling',
    index: 0,
  });
});

test('apply-remote: the greatest of others, else the greatest', () => {
  const rule = { policy: 'apply-remote' } as const;
  const two = [put(1, 1, other), put(2, 2, own)];
  expect(decideView(rule, two, context())).toEqual({ kind: 'sibling', index: 0 });
  expect(decideView(rule, [put(1, 1, own), put(2, 2, ownLater)], context())).toEqual({
    kind: 'greatest',
  });
});

test('custom: a value, a sibling, nothing', () => {
  const decide = (answer: unknown): unknown =>
    decideView(
      CUSTOM,
      pair,
      withCode(() => answer),
    );
  const bytes = new TextEncoder().encode('"c"');
  expect(decide({ value: 'c' })).toEqual({ kind: 'value', valueHead: 2, bytes });
  expect(decide({ value: 'a' })).toEqual({ kind: 'sibling', index: 0 });
  expect(decide({ sibling: 0 })).toEqual({ kind: 'sibling', index: 0 });
  expect(decide({ sibling: 1 })).toEqual({ kind: 'greatest' });
  expect(decide({ remove: true })).toEqual({ kind: 'absent' });
  expect(faults).toEqual([]);
});

test('custom code sees kind, value, stamp and origin, sorted, as copies', () => {
  const value = { list: [1] };
  const cells = [put(value, 1, own), remove(2, other)];
  const seen: unknown[] = [];
  const decide = (siblings: readonly { value: unknown }[]): PolicyDecision => {
    seen.push(structuredClone(siblings));
    const [{ value: first }] = siblings as [{ value: { list: number[] } }];
    first.list.push(2);
    return { sibling: 0 };
  };
  const definition = definePolicy({ name: 'mine', version: 2, decide });
  for (let round = 0; round < 2; round++) decideCustom(definition, cells, context());
  expect(seen[1]).toEqual(seen[0]);
  expect(seen[0]).toMatchObject([
    { kind: 'put', value, stamp: expect.stringMatching(/^1\.0\.1\.aa/), origin: origins.text(own) },
    { kind: 'remove', value: undefined, origin: origins.text(other) },
  ]);
});

test('code that is missing or of another version: undecided, and nothing to report', () => {
  expect(decideView(CUSTOM, pair, context())).toEqual({ kind: 'undecided' });
  expect(
    decideView(
      CUSTOM,
      pair,
      withCode(() => ({ sibling: 0 }), 3),
    ),
  ).toEqual({
    kind: 'undecided',
  });
  expect(faults).toEqual([]);
});

const cyclic: Record<string, unknown> = {};
cyclic['self'] = cyclic;

test.each([
  [
    'throws',
    () => {
      throw new Error('oops');
    },
    /oops/,
  ],
  [
    'throws nothing',
    () => {
      throw undefined;
    },
    /undefined/,
  ],
  [
    'throws what has no text',
    () => {
      throw {
        toString: () => {
          throw new Error();
        },
      };
    },
    /no text/,
  ],
  ['returns a promise', () => Promise.reject(new Error('late')), /promise/],
  ['returns nothing', () => undefined, /neither/],
  ['returns two answers', () => ({ value: 1, remove: true }), /neither/],
  ['returns no sibling', () => ({ sibling: 2 }), /no sibling 2/],
  ['returns half a sibling', () => ({ sibling: 0.5 }), /no sibling/],
  ['removes falsely', () => ({ remove: false }), /remove is true/],
  ['gives a value over the limit', () => ({ value: 'x'.repeat(200) }), /limit is 100/],
  ['gives a value too deep', () => ({ value: JSON.parse('['.repeat(9) + ']'.repeat(9)) }), /./],
  ['gives a cycle', () => ({ value: cyclic }), /./],
  ['gives a function', () => ({ value: () => 1 }), /./],
  ['gives undefined', () => ({ value: undefined }), /./],
  [
    'has a getter that throws',
    () => ({
      get value() {
        throw new Error('get');
      },
    }),
    /get/,
  ],
])('code that %s: undecided, reported, never thrown', (_, decide, reason) => {
  expect(decideView(CUSTOM, pair, withCode(decide))).toEqual({ kind: 'undecided' });
  expect(faults).toEqual([expect.stringMatching(reason)]);
});

test('where there is no conflict no policy is asked', () => {
  const throwing = withCode(() => {
    throw new Error('asked');
  });
  for (const siblings of [
    [put(1, 1, own)],
    [put(1, 1, own), put(1, 2, other)],
    [remove(1, own), remove(2, other)],
  ]) {
    expect(decideView(CUSTOM, siblings, throwing)).toEqual({ kind: 'greatest' });
  }
  expect(faults).toEqual([]);
});

test('definePolicy refuses what is none', () => {
  const decide = (): PolicyDecision => ({ sibling: 0 });
  expect(definePolicy({ name: 'a', version: 1, decide })).toMatchObject({ name: 'a' });
  for (const bad of [
    undefined,
    {},
    { name: '', version: 1, decide },
    { name: 'x'.repeat(129), version: 1, decide },
    { name: 'a', version: 0, decide },
    { name: 'a', version: 1.5, decide },
    { name: 'a', version: 1 },
  ]) {
    expect(() => definePolicy(bad as never)).toThrow(
      expect.objectContaining({ code: 'invalid_options' }),
    );
  }
});

test('what stands under $policy/ is a rule, or counts as none', () => {
  expect(statedRule({ policy: 'manual' })).toEqual({ policy: 'manual' });
  expect(statedRule({ policy: 'custom', name: 'a', version: 1 })).toEqual({
    policy: 'custom',
    name: 'a',
    version: 1,
  });
  for (const none of [
    undefined,
    null,
    'manual',
    {},
    { policy: 'counter' },
    { policy: 'custom' },
    { policy: 'custom', name: 'a' },
    { policy: 'custom', name: 1, version: 1 },
    [],
  ]) {
    expect(statedRule(none as Value)).toBeUndefined();
  }
});

test('the longest prefix counts, keys of the system have none', () => {
  const rules = new PolicyRules([
    ['', { policy: 'manual' }],
    ['user/', { policy: 'merge-fields' }],
    ['user/ü', { policy: 'keep-local' }],
  ]);
  expect(rules.of('other')?.policy).toBe('manual');
  expect(rules.of('user/1')?.policy).toBe('merge-fields');
  expect(rules.of('user/ü1')?.policy).toBe('keep-local');
  expect(rules.of('user')?.policy).toBe('manual');
  expect(rules.of('$policy/user/')).toBeUndefined();
  expect([rules.isEmpty, rules.hasMerge]).toEqual([false, true]);
  expect(new PolicyRules().of('a')).toBeUndefined();
});
