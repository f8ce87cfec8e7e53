/** Keys are ordered: ranges, counts, and a snapshot that later writes do not disturb. */
import { Client } from 'adastra-db';

const db = await Client.open({ memory: true });
const stock = db.sub<number>('stock/');
for (const [name, count] of Object.entries({ apple: 5, banana: 7, cherry: 9, date: 11 })) {
  await stock.put(name, count);
}

console.log([...db.keys({ prefix: 'stock/', limit: 2 })]);
console.log([...stock.keys({ gt: 'banana' })]);
console.log([...stock.list({ gte: 'banana', lt: 'date', reverse: true })]);
console.log(db.count({ prefix: 'stock/' }));

const before = db.snapshot();
await stock.update('apple', (count = 0) => count - 1);
await stock.remove('date');
console.log('now', db.get('stock/apple'), db.count());
console.log('at the snapshot', before.get('stock/apple'), before.count());
before.release();

await db.close();

// Output:
// [ 'stock/apple', 'stock/banana' ]
// [ 'cherry', 'date' ]
// [ [ 'cherry', 9 ], [ 'banana', 7 ] ]
// 4
// now 4 3
// at the snapshot 5 4
