/**
 * `adastra sync outbox`: for each peer, how much of the log it has not acknowledged.
 */
import type { OutboxEntry } from '../../engine/index.ts';
import { cleanText } from '../clean-text.ts';
import type { CommandSpec } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { shortFingerprint } from '../members.ts';
import { columns, duration, grouped, size } from '../tables.ts';

const HEADS = ['node', 'key', 'state', 'has up to seq', 'waiting'];

/** `sync outbox` */
export const syncOutbox: CommandSpec = {
  name: 'sync outbox',
  about: 'what waits for whom',
  examples: ['sync outbox', 'sync outbox --json'],
  async run({ output, session }) {
    const node = await session.open();
    const outbox = await node.outbox();
    if (output.json) for (const entry of outbox) await output.object(entry);
    else if (outbox.length === 0) output.note('no other members: nothing waits for anybody');
    else await output.line(columns([HEADS.map(output.colors.dim), ...outbox.map(row)]));
    return EXIT.ok;
  },
};

function row(entry: OutboxEntry): readonly string[] {
  const { commitsRemaining, bytesRemaining, inFlight, nextRetryMs } = entry;
  const waiting =
    commitsRemaining === 0
      ? 'nothing'
      : `${grouped(commitsRemaining)} commits (${size(bytesRemaining)}), ${inFlight} in flight`;
  const retry = nextRetryMs === undefined ? '' : `, next try in ${duration(nextRetryMs)}`;
  const has = `${entry.cursorSeq} of ${entry.headSeq}`;
  const key = shortFingerprint(entry.peer);
  return [cleanText(entry.nodeId), key, entry.state, has, `${waiting}${retry}`];
}
