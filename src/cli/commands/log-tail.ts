/**
 * `adastra log tail`: the commits of the log, oldest first: from `--from` on, else the last ten.
 * With `--follow` it goes on until Ctrl-C.
 */
import type { CommandSpec } from '../command.ts';
import { commitJson, commitText } from '../commit-text.ts';
import { EXIT } from '../exit-codes.ts';
import type { OpenedNode } from '../node-access.ts';

const DEFAULT_COMMITS = 10;
const KEEP_ALIVE_MS = 1_000_000;

/** `log tail` */
export const logTail: CommandSpec = {
  name: 'log tail',
  about: 'print commits of the log',
  options: [
    { flags: '--from <seq>', about: 'first seq wanted (default: the last ten commits)' },
    { flags: '-f, --follow', about: 'go on with new commits until Ctrl-C' },
    { flags: '--system', about: "also the system's commits and keys" },
  ],
  examples: ['log tail', 'log tail --from 1 --json', 'log tail --follow'],
  endsItself: true,
  async run(call) {
    const { options, output, session, signal } = call;
    const live = options.flag('follow');
    const wantedFrom = options.whole('from', 1);
    const node = await session.open();
    const from = wantedFrom ?? (await lastTen(node));
    // An open node does not keep the process; waiting for commits has to.
    const keepAlive = live ? setInterval(() => {}, KEEP_ALIVE_MS) : undefined;
    const changes = node.changes({ from, live, signal, system: options.flag('system') });
    try {
      for await (const commit of changes) {
        if (output.json) await output.object(commitJson(commit));
        else await output.line(commitText(commit));
        if (live) await output.flush();
        if (signal.aborted) break;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      clearInterval(keepAlive);
    }
    return signal.aborted ? EXIT.interrupted : EXIT.ok;
  },
};

async function lastTen(node: OpenedNode): Promise<number> {
  const { wal, seq } = await node.status();
  return Math.max(wal.baseSeq + 1, seq - DEFAULT_COMMITS + 1, 1);
}
