/**
 * Streams of a remote node as async iterables: NDJSON lines and server-sent events. Leaving the
 * loop ends the request; a last line or event that tells an error throws it; a connection that
 * breaks before the end throws too, so that a loop that ends has seen everything.
 */
import { AdastraError } from '../core/index.ts';
import type { Connection, RemoteCall } from './connection.ts';
import { linesOf } from './lines.ts';
import { errorOfProblem } from './problem.ts';
import { recordOfJson } from './record-json.ts';
import { serverEventsOf } from './server-events.ts';

/** The records of an NDJSON answer. */
export async function* ndjsonRecords<T>(
  connection: Connection,
  call: RemoteCall,
): AsyncGenerator<T, void, undefined> {
  for await (const line of linesOf(connection.open(call))) {
    if (line === '') continue;
    const json = parse(line) as Record<string, unknown>;
    const error = 'error' in json ? errorOfProblem(json['error']) : undefined;
    if (error !== undefined) throw error;
    yield recordOfJson(json) as T;
  }
}

/** The records of `commit` events, until the node says `end` or the connection is closed. */
export async function* eventRecords<T>(
  connection: Connection,
  call: RemoteCall,
): AsyncGenerator<T, void, undefined> {
  try {
    for await (const { event, record } of streamedRecords(connection.open(call))) {
      if (event === 'commit') yield record as T;
    }
  } catch (error) {
    // Closing the connection ends what is live, as closing a node does.
    if (!connection.isClosed) throw error;
  }
}

/** A record, of what kind it is, and the place in the stream that the reader has come to by it. */
export interface StreamedRecord {
  readonly event: string;
  readonly id: string;
  readonly record: unknown;
}

/** The records of a stream of events, until the node says `end`. */
export async function* streamedRecords(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<StreamedRecord, void, undefined> {
  for await (const { event, id, data } of serverEventsOf(linesOf(chunks))) {
    if (event === 'end') return;
    const json = parse(data);
    const error = event === 'error' ? errorOfProblem(json) : undefined;
    if (error !== undefined) throw error;
    yield { event, id, record: recordOfJson(json) };
  }
  // The node stops with `end`; a stream that just ends was cut off.
  throw new AdastraError('unavailable', 'the running node does not answer: a stream was cut off', {
    hint: 'it may have stopped: run the command again',
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AdastraError('unavailable', `the node's stream holds what is not JSON: ${reason}`, {
      hint: 'something between here and the node changes what it sends, or it is no adastra node',
      cause: error,
    });
  }
}
