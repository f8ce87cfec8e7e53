/**
 * Where everything stands, and the two things that the rest refers to: goods, which are counted in
 * one scale in the whole world, and containers.
 *
 * | key | value |
 * | --- | --- |
 * | `good/<good>` | `{ decimals }` |
 * | `supply/<good>` | how much of it there is: all that was added less all that was taken |
 * | `container/<container>` | `{ slots }`, the number of places for items |
 * | `balance/<container>/<good>` | how much of the good lies there; absent where none does |
 * | `slot/<container>/<n>` | the item that lies there; absent where it is free |
 * | `item/<item>` | `{ container, slot }` |
 */
import type { OperationContext } from 'adastra-db';
import { z } from 'zod';
import { refuse } from './refusal.ts';

/** Names of goods, containers and items: no slash, so that a name is one part of a key. */
export const name: z.ZodString = z
  .string()
  .regex(/^[\w-]{1,64}$/, { message: 'letters, digits, _ and -' });

export interface Good {
  readonly decimals: number;
}

export interface Container {
  readonly slots: number;
}

export interface Place {
  readonly container: string;
  readonly slot: number;
}

export const keys = {
  good: (good: string): string => `good/${good}`,
  supply: (good: string): string => `supply/${good}`,
  container: (container: string): string => `container/${container}`,
  balance: (container: string, good: string): string => `balance/${container}/${good}`,
  balances: (container: string): string => `balance/${container}/`,
  slot: ({ container, slot }: Place): string => `slot/${container}/${slot}`,
  slots: (container: string): string => `slot/${container}/`,
  item: (item: string): string => `item/${item}`,
} as const;

export function goodAt(tx: OperationContext, good: string): Good {
  const found = tx.get(keys.good(good));
  if (found === undefined) throw refuse('good_unknown', `there is no good ${good}`, { good });
  return found as unknown as Good;
}

export function containerAt(tx: OperationContext, container: string): Container {
  const found = tx.get(keys.container(container));
  if (found !== undefined) return found as unknown as Container;
  throw refuse('container_unknown', `there is no container ${container}`, { container });
}
