/**
 * The inventory of examples/ as tests use it: its operations, and what must hold of every state
 * that they leave behind.
 */
import * as inventory from '../../examples/inventory/operations.ts';
import type { Value } from '../../src/core/index.ts';
import type { AnyOperation } from '../../src/store/operations/index.ts';

/** Every operation of the example. */
export const INVENTORY: readonly AnyOperation[] = Object.values(inventory) as AnyOperation[];

type Entries = ReadonlyMap<string, Value>;

/** What is wrong with a state: created, destroyed, in two places, in none, below nothing. */
export function inventoryFaults(state: Iterable<readonly [string, Value]>): string[] {
  const entries: Entries = new Map(state);
  return [...supplyFaults(entries), ...itemFaults(entries), ...placeFaults(entries)];
}

/** The supply of each good is the sum of its balances, each more than nothing. */
function supplyFaults(entries: Entries): string[] {
  const faults: string[] = [];
  const sums = new Map<string, bigint>();
  for (const [key, value] of entries) {
    if (!key.startsWith('balance/')) continue;
    const [, , good = ''] = key.split('/');
    if (typeof value !== 'bigint' || value <= 0n) faults.push(`${key} is ${String(value)}`);
    else sums.set(good, (sums.get(good) ?? 0n) + value);
    if (!entries.has(`good/${good}`)) faults.push(`${key} is of no good`);
  }
  for (const [key, value] of entries) {
    if (!key.startsWith('supply/')) continue;
    const sum = sums.get(key.slice('supply/'.length)) ?? 0n;
    if (sum !== value) faults.push(`${key} is ${String(value)}, its balances sum up to ${sum}`);
  }
  return faults;
}

/** Each item lies in the slot that says so, and no slot holds anything else. */
function itemFaults(entries: Entries): string[] {
  const faults: string[] = [];
  const slots = new Map([...entries].filter(([key]) => key.startsWith('slot/')));
  for (const [key, value] of entries) {
    if (!key.startsWith('item/')) continue;
    const { container, slot } = value as { container: string; slot: number };
    const place = `slot/${container}/${slot}`;
    const held = slots.get(place);
    if (held !== key.slice('item/'.length))
      faults.push(`${key} is not in ${place}: ${String(held)}`);
    slots.delete(place);
  }
  for (const [key, value] of slots)
    faults.push(`${key} holds ${String(value)}, which is elsewhere`);
  return faults;
}

/** Nothing lies in a container that is not there. */
function placeFaults(entries: Entries): string[] {
  return [...entries.keys()]
    .filter((key) => key.startsWith('balance/') || key.startsWith('slot/'))
    .filter((key) => !entries.has(`container/${key.split('/')[1]}`))
    .map((key) => `${key} is in no container`);
}
