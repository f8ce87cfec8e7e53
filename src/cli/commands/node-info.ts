/**
 * `adastra node info [MEMBER]`: who this node is: id, key fingerprint, world, host, version,
 * capabilities, for how long it runs; or what another member said of itself when it was last
 * connected. Diagnostic only: nobody proves any of it but the key.
 */
import { AdastraError } from '../../core/index.ts';
import type { CommandSpec } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { oneOf } from '../members.ts';
import type { OpenedNode } from '../node-access.ts';
import { factsOf } from '../tables.ts';

/** `node info` */
export const nodeInfo: CommandSpec = {
  name: 'node info',
  about: 'who this node is, or what a member says of itself',
  arguments: [{ name: '[member]', about: 'nodeId, or the beginning of a fingerprint' }],
  examples: ['node info', 'node info till-2'],
  async run({ args, output, session }) {
    const node = await session.open();
    const [member] = args;
    if (member !== undefined) {
      const about = await infoOfPeer(node, member);
      await output.result(about, () => factsOf(output, about));
      return EXIT.ok;
    }
    const info = await node.nodeInfo();
    await output.result(info, () => factsOf(output, info));
    return EXIT.ok;
  },
};

async function infoOfPeer(node: OpenedNode, member: string): Promise<object> {
  const { fingerprint, nodeId, metadata } = oneOf(await node.peers(), member);
  if (metadata !== undefined) return { ...metadata, fingerprint };
  throw new AdastraError('not_found', `${nodeId} has not been connected since this node started`, {
    details: { fingerprint },
  });
}
