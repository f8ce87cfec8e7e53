/**
 * What is counted. `stock.add` creates, `stock.take` destroys, and both keep the supply; a transfer
 * only moves: what leaves one container arrives in others, to the last part.
 */
import { defineOperation, type OperationContext, type OperationDefinition } from 'adastra-db';
import { z } from 'zod';
import { amountText, partsOf, textOf } from './amount.ts';
import { containerAt, goodAt, keys, name } from './places.ts';
import { refuse } from './refusal.ts';

const TARGETS_MAX = 100;

interface Change {
  readonly container: string;
  readonly good: string;
  readonly amount: string;
}

interface Transfer {
  readonly from: string;
  readonly to: string;
  readonly good: string;
  readonly amount: string;
}

interface Distribution {
  readonly from: string;
  readonly good: string;
  readonly shares: ReadonlyArray<{ readonly to: string; readonly amount: string }>;
}

const share = z.strictObject({ to: name, amount: amountText });
const change = z.strictObject({ container: name, good: name, amount: amountText });

/** Goods come into the world. Gives what the container holds then. */
export const addStock: OperationDefinition<Change, string> = defineOperation({
  name: 'stock.add',
  version: 1,
  args: change,
  handler: (tx, { container, good, amount }) => {
    const { decimals } = goodAt(tx, good);
    const parts = partsOf(amount, decimals);
    const left = shift(tx, { container, good, by: parts });
    tx.put(keys.supply(good), (tx.get(keys.supply(good)) as bigint) + parts);
    return textOf(left, decimals);
  },
});

/** Goods leave the world. Gives what the container holds then. */
export const takeStock: OperationDefinition<Change, string> = defineOperation({
  name: 'stock.take',
  version: 1,
  args: change,
  handler: (tx, { container, good, amount }) => {
    const { decimals } = goodAt(tx, good);
    const parts = partsOf(amount, decimals);
    const left = shift(tx, { container, good, by: -parts });
    tx.put(keys.supply(good), (tx.get(keys.supply(good)) as bigint) - parts);
    return textOf(left, decimals);
  },
});

/** From one container to another; into itself changes nothing, and needs the amount to be there. */
export const transferStock: OperationDefinition<Transfer, void> = defineOperation({
  name: 'stock.transfer',
  version: 1,
  args: z.strictObject({ from: name, to: name, good: name, amount: amountText }),
  handler: (tx, { from, to, good, amount }) => {
    const parts = partsOf(amount, goodAt(tx, good).decimals);
    shift(tx, { container: from, good, by: -parts });
    shift(tx, { container: to, good, by: parts });
  },
});

/** From one container to many: all of the shares arrive, or none leaves. */
export const distributeStock: OperationDefinition<Distribution, void> = defineOperation({
  name: 'stock.distribute',
  version: 1,
  args: z.strictObject({
    from: name,
    good: name,
    shares: z.array(share).min(1).max(TARGETS_MAX).readonly(),
  }),
  handler: (tx, { from, good, shares }) => {
    for (const { to, amount } of shares) tx.run('stock.transfer', { from, to, good, amount });
  },
});

/** Changes one balance; refuses to go below nothing. Gives what is there then. */
function shift(
  tx: OperationContext,
  { container, good, by }: { container: string; good: string; by: bigint },
): bigint {
  containerAt(tx, container);
  const key = keys.balance(container, good);
  const held = (tx.get(key) as bigint | undefined) ?? 0n;
  const left = held + by;
  if (left < 0n) {
    const { decimals } = goodAt(tx, good);
    const facts = { container, good, held: textOf(held, decimals) };
    throw refuse('insufficient_balance', `${container} holds ${facts.held} of ${good}`, facts);
  }
  if (left === 0n) tx.remove(key);
  else tx.put(key, left);
  return left;
}
