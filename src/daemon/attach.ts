/**
 * Finding the node that has a directory open: `node.json` names a socket, the socket's owner must
 * be the directory's, and who answers there must say that it serves this very directory. Anything
 * else (a killed node's file, a copied directory's, silence) is nobody.
 */
import { AttachedNode } from './attached-node.ts';
import { checked, directoryIdentity, type NodeFile, readNodeFile } from './node-file.ts';
import { SocketClient } from './socket-client.ts';
import { isTrusted } from './socket-path.ts';

const PROBE_MS = 5_000;

/** The node that serves `dataDir`; `undefined` where nobody does. Close it when done. */
export async function attachTo(dataDir: string): Promise<AttachedNode | undefined> {
  const found = await connectTo(dataDir);
  if (found === undefined) return undefined;
  const { client, running } = found;
  try {
    const status = await client.call({ method: 'GET', path: '/v1/status' });
    const { recovery } = status as Pick<AttachedNode, 'recovery'>;
    return new AttachedNode(client, running, recovery);
  } catch {
    client.close();
    return undefined;
  }
}

/** A connection to whoever serves `dataDir`. Close it when done. */
export async function connectTo(
  dataDir: string,
): Promise<{ readonly client: SocketClient; readonly running: NodeFile } | undefined> {
  const file = readNodeFile(dataDir);
  if (file === undefined || !isTrusted(file.socket, dataDir)) return undefined;
  const client = new SocketClient(file.socket);
  try {
    const probe = { method: 'GET', timeoutMs: PROBE_MS };
    const running = checked(await client.call({ ...probe, path: '/v1/daemon' }));
    if (running?.directory === directoryIdentity(dataDir)) return { client, running };
  } catch {
    // Nobody answers there, or nobody that we know how to talk to.
  }
  client.close();
  return undefined;
}
