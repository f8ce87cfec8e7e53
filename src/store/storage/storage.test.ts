/**
 * The store against the naive model: random histories of every setter, undo, snapshot, settle and
 * compaction, compared in full, also at snapshots taken on the way and with other seeds and orders.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  Model,
  newStorage,
  plainCell,
  putOf,
  removeOf,
} from '../../../test/storage/storage-model.ts';
import type { Value } from '../../core/index.ts';
import type { RangeBounds } from './bounds.ts';
import { type Cell, GREATEST, KIND_PUT, type View } from './cell.ts';
import type { Undo } from './generation.ts';
import { decodeValue } from '../../core/index.ts';
import type { Storage } from './storage.ts';
import type { StorageSnapshot } from './storage-snapshot.ts';

const KEYS = [
  'a',
  'a\u0000',
  'ab',
  'abc',
  'b',
  '$',
  '$sys',
  '$sys/x',
  '%',
  '#',
  'é',
  '\uffff',
  '😀',
  '😀b',
  '\ue000',
  'city/FR/1',
  'city/FR/2',
  'city/FR/10',
  'city/FR/',
  'city/DE/1',
  'z'.repeat(40),
  'z'.repeat(41),
];
const key = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...KEYS) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 6 }) },
);
const value: fc.Arbitrary<Value> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.integer(),
  fc.uint8Array({ maxLength: 6 }).map((bytes) => new Uint8Array(bytes)),
  fc.constant({ name: 'Zoë', list: [1, 2, null] }),
  fc.string({ minLength: 150, maxLength: 300 }),
);
const meta = fc.option(fc.uint8Array({ maxLength: 9 }), { nil: undefined });
const ms = fc.oneof(fc.nat(50), fc.nat({ max: 2 ** 48 - 2 }));
const put = fc.tuple(value, ms, fc.nat(3), meta).map(([v, at, o, m]) => putOf(v, at, o, m));
const remove = fc.tuple(ms, fc.nat(3)).map(([at, o]) => removeOf(at, o));
const cell: fc.Arbitrary<Cell> = fc.oneof({ weight: 3, arbitrary: put }, remove);
/** No two have the same stamp: an origin counts its commits. */
const siblings = (minLength: number): fc.Arbitrary<Cell[]> =>
  fc.uniqueArray(cell, { minLength, maxLength: 4, selector: (c) => `${c.ms}/${c.origin}` });
const shown = putOf({ merged: true }, 1);
const view: fc.Arbitrary<View> = fc.oneof(
  fc.constant<View>(GREATEST),
  fc.constant<View>({ kind: 'undecided' }),
  fc.nat(1).map((index): View => ({ kind: 'sibling', index })),
  fc.constant<View>({
    kind: 'value',
    valueHead: shown.valueHead,
    bytes: new Uint8Array(shown.source.subarray(shown.start, shown.end)),
  }),
);
const bound = fc.option(key, { nil: undefined, freq: 2 });
const bounds: fc.Arbitrary<RangeBounds> = fc.record({
  prefix: fc.option(fc.constantFrom('', 'a', 'city/', 'city/FR/', '$', '$s', '😀', 'é', 'q'), {
    nil: undefined,
  }),
  gt: bound,
  gte: bound,
  lt: bound,
  lte: bound,
  reverse: fc.boolean(),
  includeSystem: fc.boolean(),
  includeAbsent: fc.boolean(),
});

type Step =
  | { readonly do: 'single'; readonly key: string; readonly cell: Cell }
  | { readonly do: 'load'; readonly key: string; readonly cell: Cell }
  | { readonly do: 'many'; readonly key: string; readonly cells: Cell[]; readonly view: View }
  | { readonly do: 'collect'; readonly key: string }
  | { readonly do: 'undo'; readonly count: number }
  | { readonly do: 'snapshot' | 'release' | 'settle' | 'compact' | 'hash' | 'check' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('single' as const), key, cell }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('load' as const), key, cell }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('many' as const),
      key,
      cells: siblings(2),
      view,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('collect' as const), key }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('undo' as const),
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('snapshot', 'release', 'settle', 'compact', 'hash', 'check' as const),
    }),
  },
);

const ALL: RangeBounds = { includeSystem: true, includeAbsent: true };

function expectRange(storage: Storage | StorageSnapshot, model: Model, range: RangeBounds): void {
  const cursor = storage.range(range);
  const keys: string[] = [];
  while (cursor.next()) {
    keys.push(cursor.key);
    const viewed = model.view(cursor.key);
    expect(cursor.present).toBe(viewed !== undefined);
    expect(cursor.value()).toEqual(viewed === undefined ? undefined : decoded(viewed));
    expect(cursor.entry().seq).toBe(model.entries.get(cursor.key)?.seq);
  }
  expect(keys).toEqual(model.keys(range));
  expect(storage.count(range)).toBe(keys.length);
}

function decoded(shownCell: Cell): Value {
  return decodeValue(
    shownCell.valueHead & 15,
    shownCell.source,
    shownCell.start,
    shownCell.end,
    false,
  );
}

/** Points, entries, whole range and counts. */
function expectSame(storage: Storage, model: Model, snapshot?: StorageSnapshot): void {
  const side = snapshot ?? storage;
  for (const known of [...KEYS, ...model.entries.keys(), 'unknown']) {
    const viewed = model.view(known);
    expect(side.has(known)).toBe(viewed !== undefined);
    expect(side.get(known)).toEqual(viewed === undefined ? undefined : decoded(viewed));
    const entry = snapshot ? snapshot.readEntry(known) : storage.readEntry(storage.find(known));
    const wanted = model.entries.get(known);
    expect(entry?.siblings.map(plainCell)).toEqual(wanted?.siblings.map(plainCell));
    expect(entry?.seq).toBe(wanted?.seq);
    if (wanted !== undefined && wanted.siblings.length > 1)
      expect(entry?.view).toEqual(wanted.view);
  }
  expectRange(side, model, ALL);
  const all = [...model.entries.keys()];
  const isUser = (known: string): boolean => !known.startsWith('$');
  expect(side.userCount).toBe(all.filter((known) => isUser(known) && model.view(known)).length);
  expect(side.systemCount).toBe(all.filter((known) => !isUser(known) && model.view(known)).length);
  const dead = [...model.entries.values()].filter((e) =>
    e.siblings.every((c) => c.kind !== KIND_PUT),
  );
  expect(side.tombstoneCount).toBe(dead.length);
}

/** The same state made afresh, in another order and with another seed. */
function rebuilt(model: Model): Storage {
  const storage = newStorage(77);
  for (const [known, entry] of [...model.entries].reverse()) {
    storage.setSiblings(known, [...entry.siblings].reverse(), entry.view, entry.seq + 5);
  }
  return storage;
}

class Run {
  readonly storage = newStorage();
  model = new Model();
  readonly #undos: { undo: Undo; before: Model }[] = [];
  readonly #snapshots: { snapshot: StorageSnapshot; model: Model }[] = [];
  #seq = 2 ** 33;

  take(next: Step): void {
    if (next.do === 'single') {
      this.#kept((s) => s.setSingle(next.key, next.cell, this.#seq));
      this.model.set(next.key, [next.cell], GREATEST, this.#seq++);
    } else if (next.do === 'many') {
      this.#kept((s) => s.setSiblings(next.key, next.cells, next.view, this.#seq));
      this.model.set(next.key, next.cells, next.view, this.#seq++);
    } else if (next.do === 'collect') {
      this.#kept((s) => s.collect(next.key));
      this.model.entries.delete(next.key);
    } else if (next.do === 'load') {
      const bytes = new TextEncoder().encode(`-${next.key}-`);
      this.storage.loadSorted(Buffer.from(bytes), 1, bytes.length - 1, next.cell, this.#seq);
      this.model.set(next.key, [next.cell], GREATEST, this.#seq++);
      this.#undos.length = 0;
    } else if (next.do === 'undo') this.#undo(next.count);
    else this.#other(next.do);
  }

  #other(what: 'snapshot' | 'release' | 'settle' | 'compact' | 'hash' | 'check'): void {
    if (what === 'snapshot') {
      this.#snapshots.push({ snapshot: this.storage.snapshot(), model: this.model.copy() });
    } else if (what === 'release') this.#snapshots.shift()?.snapshot.release();
    else if (what === 'settle') this.storage.settle(2);
    else if (what === 'compact') this.storage.compact(500);
    else if (what === 'hash') {
      this.storage.hashSlice(3);
      this.storage.hashSlice(2, 'content');
    } else this.check();
  }

  check(): void {
    expectSame(this.storage, this.model);
    for (const { snapshot, model } of this.#snapshots) expectSame(this.storage, model, snapshot);
  }

  #kept(setter: (storage: Storage) => Undo): void {
    const before = this.model.copy();
    this.#undos.push({ undo: setter(this.storage), before });
  }

  #undo(count: number): void {
    for (let left = count; left > 0; left--) {
      const last = this.#undos.pop();
      if (last === undefined) return;
      this.storage.undo(last.undo);
      this.model = last.before;
    }
  }
}

describe('Storage', () => {
  test('does what a Map and a sort would do, whatever the history', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), bounds, (steps, range) => {
        const run = new Run();
        for (const next of steps) run.take(next);
        run.check();
        expectRange(run.storage, run.model, range);
        const twin = rebuilt(run.model);
        expect(run.storage.stateHash()).toBe(twin.stateHash());
        expect(run.storage.contentHash()).toBe(twin.contentHash());
        expect(run.storage.stateHashBuckets()).toEqual(twin.stateHashBuckets());
      }),
      { numRuns: 200 },
    );
  });

  test('every combination of bounds, both directions', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(key, cell), { maxLength: 40 }),
        fc.array(bounds, { minLength: 8, maxLength: 8 }),
        (entries, ranges) => {
          const storage = newStorage();
          const model = new Model();
          for (const [known, one] of entries) {
            storage.setSingle(known, one, 1);
            model.set(known, [one], GREATEST, 1);
          }
          for (const range of ranges) expectRange(storage, model, range);
          for (const range of ranges) expectRange(storage.snapshot(), model, range);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('an undo gives the hash back, and a setter twice changes nothing', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(key, cell), { maxLength: 20 }),
        key,
        siblings(1),
        view,
        (entries, at, cells, how) => {
          const storage = newStorage();
          for (const [known, one] of entries) storage.setSingle(known, one, 1);
          const before = [storage.stateHash(), storage.contentHash(), storage.entryCount];
          const undo = storage.setSiblings(at, cells, how, 2);
          const after = [storage.stateHash(), storage.contentHash(), storage.entryCount];
          storage.setSiblings(at, cells, how, 2);
          expect([storage.stateHash(), storage.contentHash(), storage.entryCount]).toEqual(after);
          storage.undo(undo);
          expect([storage.stateHash(), storage.contentHash(), storage.entryCount]).toEqual(before);
        },
      ),
    );
  });
});
