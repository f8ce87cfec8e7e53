/** Named operations with checked arguments: run them, try them, find them in the log. */
import { attempt, Client, defineOperation } from 'adastra-db';
import { z } from 'zod';

const adjust = defineOperation({
  name: 'stock.adjust',
  version: 1,
  args: z.object({ item: z.string().min(1), by: z.int() }),
  handler: (tx, { item, by }) => {
    const count = ((tx.get(`stock/${item}`) as number | undefined) ?? 0) + by;
    if (count < 0) throw new Error(`only ${count - by} of ${item} are left`);
    tx.put(`stock/${item}`, count);
    return count;
  },
});

const db = await Client.open({ memory: true, operations: [adjust] });

await db.commit({ operations: [{ op: 'stock.adjust', args: { item: 'apple', by: 5 } }] });
const inTransaction = await db.transact((tx) => tx.run('stock.adjust', { item: 'apple', by: 2 }));
console.log('count', inTransaction.value);

const wrong = await attempt(
  db.commit({ operations: [{ op: 'stock.adjust', args: { item: '', by: 1.5 } }] }),
);
console.log(wrong.ok ? 'done' : wrong.error.code);

// The same handler, without effect.
const report = await db.preflight({
  operations: [
    { op: 'stock.adjust', args: { item: 'apple', by: -3 } },
    { op: 'stock.adjust', args: { item: 'apple', by: -30 } },
  ],
});
console.log(
  report.ok,
  report.operations.map(({ ok }) => ok),
  report.operations[1]?.error?.code,
);
console.log('still', db.get('stock/apple'));

for await (const entry of db.history('stock/apple')) console.log(entry.value, entry.operations);
await db.close();

// Output:
// count 7
// operation_invalid
// false [ true, false ] operation_failed
// still 7
// 7 [ { name: 'stock.adjust', version: 1 } ]
// 5 [ { name: 'stock.adjust', version: 1 } ]
