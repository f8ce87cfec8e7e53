/**
 * Streams of the local socket as async iterables: NDJSON lines and server-sent events. Leaving the
 * loop ends the request; a last line or event that tells an error throws it; a connection that
 * breaks before the end throws too, so that a loop that ends has seen everything.
 */
import type { IncomingMessage } from 'node:http';
import { StringDecoder } from 'node:string_decoder';
import { errorOfProblem } from './problem.ts';
import { recordOfJson } from './record-json.ts';
import type { SocketCall, SocketClient } from './socket-client.ts';

/** Longer than any record: a commit has at most 8 MiB, its JSON a few times that. */
const LINE_CHARACTERS_MAX = 128 * 1024 * 1024;

/** The records of an NDJSON answer. */
export async function* ndjsonRecords<T>(
  client: SocketClient,
  call: SocketCall,
): AsyncGenerator<T, void, undefined> {
  for await (const line of lines(client, call)) {
    if (line === '') continue;
    const json = JSON.parse(line) as Record<string, unknown>;
    const error = 'error' in json ? errorOfProblem(json['error']) : undefined;
    if (error !== undefined) throw error;
    yield recordOfJson(json) as T;
  }
}

/** The records of `commit` events, until the node says `end`. */
export async function* eventRecords<T>(
  client: SocketClient,
  call: SocketCall,
): AsyncGenerator<T, void, undefined> {
  let event = '';
  for await (const line of untilClosed(client, lines(client, call))) {
    if (line.startsWith('event: ')) event = line.slice(7);
    if (!line.startsWith('data: ')) continue;
    if (event === 'end') return;
    const json = JSON.parse(line.slice(6)) as unknown;
    const error = event === 'error' ? errorOfProblem(json) : undefined;
    if (error !== undefined) throw error;
    if (event === 'commit') yield recordOfJson(json) as T;
  }
  // The node stops with `end`; a stream that just ends was cut off.
  if (!client.isClosed) throw client.brokenStream(call, new Error('the stream was cut off'));
}

/** Closing the client ends what is live, as closing a node does. */
async function* untilClosed(
  client: SocketClient,
  source: AsyncIterable<string>,
): AsyncGenerator<string, void, undefined> {
  try {
    yield* source;
  } catch (error) {
    if (!client.isClosed) throw error;
  }
}

async function* lines(
  client: SocketClient,
  call: SocketCall,
): AsyncGenerator<string, void, undefined> {
  const response = await client.open(call);
  const abort = (): void => void response.destroy();
  call.signal?.addEventListener('abort', abort, { once: true });
  try {
    yield* splitLines(response);
    if (!response.complete) throw new Error('the answer was cut off');
  } catch (error) {
    throw client.brokenStream(call, error);
  } finally {
    call.signal?.removeEventListener('abort', abort);
    response.destroy();
  }
}

async function* splitLines(response: IncomingMessage): AsyncGenerator<string, void, undefined> {
  const decoder = new StringDecoder('utf8');
  let pending: string[] = [];
  let length = 0;
  for await (const block of response as AsyncIterable<Buffer>) {
    const [first = '', ...others] = decoder.write(block).split('\n');
    pending.push(first);
    length += first.length;
    if (length > LINE_CHARACTERS_MAX) throw new Error('a line is too long');
    if (others.length === 0) continue;
    yield pending.join('');
    const last = others.pop() ?? '';
    yield* others;
    pending = [last];
    length = last.length;
  }
}
