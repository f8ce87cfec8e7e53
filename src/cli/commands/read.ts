/**
 * `adastra read`: a read daemon. It follows the log of another node and answers reads as that one
 * does, a moment later, from a state of its own; it takes no writes. What happens is a line each on
 * stderr; stdout gets one line (one object with --json) once it answers, which it does before it
 * has caught up: its answers say how far it is. Ctrl-C and SIGTERM end it: a clean stop, exit 0.
 */
import { resolve } from 'node:path';
import { AdastraError } from '../../core/index.ts';
import { applicationOf, PROJECTIONS_OPTION } from '../application.ts';
import type { CommandCall, CommandSpec } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { LOG_OPTIONS, logOf } from '../log-options.ts';
import type { OpenedNode } from '../node-access.ts';
import { endOf } from '../running-parts.ts';

const DEFAULT_DIRECTORY = 'adastra-reader';

/** `read` */
export const read: CommandSpec = {
  name: 'read',
  about: "follow a node's log and answer reads from it, until Ctrl-C",
  options: [
    { flags: '--follow <directory>', about: 'data directory of the node to follow' },
    PROJECTIONS_OPTION,
    ...LOG_OPTIONS,
  ],
  examples: [
    'read --follow ./adastra-data',
    'read --follow ./adastra-data --data ./second-reader --json',
  ],
  endsItself: true,
  async run(call) {
    const { session } = call;
    const follow = followed(call);
    const dataDir = ownDirectory(call);
    const application = await applicationOf(call);
    const log = logOf(call);
    const ending = new AbortController();
    const onInterrupt = (): void => ending.abort();
    call.signal.addEventListener('abort', onInterrupt, { once: true });
    if (call.signal.aborted) onInterrupt();
    const node = await session.access.follow({
      dataDir,
      follow,
      logger: log,
      ...application,
    });
    try {
      const onStop = (): void => ending.abort();
      const server = await session.access.serve(node, { dataDir, onStop, logger: log });
      try {
        await announce(call, node, { dataDir, socket: server.socket });
        await endOf(ending.signal);
        log.info('stopping', { event: 'stopping' });
      } finally {
        await server.close();
      }
    } finally {
      await node.close();
      log.info('stopped', { event: 'stopped' });
      call.signal.removeEventListener('abort', onInterrupt);
    }
    return EXIT.ok;
  },
};

function followed({ options, terminal }: CommandCall): string {
  const follow = options.text('follow');
  if (follow !== undefined && follow !== '') return resolve(terminal.cwd, follow);
  throw new AdastraError('invalid_options', '--follow names what is to be read', {
    hint: 'the data directory of a node: adastra read --follow ./adastra-data',
  });
}

/** Never that of the node that runs here by default: only `--data` names it. */
function ownDirectory({ argv, session, terminal }: CommandCall): string {
  const isNamed = argv.some((word) => /^(?:--data(?:=.*)?|-d.*)$/s.test(word));
  return isNamed ? session.dataDir : resolve(terminal.cwd, DEFAULT_DIRECTORY);
}

async function announce(
  { output }: CommandCall,
  node: OpenedNode,
  { dataDir, socket }: { readonly dataDir: string; readonly socket: string },
): Promise<void> {
  const { worldId, seq, reader } = await node.status();
  const ready = { ready: true, worldId, dataDir, follows: reader?.follows, seq, socket };
  await output.result(
    ready,
    () => `ready  following ${reader?.follows}  at seq ${seq}  socket ${socket}`,
  );
  await output.flush();
}
