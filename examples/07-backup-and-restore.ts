/** A checkpoint, a backup of a running node, and a second node made out of it. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  attempt,
  Client,
  joinWorld,
  replayVerify,
  restoreBackup,
  verifyDirectory,
} from 'adastra-db';

const folder = mkdtempSync(join(tmpdir(), 'adastra-'));
const db = await Client.open({ dataDir: join(folder, 'data'), nodeId: 'kitchen', transport: {} });
for (let number = 1; number <= 100; number += 1) await db.put(`order/${number}`, { number });

const checkpoint = await db.checkpoint();
console.log('checkpoint at seq', checkpoint.seq);
const backup = await db.backup(join(folder, 'backup'));
console.log('backup up to seq', backup.seq);
await db.put('order/101', 'after the backup');
const { worldId } = await db.status();

// Every byte of the backup is verified first. The result has a key and a name of its own, so it
// reads at once and may not write yet.
await restoreBackup(join(folder, 'backup'), join(folder, 'restored'), { nodeId: 'spare' });
const restored = await Client.open({ dataDir: join(folder, 'restored') });
const status = await restored.status();
console.log(status.nodeId, 'same world:', status.worldId === worldId, 'seq', status.seq);
console.log(restored.count({ prefix: 'order/' }), restored.contains('order/101'));
const early = await attempt(restored.put('order/102', 'too early'));
console.log(early.ok ? 'written' : early.error.code);
await restored.close();

// An admin admits it. Then it gets what it lacks, and may write.
await joinWorld(join(folder, 'restored'), (await db.invite()).code);
const spare = await Client.open({ dataDir: join(folder, 'restored'), transport: {} });
const last = await db.put('order/103', 'for all');
await db.whenAcknowledged(last, { by: 'all', timeoutMs: 20_000 });
await spare.put('order/102', 'written by the restored node');
console.log(spare.count({ prefix: 'order/' }), spare.get('order/101'));
await spare.close();
await db.close();

const verified = await verifyDirectory(join(folder, 'restored'));
const replayed = await replayVerify(join(folder, 'restored'));
console.log('verified:', verified.ok, 'replay gives the same state:', replayed.matches);

// Output:
// checkpoint at seq 101
// backup up to seq 101
// spare same world: true seq 101
// 100 false
// forbidden
// 103 after the backup
// verified: true replay gives the same state: true
