/**
 * How a stream of commits begins: where its reader stands is settled before the answer does, so
 * that a reader whose place is not in this log gets a status, not half a stream.
 */
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { AdastraError } from '../../core/index.ts';
import type { DurableCommits, Freshness, LogPlace } from '../../engine/index.ts';
import type { Serving, SocketContext } from '../serving.ts';
import type { CommitFilter } from './commit-filter.ts';
import { EventStream } from './event-stream.ts';
import { placeOfId } from './place-id.ts';
import { StreamHub } from './stream-hub.ts';

const ID_HEADER = 'last-event-id';

/** Where a reader begins. */
interface Start {
  readonly position: number;
  readonly place: LogPlace | undefined;
}

/**
 * Answers with events until the reader goes, the server stops or the log is replaced. Throws
 * `reset` and `history_truncated` where the reader must start anew, `not_yet`, `overloaded`.
 */
export async function openStream(
  context: SocketContext,
  serving: Serving,
  { from, filter }: { readonly from: number | undefined; readonly filter: CommitFilter },
): Promise<Response> {
  const { node, admission, stopping, stallMs, heartbeatMs, logger } = serving;
  const { outgoing } = context.env;
  const freshness = await node.freshness();
  const start = startOf(context, node.durable, { from, freshness });
  outgoing.once('close', admission.enterStream());
  context.env.leave?.();
  if (outgoing.destroyed) return RESPONSE_ALREADY_SENT;
  outgoing.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  outgoing.flushHeaders();
  const stream = new EventStream(StreamHub.of(node), outgoing, {
    ...start,
    filter,
    stallMs,
    heartbeatMs,
    freshness,
    onFault: (error) => logger?.error(`a stream failed: ${error.message}`),
  });
  const onStop = (): void => stream.end();
  stopping.addEventListener('abort', onStop);
  outgoing.once('close', () => stopping.removeEventListener('abort', onStop));
  if (stopping.aborted) onStop();
  return RESPONSE_ALREADY_SENT;
}

/** A client that comes again says so by the header, whatever its address says. */
function startOf(
  { env }: SocketContext,
  commits: DurableCommits,
  { from, freshness }: { readonly from: number | undefined; readonly freshness: Freshness },
): Start {
  const id = env.incoming.headers[ID_HEADER];
  if (typeof id !== 'string') {
    const position = from === undefined ? commits.seq : Math.max(from - 1, 0);
    // The next commit may be asked for before it is there, as `changes` lets one do.
    return { position, place: position > commits.seq ? undefined : commits.placeAt(position) };
  }
  const place = placeOfId(id, ID_HEADER);
  if (place.seq > commits.seq && freshness.source.kind === 'writer') throw wasCutBack(place.seq);
  commits.checkPlace(place);
  return { position: place.seq, place };
}

/** Nobody is ahead of the node that writes. */
function wasCutBack(seq: number): AdastraError {
  return new AdastraError('reset', `commit ${seq} is not in this log: it was replaced`, {
    hint: 'read the present state, then begin a new stream',
    details: { seq },
  });
}
