/**
 * Projections that tests fold: a sum by group, everything as it came, and ones that break in each
 * way that one can break.
 */
import {
  type AnyProjection,
  defineProjection,
  type ProjectionEvent,
  type Value,
} from '../../src/client/index.ts';

interface Totals {
  readonly amounts: Record<string, number>;
  total: number;
}

/** Sums the numbers under `n/`, by key and in all; a function of the entries. */
export const totals: AnyProjection = defineProjection({
  name: 'totals',
  version: 1,
  prefix: 'n/',
  initial: (): Totals => ({ amounts: {}, total: 0 }),
  apply(state, { key, kind, value }) {
    state.total -= state.amounts[key] ?? 0;
    delete state.amounts[key];
    if (kind === 'remove' || typeof value !== 'number') return;
    state.amounts[key] = value;
    state.total += value;
  },
  queries: {
    total: (state) => state.total,
    of: (state, { key }: { key: string }) => state.amounts[key],
    amounts: (state) => state.amounts,
  },
});

/** Every event as it came, in order: sees how entries came to be, not only what they are. */
export const journal: AnyProjection = defineProjection({
  name: 'journal',
  version: 1,
  needsHistory: true,
  initial: (): ProjectionEvent[] => [],
  apply: (state, event) => {
    state.push(event);
  },
  queries: { events: (state) => state, count: (state) => state.length },
  encode: (state) => state.map((event) => ({ ...event, value: event.value ?? null }) as Value),
  decode: (value) =>
    (value as unknown as ProjectionEvent[]).map((event) => ({
      ...event,
      value: event.kind === 'remove' ? undefined : event.value,
    })),
});

/** Where a faulty projection breaks. */
export type Fault = 'initial' | 'apply' | 'query' | 'encode' | 'decode' | 'promise' | 'state';

/** Breaks there as soon as the key `bad` comes; folds like `totals` until then. */
export function faulty(fault: Fault, version = 1): AnyProjection {
  const fail = (where: Fault): void => {
    if (fault === where) throw new Error(`${where} broke`);
  };
  return defineProjection({
    name: `faulty-${fault}`,
    version,
    initial: (): { count: number; odd?: unknown } => {
      fail('initial');
      return { count: 0 };
    },
    apply(state, { key }) {
      state.count++;
      if (key !== 'bad') return undefined;
      fail('apply');
      if (fault === 'state') state.odd = new Map();
      return (fault === 'promise' ? Promise.reject(new Error('late')) : undefined) as undefined;
    },
    queries: {
      count: (state) => {
        if (state.count > 1) fail('query');
        return state.count;
      },
      odd: () => new Map(),
    },
    encode: (state) => {
      if (state.count > 1) fail('encode');
      return state as never;
    },
    decode: (value) => {
      fail('decode');
      return value as never;
    },
  });
}
