/** All or nothing, conditions, and retries that write once. */
import { attempt, Client } from 'adastra-db';

const db = await Client.open({ memory: true });
await db.put('account/ada', 10);
await db.put('account/grace', 0);

function move(amount: number): ReturnType<typeof db.transact<number>> {
  return db.transact((tx) => {
    const from = (tx.get('account/ada') as number) - amount;
    tx.put('account/ada', from);
    if (from < 0) throw new RangeError('not enough');
    tx.put('account/grace', (tx.get('account/grace') as number) + amount);
    return from;
  });
}

const moved = await move(4);
console.log('left', moved.value);
const refused = await move(100).catch((error: unknown) => error);
console.log(String(refused), '->', db.get('account/ada'));

// Somebody else wrote in between: the condition fails, nothing is overwritten.
const seen = db.getEntry('account/ada');
await db.put('account/ada', 7);
const late = await attempt(db.put('account/ada', 5, { ifStamp: seen?.stamps }));
console.log(late.ok ? 'written' : late.error.code, db.get('account/ada'));
const taken = await attempt(db.put('account/grace', 1, { ifAbsent: true }));
console.log(taken.ok ? 'written' : taken.error.code);

// The same commandId writes once, however often it is sent.
const once = await db.put('order/1', 'paid', { commandId: 'pay-1' });
const again = await db.put('order/1', 'paid', { commandId: 'pay-1' });
console.log(once.replayed, again.replayed, once.seq === again.seq);

await db.close();

// Output:
// left 6
// RangeError: not enough -> 6
// condition_failed 7
// condition_failed
// false true true
