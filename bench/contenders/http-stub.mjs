// The floor and the peer of `http-commit`: the server of our daemon, with all that it checks, over a
// node whose `commit` does nothing (floor), or one `INSERT` into better-sqlite3 (see http-sqlite).

import { join } from 'node:path';
import { builtModule } from '../lib/daemon.mjs';
import { withPeer } from '../lib/pair.mjs';

const part = (path) => import(builtModule(path).href);

export async function probe() {
  await part('../daemon/index.js');
}

/** The peer process: our server; what `commit` does is `commitOf(dir)`. */
export async function serveWith(dir, commitOf) {
  const { initNode, openNode } = await part('./directories.js');
  const { serveNode } = await part('../daemon/index.js');
  const dataDir = join(dir, 'node');
  await initNode(dataDir);
  const node = await openNode({ dataDir, durability: 'always' });
  const receipt = await node.put('first', 'receipt');
  const insert = await commitOf(dir);
  node.commit = async ({ operations: [{ args }] }) => {
    insert?.(args.key, args.value);
    return receipt;
  };
  const server = await serveNode(node, { dataDir, http: {} });
  return { port: () => Number(new URL(server.url).port) };
}

export const server = ({ dir }) => serveWith(dir, () => undefined);

export function withServer(dir, job) {
  return withPeer({ module: 'http-stub', role: 'server', dir }, async (peer) =>
    job({ port: await peer.call('port') }),
  );
}
