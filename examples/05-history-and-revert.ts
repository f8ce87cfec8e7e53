/** Every write stays in the log: who, why, what was there before, and taking one back. */
import { attempt, Client } from 'adastra-db';

const db = await Client.open({ memory: true });
await db.put('price/tea', 3, { actor: 'ada', reason: 'opening' });
const mistake = await db.put('price/tea', 30, { actor: 'bob', metadata: { till: 2 } });

// A new commit gives back what was there before; the log keeps both.
const undone = await db.revert(mistake.seq, { reason: 'a slip of the keyboard', actor: 'ada' });
console.log('price', db.get('price/tea'));

for await (const { seq, value, actor, reason } of db.history('price/tea')) {
  console.log(seq, value, actor, reason);
}

// What has changed since is not silently undone with it.
const again = await attempt(db.revert(mistake.seq, { reason: 'once more' }));
console.log(again.ok ? 'reverted' : again.error.code);

// The whole state as it was behind an earlier commit.
console.log('at', mistake.seq, db.at(mistake.seq).get('price/tea'));

for await (const commit of db.changes({ from: mistake.seq, live: false })) {
  console.log(commit.seq, commit.events, commit.reverts !== undefined);
}
console.log(undone.seq);
await db.close();

// Output:
// price 3
// 4 3 ada a slip of the keyboard
// 3 30 bob undefined
// 2 3 ada opening
// revert_refused
// at 3 30
// 3 [ { key: 'price/tea', kind: 'put', value: 30 } ] false
// 4 [ { key: 'price/tea', kind: 'put', value: 3 } ] true
// 4
