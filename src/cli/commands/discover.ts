/**
 * `adastra discover`: asks the network which nodes are there and prints what is known after a
 * moment. What is found is a hint at an address; only members are connected to.
 */
import type { DiscoveredNode } from '../../engine/index.ts';
import { cleanText } from '../clean-text.ts';
import type { CommandSpec } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { shortFingerprint } from '../members.ts';
import { spanOf } from '../option-values.ts';
import { columns, duration } from '../tables.ts';

const WAIT_MS = 2000;

/** `discover` */
export const discover: CommandSpec = {
  name: 'discover',
  about: 'look for nodes on the network',
  options: [{ flags: '--wait <span>', about: 'how long to listen for answers (default: 2s)' }],
  examples: ['discover', 'discover --wait 5s --json'],
  async run({ options, output, session }) {
    const waitMs = spanOf(options, 'wait') ?? WAIT_MS;
    const node = await session.open();
    const found = await node.discover({ waitMs });
    if (output.json) for (const one of found) await output.object(one);
    else if (found.length === 0) output.note('nobody answered');
    else await output.line(columns(found.map(row)));
    return EXIT.ok;
  },
};

function row(node: DiscoveredNode): readonly string[] {
  return [
    node.nodeId,
    shortFingerprint(node.fingerprint),
    node.member ? 'member' : 'no member',
    node.state,
    node.addresses.join(' '),
    `${duration(node.lastSeenMsAgo)} ago`,
  ].map(cleanText);
}
