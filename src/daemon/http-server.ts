/**
 * An HTTP/1.1 server over the application, with its limits: shared by the local socket and TCP.
 * What is wrong with a request before it is one (too slow, too large, no HTTP) is answered with a
 * problem like everything else, and the connection ends.
 */
import { getRequestListener } from '@hono/node-server';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { AdastraError } from '../core/index.ts';
import type { HttpLimits } from './http-limits.ts';
import { PROBLEM_TYPE, problemOf } from './problem.ts';

const CHECK_EVERY_MS_MAX = 5_000;

export interface HttpServerParts {
  readonly fetch: Parameters<typeof getRequestListener>[0];
  readonly limits: HttpLimits;
  /** TLS; `undefined`: in the clear. */
  readonly tls?: SecureContextOptions | undefined;
  /** Whether a request goes on to the application; where not, it was answered. */
  readonly admits?: (incoming: IncomingMessage, outgoing: ServerResponse) => boolean;
  /** Told of what was refused before it was a request. */
  readonly refused?: (error: AdastraError, socket: Socket) => void;
}

/** A server that does not listen yet. */
export function makeHttpServer(parts: HttpServerParts): Server {
  const { limits, tls, admits, refused } = parts;
  const listener = getRequestListener(parts.fetch, { overrideGlobalObjects: false });
  const answering = new WeakMap<Socket, ServerResponse>();
  const onRequest: RequestListener = (incoming, outgoing) => {
    answering.set(incoming.socket, outgoing);
    if (admits?.(incoming, outgoing) !== false) void listener(incoming, outgoing);
  };
  const options = optionsOf(limits);
  const server: Server =
    tls === undefined
      ? createServer(options, onRequest)
      : createSecureServer(
          { ...options, ...tls, handshakeTimeout: limits.headersTimeoutMs },
          onRequest,
        );
  // All of them are seen, and counted: what Node drops silently might be the one that matters.
  server.maxHeadersCount = 0;
  server.on('clientError', (cause: NodeJS.ErrnoException, socket: Socket) => {
    const [error, status] = clientFault(cause, limits);
    if (cause.code !== 'ECONNRESET') refused?.(error, socket);
    answerBroken(socket, answering.get(socket), problemText(error, status));
  });
  return server;
}

function optionsOf(limits: HttpLimits): ServerOptions {
  const { headersTimeoutMs, requestTimeoutMs, keepAliveMs, headerBytesMax } = limits;
  return {
    maxHeaderSize: headerBytesMax,
    headersTimeout: headersTimeoutMs,
    requestTimeout: Math.max(requestTimeoutMs, headersTimeoutMs),
    keepAliveTimeout: keepAliveMs,
    connectionsCheckingInterval: Math.min(headersTimeoutMs, CHECK_EVERY_MS_MAX),
    noDelay: true,
  };
}

/** What a parser or a timer of Node found wrong. */
function clientFault(
  { code, message }: NodeJS.ErrnoException,
  { headerBytesMax, headersTimeoutMs, requestTimeoutMs }: HttpLimits,
): [error: AdastraError, status: number] {
  if (code === 'HPE_HEADER_OVERFLOW') {
    const text = `the headers are longer than ${headerBytesMax} bytes`;
    const details = { limitName: 'headerBytesMax', limit: headerBytesMax };
    return [new AdastraError('limit_exceeded', text, { details }), 431];
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    const details = { limits: { headersTimeoutMs, requestTimeoutMs } };
    return [new AdastraError('timeout', 'the request took too long to come in', { details }), 408];
  }
  return [new AdastraError('invalid_argument', `this is no HTTP/1.1 request: ${message}`), 400];
}

function problemText(error: AdastraError, status: number): string {
  const body = JSON.stringify(problemOf(error, status));
  return [
    `HTTP/1.1 ${status} ${error.code}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'x-content-type-options: nosniff',
    'cache-control: no-store',
    'connection: close',
    '',
    body,
  ].join('\r\n');
}

/** Nothing of it may stand behind an answer that has begun. */
function answerBroken(socket: Socket, answer: ServerResponse | undefined, text: string): void {
  const hasBegun = answer !== undefined && !answer.writableFinished && answer.headersSent;
  if (!socket.writable || hasBegun) {
    socket.destroy();
    return;
  }
  socket.end(text, () => socket.destroy());
}
