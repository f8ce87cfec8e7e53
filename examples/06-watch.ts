/** Three ways to hear of commits: subscribe, observe, and the feed from the log. */
import { Client } from 'adastra-db';

const db = await Client.open({ memory: true });
const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

// Once per commit, in order, after it is visible.
const stop = db.subscribe({ prefix: 'task/' }, ({ seq, changes }) => {
  console.log(
    'commit',
    seq,
    changes.map(({ kind, key }) => `${kind} ${key}`),
  );
});
await db.transact((tx) => {
  tx.put('task/1', 'write');
  tx.put('task/2', 'test');
});
await db.remove('task/1');
await db.put('other', true);
await soon();
stop();

// The contract of useSyncExternalStore: the same snapshot until a commit touches it.
const tasks = db.observe({ prefix: 'task/' });
const end = tasks.subscribe(() => console.log('now', tasks.getSnapshot()));
const snapshot = tasks.getSnapshot();
await db.put('other', false);
console.log('same snapshot', snapshot === tasks.getSnapshot());
await db.put('task/3', 'ship');
await soon();
end();

// From the log, from any seq on; it ends when the node is closed.
const feed = (async () => {
  const seqs: number[] = [];
  for await (const commit of db.changes({ from: 1 })) seqs.push(commit.seq);
  return seqs;
})();
await soon();
await db.close();
console.log('feed', await feed);

// Output:
// commit 2 [ 'put task/1', 'put task/2' ]
// commit 3 [ 'remove task/1' ]
// same snapshot true
// now [ [ 'task/2', 'test' ], [ 'task/3', 'ship' ] ]
// feed [ 2, 3, 4, 5, 6 ]
