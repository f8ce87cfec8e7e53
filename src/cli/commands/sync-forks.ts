/**
 * `adastra sync forks`: origins under whose name two different chains were seen (the memory of a
 * running node was copied). They are frozen until an admin names the branch that stays.
 */
import type { ForkInfo } from '../../engine/index.ts';
import { cleanText } from '../clean-text.ts';
import type { CommandSpec } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { shortFingerprint } from '../members.ts';

/** `sync forks` */
export const syncForks: CommandSpec = {
  name: 'sync forks',
  about: 'origins with two chains under one name, and what is known of both',
  examples: ['sync forks', 'sync forks --json'],
  async run({ output, session }) {
    const node = await session.open();
    const forks = await node.forks();
    if (output.json) for (const fork of forks) await output.object(fork);
    else if (forks.length === 0) output.note('no forks');
    else {
      for (const fork of forks) await output.line(told(fork));
      output.note('an admin names the branch that stays: adastra sync keep ORIGIN SEQ DIGEST');
    }
    return EXIT.ok;
  },
};

function told({
  origin,
  author,
  originSeq,
  digestHere,
  digestThere,
  reportedBy,
}: ForkInfo): string {
  return [
    `${origin} (${cleanText(author)}), compared behind commit ${originSeq}`,
    `  here        ${digestHere ?? 'not known'}`,
    `  ${shortFingerprint(reportedBy)}    ${digestThere ?? 'not known'}`,
  ].join('\n');
}
