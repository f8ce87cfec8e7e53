/**
 * Commits as they come, over as many connections as it takes: a stream that breaks off is begun
 * again behind the last commit that was given out, by its id, so that none is lost and none comes
 * twice. A log that has become another one is `reset`, never a gap.
 */
import { AdastraError, type Commit, type ErrorCode } from '../core/index.ts';
import { type RemoteCall, type StreamedRecord, streamedRecords } from '../remote/index.ts';
import type { AnswerFreshness } from './answer-freshness.ts';
import type { HttpConnection } from './http-connection.ts';
import type { Retry } from './retry.ts';

/** Ways to break off that say nothing about the next try. */
const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'unavailable',
  'timeout',
  'overloaded',
  'closed',
]);

/**
 * The commits of an event stream. Ends when the client is closed; throws what will not pass, and
 * what does not pass in time.
 */
export async function* liveCommits(
  connection: HttpConnection,
  call: RemoteCall,
): AsyncGenerator<Commit, void, undefined> {
  const retry = connection.retry();
  let headers = call.headers;
  try {
    for (;;) {
      for await (const streamed of untilCut(connection, { ...call, headers }, retry)) {
        const { event, id, record } = streamed;
        // Behind what is filtered out, a place comes with no commit.
        if (id !== '') headers = { ...call.headers, 'last-event-id': id };
        if (event === 'fresh') connection.freshness = record as AnswerFreshness;
        if (event === 'commit') yield record as Commit;
      }
    }
  } catch (error) {
    if (!connection.isClosed) throw error;
  }
}

/** One connection's; ends when it is time for the next one. */
async function* untilCut(
  connection: HttpConnection,
  call: RemoteCall,
  retry: Retry,
): AsyncGenerator<StreamedRecord, void, undefined> {
  let cause = new AdastraError('unavailable', 'the node has stopped');
  try {
    for await (const streamed of streamedRecords(heard(connection.open(call), retry))) {
      if (streamed.event === 'commit') retry.succeed();
      yield streamed;
    }
  } catch (error) {
    if (!AdastraError.is(error) || !PASSING.has(error.code)) throw error;
    cause = error;
  }
  const waitMs = retry.next(0);
  if (waitMs === undefined || connection.isClosed) throw cause;
  await connection.pause(waitMs, call.signal);
}

/** A node without news is there too: it says so now and then. */
async function* heard(
  chunks: AsyncIterable<Uint8Array>,
  retry: Retry,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of chunks) {
    retry.hear();
    yield chunk;
  }
}
