/**
 * A reader of `/v1/stream` over a raw socket: its events one by one, and pauses as a slow or dead
 * client makes them.
 */
import type { IncomingMessage } from 'node:http';
import { linesOf } from '../../src/remote/lines.ts';
import { type ServerEvent, serverEventsOf } from '../../src/remote/server-events.ts';
import { begin, type ServedNode } from './served-node.ts';

export interface StreamReader {
  readonly status: number;
  readonly response: IncomingMessage;
  /** The next event; `undefined` once the stream has ended. */
  next(): Promise<ServerEvent | undefined>;
  /** The next event that is a commit: its seq. */
  nextSeq(): Promise<number | undefined>;
  leave(): void;
}

/** Begins a stream; `id` is the last one that the client had. */
export async function readStream(
  { server }: ServedNode,
  { query = '', id }: { readonly query?: string; readonly id?: string | undefined } = {},
): Promise<StreamReader> {
  const headers = id === undefined ? {} : { 'last-event-id': id };
  const [request, response] = await begin(server.socket, { path: `/v1/stream${query}`, headers });
  response.on('error', () => {});
  request.on('error', () => {});
  const events = serverEventsOf(linesOf(response));
  const next = async (): Promise<ServerEvent | undefined> => {
    try {
      const { value, done } = await events.next();
      return done === true ? undefined : value;
    } catch {
      return undefined;
    }
  };
  return {
    status: response.statusCode ?? 0,
    response,
    next,
    nextSeq: async () => {
      for (;;) {
        const event = await next();
        if (event === undefined) return undefined;
        if (event.event === 'commit') return Number(event.id.split('.')[0]);
      }
    },
    leave: () => request.destroy(),
  };
}
