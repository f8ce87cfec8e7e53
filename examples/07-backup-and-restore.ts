/** A checkpoint, a backup of a running node, and a node made out of it. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, replayVerify, restoreBackup, verifyDirectory } from 'adastra-db';

const folder = mkdtempSync(join(tmpdir(), 'adastra-'));
const db = await Client.open({ dataDir: join(folder, 'data'), nodeId: 'kitchen' });
for (let number = 1; number <= 100; number += 1) await db.put(`order/${number}`, { number });

const checkpoint = await db.checkpoint();
console.log('checkpoint at seq', checkpoint.seq);
const backup = await db.backup(join(folder, 'backup'));
console.log('backup up to seq', backup.seq);
await db.put('order/101', 'after the backup');
const { worldId } = await db.status();
await db.close();

// Every byte of the backup is verified first. The result has a key and a name of its own.
await restoreBackup(join(folder, 'backup'), join(folder, 'restored'), { nodeId: 'spare' });
const restored = await Client.open({ dataDir: join(folder, 'restored') });
const status = await restored.status();
console.log(status.nodeId, 'same world:', status.worldId === worldId, 'seq', status.seq);
console.log(restored.count({ prefix: 'order/' }), restored.contains('order/101'));
await restored.put('order/101', 'written by the restored node');
await restored.close();

const verified = await verifyDirectory(join(folder, 'restored'));
console.log('verified:', verified.ok, verified.commits, 'commits');
const replayed = await replayVerify(join(folder, 'restored'));
console.log('replay gives the same state:', replayed.matches);

// Output:
// checkpoint at seq 101
// backup up to seq 101
// spare same world: true seq 101
// 100 false
// verified: true 102 commits
// replay gives the same state: true
