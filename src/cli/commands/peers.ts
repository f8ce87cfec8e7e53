/**
 * `adastra peers`: the other members as this node sees them: link, what they lack, clock, last
 * error.
 */
import type { CommandSpec } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { PEER_HEADS, peerRow } from '../peer-text.ts';
import { columns } from '../tables.ts';

/** `peers` */
export const peers: CommandSpec = {
  name: 'peers',
  about: 'the other members: links, what they lack, errors',
  examples: ['peers', 'peers --json'],
  async run({ output, session }) {
    const node = await session.open();
    const list = await node.peers();
    if (output.json) {
      for (const peer of list) await output.object(peer);
    } else if (list.length === 0) {
      output.note('no other members; adastra invite makes a code for one');
    } else {
      const heads = PEER_HEADS.map((head) => output.colors.dim(head));
      await output.line(columns([heads, ...list.map(peerRow)]));
    }
    return EXIT.ok;
  },
};
