/** Two nodes of one world: an invitation, work apart, a conflict, one decision, equal hashes. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, joinWorld } from 'adastra-db';

const folder = mkdtempSync(join(tmpdir(), 'adastra-'));
const transport = { host: '127.0.0.1', port: 0 };
const shop = await Client.open({ dataDir: join(folder, 'shop'), nodeId: 'shop', transport });
await shop.put('town/Paris', { visits: 0 });

// The code is good once and for ten minutes; the directory is a member afterwards.
const { code } = await shop.invite({ role: 'write' });
await joinWorld(join(folder, 'van'), code, { nodeId: 'van' });
const van = await Client.open({ dataDir: join(folder, 'van'), transport });

async function hashes(): Promise<string[]> {
  return [(await shop.status()).stateHash, (await van.status()).stateHash];
}

async function meet(): Promise<void> {
  while (new Set(await hashes()).size > 1) await sleep(50);
}
await meet();
console.log('the van has', van.get('town/Paris'));

// Reads and writes never wait for the network.
await shop.disconnect('van');
await shop.put('town/Paris', { visits: 1 });
await van.put('town/Paris', { visits: 2 });
await van.put('order/1', { boxes: 12 });
console.log('apart:', shop.get('town/Paris'), van.get('town/Paris'), shop.contains('order/1'));

await shop.connect('van');
await meet();
console.log('together:', shop.get('town/Paris'), shop.get('order/1'));
const conflict = await shop.conflict('town/Paris');
for (const { nodeId, value } of conflict?.siblings ?? []) console.log('written:', nodeId, value);

// A write that has seen every version ends the conflict on every node.
await van.resolveConflict('town/Paris', { value: { visits: 3 } });
await meet();
console.log('resolved:', shop.get('town/Paris'), await shop.conflict('town/Paris'));
const [left, right] = await hashes();
console.log('equal state hashes:', left === right);
await Promise.all([shop.close(), van.close()]);

// Output:
// the van has { visits: 0 }
// apart: { visits: 1 } { visits: 2 } false
// together: { visits: 2 } { boxes: 12 }
// written: shop { visits: 1 }
// written: van { visits: 2 }
// resolved: { visits: 3 } undefined
// equal state hashes: true
