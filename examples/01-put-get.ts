/** A node on disk: write, read, close, open again. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'adastra-db';

const dataDir = join(mkdtempSync(join(tmpdir(), 'adastra-')), 'data');

const first = await Client.open({ dataDir });
// A write is there, and on the disk, when its promise has resolved; not before.
const writing = first.put('user/ada', { name: 'Ada', born: new Date('1815-12-10') });
console.log('not yet:', first.get('user/ada'));
const receipt = await writing;
console.log('seq', receipt.seq, 'durability', receipt.durability);
await first.put('user/grace', { name: 'Grace', rank: 17n, key: new Uint8Array([1, 2]) });
await first.close();

const second = await Client.open({ dataDir });
console.log(second.get('user/ada'));
console.log(second.get('user/grace'));
console.log('missing:', second.get('user/nobody'), second.contains('user/nobody'));
await second.remove('user/ada');
console.log('left:', [...second.keys()]);
await second.close();

// Output:
// not yet: undefined
// seq 2 durability always
// { born: 1815-12-10T00:00:00.000Z, name: 'Ada' }
// { key: Uint8Array(2) [ 1, 2 ], name: 'Grace', rank: 17n }
// missing: undefined false
// left: [ 'user/grace' ]
