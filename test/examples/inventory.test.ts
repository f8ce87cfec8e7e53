/**
 * The inventory of examples/: what each operation does and refuses, and that nothing is created or
 * destroyed on the way. (Faults at every step: test/crash/atomicity.test.ts.)
 */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { partsOf, textOf } from '../../examples/inventory/amount.ts';
import { AdastraError, Client, type Value } from '../../src/client/index.ts';
import { INVENTORY, inventoryFaults } from '../support/inventory.ts';

type Call = readonly [op: string, args: Record<string, unknown>];

let db: Client;

beforeEach(async () => {
  db = await Client.open({ memory: true, operations: INVENTORY });
  await commit(
    ['good.register', { good: 'flour', decimals: 3 }],
    ['container.create', { container: 'mill' }],
    ['container.create', { container: 'bakery', slots: 3 }],
    ['container.create', { container: 'shop', slots: 2 }],
    ['stock.add', { container: 'mill', good: 'flour', amount: '100' }],
    ['item.add', { item: 'oven', container: 'bakery', slot: 0 }],
    ['item.add', { item: 'till', container: 'shop', slot: 0 }],
  );
});

afterEach(async () => {
  expect(inventoryFaults(db.list())).toEqual([]);
  await db.close();
});

function commit(...calls: readonly Call[]): Promise<unknown> {
  return db.commit({ operations: calls.map(([op, args]) => ({ op, args })) });
}

/** Code and facts of a refusal; the index of the operation that refused. */
async function refusal(...calls: readonly Call[]): Promise<unknown> {
  const before = JSON.stringify([...db.list()], asText);
  try {
    await commit(...calls);
  } catch (error) {
    if (!AdastraError.is(error)) throw error;
    expect(JSON.stringify([...db.list()], asText)).toBe(before);
    const { code, operationIndex } = error.details as Record<string, unknown>;
    return code === undefined ? [error.code, operationIndex] : [code, operationIndex];
  }
  return 'committed';
}

function asText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value;
}

const held = (container: string): Value | undefined => db.get(`balance/${container}/flour`);
const transfer = (from: string, to: string, amount: string): Call => [
  'stock.transfer',
  { from, to, good: 'flour', amount },
];

it('moves goods to the last part', async () => {
  await commit(transfer('mill', 'bakery', '99.999'));
  expect([held('mill'), held('bakery')]).toEqual([1n, 99_999n]);
  await commit(transfer('mill', 'shop', '0.001'), transfer('bakery', 'bakery', '1'));
  expect([held('mill'), held('bakery'), held('shop')]).toEqual([undefined, 99_999n, 1n]);
  await commit(['stock.take', { container: 'shop', good: 'flour', amount: '0.001' }]);
  expect(db.get('supply/flour')).toBe(99_999n);
});

it('refuses what is not there, and then nothing of the commit has happened', async () => {
  const tooMuch = transfer('mill', 'shop', '60');
  expect(await refusal(tooMuch, tooMuch)).toEqual(['insufficient_balance', 1]);
  expect(await refusal(transfer('mill', 'nowhere', '1'))).toEqual(['container_unknown', 0]);
  expect(await refusal(transfer('nowhere', 'mill', '1'))).toEqual(['container_unknown', 0]);
  expect(await refusal(transfer('shop', 'shop', '1'))).toEqual(['insufficient_balance', 0]);
  const gold = { from: 'mill', to: 'shop', good: 'gold', amount: '1' };
  expect(await refusal(['stock.transfer', gold])).toEqual(['good_unknown', 0]);
  expect(await refusal(transfer('mill', 'shop', '0.0001'))).toEqual(['invalid_amount', 0]);
  expect(await refusal(transfer('mill', 'shop', '0.000'))).toEqual(['invalid_amount', 0]);
});

it('distributes to all or to none', async () => {
  const shares = (amount: string): Call => [
    'stock.distribute',
    {
      from: 'mill',
      good: 'flour',
      shares: [
        { to: 'bakery', amount: '50' },
        { to: 'shop', amount },
      ],
    },
  ];
  expect(await refusal(shares('50.001'))).toEqual(['insufficient_balance', 0]);
  await commit(shares('50'));
  expect([held('mill'), held('bakery'), held('shop')]).toEqual([undefined, 50_000n, 50_000n]);
});

it.each([
  ['stock.transfer', { from: 'mill', to: 'shop', good: 'flour', amount: -1 }],
  ['stock.transfer', { from: 'mill', to: 'shop', good: 'flour', amount: '-1' }],
  ['stock.transfer', { from: 'mill', to: 'shop', good: 'flour', amount: '1e3' }],
  ['stock.transfer', { from: 'mill', to: 'shop', good: 'flour', amount: '01' }],
  ['stock.transfer', { from: 'mill', to: 'shop', good: 'flour', amount: '1', note: 'x' }],
  ['stock.transfer', { from: 'mill/x', to: 'shop', good: 'flour', amount: '1' }],
  ['stock.distribute', { from: 'mill', good: 'flour', shares: [] }],
  ['container.create', { container: '', slots: 1 }],
  ['item.move', { item: 'oven', container: 'shop', slot: 1.5 }],
  ['item.move', null],
] as unknown as Call[])('refuses arguments of %s before anything runs: %o', async (op, args) => {
  const good = transfer('mill', 'shop', '1');
  expect(await refusal(good, [op, args])).toEqual(['operation_invalid', 1]);
});

it('moves and swaps items; each lies in one slot', async () => {
  await commit(['item.move', { item: 'oven', container: 'shop', slot: 1 }]);
  await commit(['item.swap', { one: 'oven', other: 'till' }]);
  await commit(['item.move', { item: 'till', container: 'shop', slot: 1 }]);
  expect([db.get('slot/shop/0'), db.get('slot/shop/1')]).toEqual(['oven', 'till']);
  const move = (slot: number): Call => ['item.move', { item: 'oven', container: 'shop', slot }];
  expect(await refusal(move(1))).toEqual(['slot_taken', 0]);
  expect(await refusal(move(2))).toEqual(['slot_unknown', 0]);
  expect(await refusal(['item.move', { item: 'no', container: 'shop', slot: 1 }])).toEqual([
    'item_unknown',
    0,
  ]);
  expect(await refusal(['item.swap', { one: 'oven', other: 'oven' }])).toEqual(['item_same', 0]);
  await commit(['item.remove', { item: 'oven' }]);
  expect(db.get('slot/shop/0')).toBeUndefined();
});

it('keeps a container while something lies in it', async () => {
  const remove = (container: string): Call => ['container.remove', { container }];
  expect(await refusal(remove('mill'))).toEqual(['container_not_empty', 0]);
  expect(await refusal(remove('shop'))).toEqual(['container_not_empty', 0]);
  await commit(transfer('mill', 'bakery', '100'), remove('mill'));
  expect(db.contains('container/mill')).toBe(false);
});

it('turns amounts into parts and back', () => {
  for (const text of ['1', '0.5', '100', '12.345', '999999999999999999999999.999']) {
    expect(textOf(partsOf(text, 3), 3)).toBe(text);
  }
  expect(textOf(0n, 3)).toBe('0');
  expect(textOf(7n, 0)).toBe('7');
});

it('has a check that sees what is created, lost or doubled', () => {
  const whole = (): Map<string, Value> => new Map(db.list());
  const planted = (change: (state: Map<string, Value>) => void): number => {
    const state = whole();
    change(state);
    return inventoryFaults(state).length;
  };
  expect(planted(() => {})).toBe(0);
  expect(planted((state) => state.set('balance/mill/flour', 99_999n))).toBe(1);
  expect(planted((state) => state.set('balance/shop/flour', 1n))).toBe(1);
  expect(planted((state) => state.delete('balance/mill/flour'))).toBe(1);
  expect(planted((state) => state.set('slot/shop/1', 'oven'))).toBe(1);
  expect(planted((state) => state.delete('slot/bakery/0'))).toBe(1);
  expect(planted((state) => state.delete('container/shop'))).toBe(1);
});
