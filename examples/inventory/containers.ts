/**
 * Goods and containers come and go. A container goes only when nothing lies in it.
 */
import { defineOperation, type OperationContext, type OperationDefinition } from 'adastra-db';
import { z } from 'zod';
import { containerAt, keys, name } from './places.ts';
import { refuse } from './refusal.ts';

const SLOTS_MAX = 10_000;
const DECIMALS_MAX = 18;

/** A good and its scale, for good: changing it would change every amount. */
export const registerGood: OperationDefinition<{ good: string; decimals: number }, void> =
  defineOperation({
    name: 'good.register',
    version: 1,
    args: z.strictObject({ good: name, decimals: z.int().min(0).max(DECIMALS_MAX) }),
    handler: (tx, { good, decimals }) => {
      if (tx.contains(keys.good(good))) {
        throw refuse('good_exists', `the good ${good} is registered`, { good });
      }
      tx.put(keys.good(good), { decimals });
      tx.put(keys.supply(good), 0n);
    },
  });

export const createContainer: OperationDefinition<{ container: string; slots: number }, void> =
  defineOperation({
    name: 'container.create',
    version: 1,
    args: z.strictObject({ container: name, slots: z.int().min(0).max(SLOTS_MAX).default(0) }),
    handler: (tx, { container, slots }) => {
      if (tx.contains(keys.container(container))) {
        throw refuse('container_exists', `there is a container ${container}`, { container });
      }
      tx.put(keys.container(container), { slots });
    },
  });

export const removeContainer: OperationDefinition<{ container: string }, void> = defineOperation({
  name: 'container.remove',
  version: 1,
  args: z.strictObject({ container: name }),
  handler: (tx, { container }) => {
    containerAt(tx, container);
    const first = firstIn(tx, keys.balances(container)) ?? firstIn(tx, keys.slots(container));
    if (first !== undefined) {
      throw refuse('container_not_empty', `${first} lies in ${container}`, { container, first });
    }
    tx.remove(keys.container(container));
  },
});

function firstIn(tx: OperationContext, prefix: string): string | undefined {
  for (const [key] of tx.list({ prefix, limit: 1 })) return key;
  return undefined;
}
