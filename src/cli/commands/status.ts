/**
 * `adastra status`: what the node holds, how its log stands, both hashes, what the last opening
 * found, sync and the other members. With `--json` the whole of it; with `--watch` again every
 * second until Ctrl-C: drawn over on a terminal, block by block elsewhere.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CommandSpec } from '../command.ts';
import { cleanText } from '../clean-text.ts';
import type { NodeStatus, SyncStateInfo } from '../../engine/index.ts';
import { EXIT } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import { discoveryText, PEER_HEADS, peerRow, syncText, transportText } from '../peer-text.ts';
import { columns, duration, facts, grouped, size } from '../tables.ts';

/** `status` */
export const status: CommandSpec = {
  name: 'status',
  about: 'state of node, store, log, sync and peers',
  options: [{ flags: '-w, --watch', about: 'show it every second until Ctrl-C' }],
  examples: ['status', 'status --json', 'status --watch'],
  async run({ options, output, session, signal }) {
    const isWatch = options.flag('watch');
    while (!signal.aborted) {
      // Each time anew: a running node may have stopped, or been started, in between.
      const node = await session.open();
      const report = await node.status();
      if (isWatch && output.isTerminal && !output.json) await output.text(CLEAR);
      await output.result(report, () => `${describe(output, report)}${isWatch ? '\n' : ''}`);
      await output.flush();
      if (!isWatch) return EXIT.ok;
      await sleep(WATCH_MS, undefined, { signal }).catch(() => {});
    }
    return EXIT.interrupted;
  },
};

const WATCH_MS = 1000;
/** Cursor home, and everything below it gone: without the flicker of a cleared screen. */
const CLEAR = '\u001b[H\u001b[J';

function describe(output: Output, report: NodeStatus): string {
  const { store, wal, recovery } = report;
  const { colors } = output;
  const isWell = report.health === 'ok';
  const health = isWell ? colors.green('ok') : colors.red(report.health);
  const own = facts(output, [
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
    ['sync', syncText(report.sync)],
    ['transport', transportText(report.transport)],
    ['discovery', discoveryText(report.discovery)],
    ['peers', report.peers.length === 0 ? 'none' : ''],
  ]);
  const { warnings = [] }: Partial<SyncStateInfo> = report.sync;
  const warned = [...warnings, ...setAside(report)].map(
    (text) => `${colors.yellow('warning:')} ${cleanText(text)}`,
  );
  if (report.peers.length === 0) return [own, ...warned].join('\n');
  const heads = PEER_HEADS.map((head) => colors.dim(head));
  return [own, columns([heads, ...report.peers.map(peerRow)]), ...warned].join('\n');
}

/** Projections that stand still; a running node of an older version tells of none. */
function setAside({ projections = [] }: Partial<NodeStatus>): string[] {
  return projections.flatMap(({ name, error }) =>
    error === undefined ? [] : [`projection ${name} stands at seq ${error.seq}: ${error.message}`],
  );
}

/** What opening found, in one line. */
export function recoveryText(recovery: NodeStatus['recovery']): string {
  const { checkpointSeq, replayedCommits, tornBytes, cleanClose } = recovery;
  // A directory that was made just now was never closed.
  if (!cleanClose && checkpointSeq + replayedCommits + tornBytes === 0) return 'an empty log';
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
