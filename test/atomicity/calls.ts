/**
 * Random commits of the inventory, few names so that they meet: goods, containers and items come and
 * go, most calls go well, some are refused. `attempt` runs another operation and goes on whatever
 * becomes of it, so that undo inside a commit is tried too.
 */
import type { Prng, Value } from '../../src/core/index.ts';
import { type AnyOperation, defineOperation } from '../../src/store/operations/index.ts';
import { INVENTORY } from '../support/inventory.ts';
import type { Call } from './model.ts';

const GOODS = ['flour', 'salt'];
const CONTAINERS = ['mill', 'shop', 'van'];
const ITEMS = ['oven', 'till', 'scale'];
const AMOUNTS = ['1', '0.5', '2.25', '40', '3'];
const SLOTS = 3;

/** Runs a call inside this one; whether it went. */
const attempt = defineOperation<Call, void>({
  name: 'attempt',
  version: 1,
  handler: (context, { op, args }) => {
    let went = true;
    try {
      context.run(op, args);
    } catch {
      went = false;
    }
    context.put('attempt/last', { op, went });
  },
});

export const OPERATIONS: readonly AnyOperation[] = [...INVENTORY, attempt as AnyOperation];

/** What every history begins with. */
export const SETUP: readonly Call[] = [
  { op: 'good.register', args: { good: 'flour', decimals: 2 } },
  { op: 'good.register', args: { good: 'salt', decimals: 2 } },
  { op: 'container.create', args: { container: 'mill', slots: SLOTS } },
  { op: 'container.create', args: { container: 'shop', slots: SLOTS } },
  { op: 'stock.add', args: { container: 'mill', good: 'flour', amount: '100' } },
  { op: 'stock.add', args: { container: 'shop', good: 'salt', amount: '50' } },
  { op: 'item.add', args: { item: 'oven', container: 'mill', slot: 0 } },
];

/** One commit: one to three calls. */
export function randomCommit(prng: Prng): Call[] {
  return Array.from({ length: 1 + prng.below(3) }, () => randomCall(prng));
}

type Make = (prng: Prng) => Call;

const transfer: Make = (prng) => ({
  op: 'stock.transfer',
  args: { from: container(prng), to: container(prng), good: good(prng), amount: amount(prng) },
});

const distribute: Make = (prng) => ({
  op: 'stock.distribute',
  args: {
    from: container(prng),
    good: good(prng),
    shares: Array.from({ length: 1 + prng.below(3) }, () => ({
      to: container(prng),
      amount: amount(prng),
    })),
  },
});

const stock =
  (op: string): Make =>
  (prng) => ({
    op,
    args: { container: container(prng), good: good(prng), amount: amount(prng) },
  });

const item =
  (op: string): Make =>
  (prng) => ({ op, args: { item: one(prng, ITEMS), ...place(prng) } });

const swap: Make = (prng) => ({
  op: 'item.swap',
  args: { one: one(prng, ITEMS), other: one(prng, ITEMS) },
});

const named =
  (op: string, key: string, names: readonly string[]): Make =>
  (prng) => ({ op, args: { [key]: one(prng, names) } });

const nested: Make = (prng) => {
  const { op, args } = one(prng, PLAIN)(prng);
  return { op: 'attempt', args: { op, args } };
};

/** The more often named, the more often drawn. */
const PLAIN: readonly Make[] = [
  transfer,
  transfer,
  transfer,
  distribute,
  distribute,
  stock('stock.add'),
  stock('stock.take'),
  item('item.add'),
  item('item.move'),
  item('item.move'),
  swap,
  named('item.remove', 'item', ITEMS),
  named('container.create', 'container', CONTAINERS),
  named('container.remove', 'container', CONTAINERS),
];

function randomCall(prng: Prng): Call {
  return prng.chance(0.15) ? nested(prng) : one(prng, PLAIN)(prng);
}

function one<T>(prng: Prng, list: readonly T[]): T {
  return list[prng.below(list.length)] as T;
}

const container = (prng: Prng): string => one(prng, CONTAINERS);
const good = (prng: Prng): string => one(prng, GOODS);
const amount = (prng: Prng): string => one(prng, AMOUNTS);
const place = (prng: Prng): Record<string, Value> => ({
  container: container(prng),
  slot: prng.below(SLOTS),
});
