/**
 * `adastra read`: a read daemon. It follows the log of another node and answers reads as that one
 * does, a moment later, from a state of its own; it takes no writes. What happens is a line each on
 * stderr; stdout gets one line (one object with --json) once it answers, which it does before it
 * has caught up: its answers say how far it is. Ctrl-C and SIGTERM end it: a clean stop, exit 0.
 */
import { resolve } from 'node:path';
import { AdastraError } from '../../core/index.ts';
import type { HttpOptions, NodeServer } from '../../daemon/index.ts';
import type { Logger } from '../../engine/index.ts';
import { applicationOf, PROJECTIONS_OPTION } from '../application.ts';
import type { CommandCall, CommandSpec } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { HTTP_OPTIONS, httpOptionsOf, refuseHttpOptions } from '../http-options.ts';
import { LOG_OPTIONS, logOf } from '../log-options.ts';
import type { OwnNode } from '../node-access.ts';
import { endOf } from '../running-parts.ts';

const DEFAULT_DIRECTORY = 'adastra-reader';

/** `read` */
export const read: CommandSpec = {
  name: 'read',
  about: "follow a node's log and answer reads from it, until Ctrl-C",
  options: [
    { flags: '--follow <node>', about: 'data directory, or URL, of the node to follow' },
    { flags: '--http <n>', about: 'serve HTTP on this port too (0: any free one)' },
    { flags: '--http-host <address>', about: 'address of HTTP (default: 127.0.0.1)' },
    ...HTTP_OPTIONS,
    PROJECTIONS_OPTION,
    ...LOG_OPTIONS,
  ],
  examples: [
    'read --follow ./adastra-data',
    'read --follow ./adastra-data --http 4748 --data ./second-reader',
    'read --follow https://writer.example:4747 --data ./mirror --json',
  ],
  endsItself: true,
  async run(call) {
    const { session, terminal } = call;
    const follow = followed(call);
    const http = httpOf(call);
    const application = await applicationOf(call);
    const log = logOf(call);
    const dataDir = ownDirectory(call);
    const token = terminal.env['ADASTRA_TOKEN'];
    const asked = { dataDir, follow, logger: log, signal: call.signal, ...application };
    const node = await session.access.follow(token === undefined ? asked : { ...asked, token });
    try {
      await run(call, node, { dataDir, http, log });
    } finally {
      await node.close();
      log.info('stopped', { event: 'stopped' });
    }
    return EXIT.ok;
  },
};

interface Running {
  readonly dataDir: string;
  readonly http: HttpOptions | undefined;
  readonly log: Logger;
}

/** Serves it until it is told to end. */
async function run(
  call: CommandCall,
  node: OwnNode,
  { dataDir, http, log }: Running,
): Promise<void> {
  const ending = new AbortController();
  const onStop = (): void => ending.abort();
  call.signal.addEventListener('abort', onStop, { once: true });
  if (call.signal.aborted) onStop();
  try {
    const server = await call.session.access.serve(node, { dataDir, onStop, logger: log, http });
    try {
      if (server.url !== undefined)
        log.info(`HTTP on ${server.url}`, { event: 'listening', url: server.url });
      await announce(call, node, dataDir, server);
      await endOf(ending.signal);
      log.info('stopping', { event: 'stopping' });
    } finally {
      await server.close();
    }
  } finally {
    call.signal.removeEventListener('abort', onStop);
  }
}

function followed({ options, terminal }: CommandCall): string {
  const follow = options.text('follow');
  if (follow !== undefined && follow !== '') {
    return follow.includes('://') ? follow : resolve(terminal.cwd, follow);
  }
  throw new AdastraError('invalid_options', '--follow names what is to be read', {
    hint: 'a data directory or a URL: adastra read --follow ./adastra-data',
  });
}

function httpOf({ options }: CommandCall): HttpOptions | undefined {
  const asked = httpOptionsOf(options, { host: 'httpHost', port: 'http' });
  if (asked.port !== undefined) return asked;
  refuseHttpOptions(options);
  return undefined;
}

/** Never that of the node that runs here by default: only `--data` names it. */
function ownDirectory({ argv, session, terminal }: CommandCall): string {
  const isNamed = argv.some((word) => /^(?:--data(?:=.*)?|-d.*)$/s.test(word));
  return isNamed ? session.dataDir : resolve(terminal.cwd, DEFAULT_DIRECTORY);
}

async function announce(
  { output }: CommandCall,
  node: OwnNode,
  dataDir: string,
  { socket, url }: NodeServer,
): Promise<void> {
  const { worldId, seq, reader } = await node.status();
  const ready = { ready: true, worldId, dataDir, follows: reader?.follows, seq, socket, url };
  const http = url === undefined ? '' : `  HTTP ${url}`;
  await output.result(
    ready,
    () => `ready  following ${reader?.follows}  at seq ${seq}${http}  socket ${socket}`,
  );
  await output.flush();
}
