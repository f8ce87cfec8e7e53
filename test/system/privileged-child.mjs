/**
 * A node of a user without rights that asks for a port below 1024, over the built package: prints
 * one line of JSON with what it was told. See start-errors.test.ts.
 */
import process from 'node:process';
import { Client } from '../../dist/client/index.js';

const [uid, port] = process.argv.slice(2).map(Number);
if (process.getuid?.() === 0) {
  process.setgroups?.([]);
  process.setgid?.(uid);
  process.setuid?.(uid);
}
const client = await Client.open({
  memory: true,
  transport: { host: '127.0.0.1', port },
  discovery: { host: '127.0.0.1', port },
});
const failed = await client.status();
await client.put('k', 'written all the same');
const value = client.get('k');
const started = await client.startTransport({ host: '127.0.0.1', port: 0 });
const { transport: running } = await client.status();
await client.close();
const { transport, discovery } = failed;
process.stdout.write(`${JSON.stringify({ transport, discovery, value, started, running })}\n`);
