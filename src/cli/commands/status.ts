/**
 * `adastra status`: what the node holds, how its log stands, both hashes, what the last opening
 * found. With `--json` the whole of it.
 */
import type { CommandSpec } from '../command.ts';
import type { NodeStatus } from '../../engine/index.ts';
import { EXIT } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import { duration, facts, grouped, size } from '../tables.ts';

/** `status` */
export const status: CommandSpec = {
  name: 'status',
  about: 'state of node, store and log',
  examples: ['status', 'status --json'],
  async run({ output, session }) {
    const node = await session.open();
    const report = await node.status();
    await output.result(report, () => describe(output, report));
    return EXIT.ok;
  },
};

function describe(output: Output, report: NodeStatus): string {
  const { store, wal, recovery } = report;
  const { colors } = output;
  const isWell = report.health === 'ok';
  const health = isWell ? colors.green('ok') : colors.red(report.health);
  return facts(output, [
    ['node', report.nodeId],
    ['world', report.worldId],
    ['directory', wal.directory],
    ['health', report.healthReason === undefined ? health : `${health}: ${report.healthReason}`],
    ['entries', `${grouped(store.entries)} (${size(store.keyBytes + store.valueBytes)})`],
    ['conflicts', grouped(store.conflicts)],
    ['seq', `${report.seq} (durable up to ${wal.durableSeq})`],
    ['log', `${size(wal.bytes)} in ${wal.segments} segments, durability ${wal.durability}`],
    ['checkpoints', wal.checkpoints.map(({ seq }) => `seq ${seq}`).join(', ') || 'none'],
    ['recovered', recoveryText(recovery)],
    ['state hash', report.stateHash],
    ['content hash', report.contentHash],
  ]);
}

/** What opening found, in one line. */
export function recoveryText(recovery: NodeStatus['recovery']): string {
  const parts = [
    recovery.checkpointSeq > 0 ? `checkpoint at seq ${recovery.checkpointSeq}` : 'no checkpoint',
    `${grouped(recovery.replayedCommits)} commits replayed`,
    recovery.cleanClose ? 'after a clean close' : 'after a crash or kill',
  ];
  if (recovery.tornBytes > 0) parts.push(`a torn tail of ${size(recovery.tornBytes)} set aside`);
  for (const { file, reason } of recovery.rejectedCheckpoints) {
    parts.push(`checkpoint ${file} passed over (${reason})`);
  }
  return `${parts.join(', ')}, in ${duration(recovery.durationMs)}`;
}
