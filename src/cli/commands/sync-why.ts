/**
 * `adastra sync why SUBJECT`: the whole way of one commit, and what blocks it.
 */
import type { SyncWhy } from '../../engine/index.ts';
import { cleanText } from '../clean-text.ts';
import { type CommandSpec, wanted } from '../command.ts';
import { EXIT } from '../exit-codes.ts';

/** `sync why SUBJECT` */
export const syncWhy: CommandSpec = {
  name: 'sync why',
  about: 'where a commit is, and what blocks it',
  arguments: [{ name: '<subject>', about: 'a key, #SEQ of this log, or ORIGIN/ORIGIN-SEQ' }],
  examples: ['sync why user:1', "sync why '#12'"],
  async run(call) {
    const { output, session } = call;
    const node = await session.open();
    const why = await node.syncWhy(wanted(call, 0));
    await output.result(why, () => describe(why));
    return EXIT.ok;
  },
};

function describe({ verdict, commits, held }: SyncWhy): string {
  const lines = [verdict];
  for (const { seq, author, stamp, durable, stable, peers, ...commit } of commits) {
    const marks = [durable ? 'durable' : 'not durable yet', ...(stable ? ['stable'] : [])];
    if (commit.void !== undefined) marks.push(`void: ${commit.void}`);
    lines.push(`seq ${seq} by ${author}, stamp ${stamp}: ${marks.join(', ')}`);
    for (const { nodeId, state, reason } of peers) {
      lines.push(`  ${nodeId}: ${state}${reason === undefined ? '' : ` (${reason})`}`);
    }
  }
  for (const { origin, reason } of held) lines.push(`held here: ${origin}: ${reason}`);
  return lines.map(cleanText).join('\n');
}
