/**
 * What is one of a kind: an item lies in exactly one slot, a slot holds at most one item. A move is
 * two removals and two puts that nobody ever sees half done.
 */
import { defineOperation, type OperationContext, type OperationDefinition } from 'adastra-db';
import { z } from 'zod';
import { containerAt, keys, name, type Place } from './places.ts';
import { refuse } from './refusal.ts';

type Placed = Place & { readonly item: string };

const slot = z.int().min(0);
const placed = z.strictObject({ item: name, container: name, slot });

export const addItem: OperationDefinition<Placed, void> = defineOperation({
  name: 'item.add',
  version: 1,
  args: placed,
  handler: (tx, { item, container, slot }) => {
    if (tx.contains(keys.item(item))) {
      throw refuse('item_exists', `there is an item ${item}`, { item });
    }
    settle(tx, item, { container, slot });
  },
});

/** Into another slot, of the same container or another; where it lies already, nothing changes. */
export const moveItem: OperationDefinition<Placed, void> = defineOperation({
  name: 'item.move',
  version: 1,
  args: placed,
  handler: (tx, { item, container, slot }) => {
    leave(tx, item);
    settle(tx, item, { container, slot });
  },
});

/** Two items change places. */
export const swapItems: OperationDefinition<{ one: string; other: string }, void> = defineOperation(
  {
    name: 'item.swap',
    version: 1,
    args: z.strictObject({ one: name, other: name }),
    handler: (tx, { one, other }) => {
      if (one === other) throw refuse('item_same', 'an item cannot change places with itself');
      const first = leave(tx, one);
      const second = leave(tx, other);
      settle(tx, one, second);
      settle(tx, other, first);
    },
  },
);

export const removeItem: OperationDefinition<{ item: string }, void> = defineOperation({
  name: 'item.remove',
  version: 1,
  args: z.strictObject({ item: name }),
  handler: (tx, { item }) => {
    leave(tx, item);
    tx.remove(keys.item(item));
  },
});

/** Frees the slot of an item; gives where it was. */
function leave(tx: OperationContext, item: string): Place {
  const place = tx.get(keys.item(item)) as unknown as Place | undefined;
  if (place === undefined) throw refuse('item_unknown', `there is no item ${item}`, { item });
  tx.remove(keys.slot(place));
  return place;
}

/** Puts an item, which lies nowhere, into a free slot. */
function settle(tx: OperationContext, item: string, { container, slot }: Place): void {
  const { slots } = containerAt(tx, container);
  if (slot >= slots) {
    throw refuse('slot_unknown', `${container} has ${slots} slots`, { container, slot });
  }
  const key = keys.slot({ container, slot });
  const other = tx.get(key);
  if (other !== undefined) {
    throw refuse('slot_taken', `${String(other)} lies there`, { container, slot });
  }
  tx.put(key, item);
  tx.put(keys.item(item), { container, slot });
}
