/**
 * What every route works with: the node, the server's counts, and the one request at hand.
 */
import type { HttpBindings } from '@hono/node-server';
import type { Context, Hono } from 'hono';
import { AdastraError } from '../core/index.ts';
import type { Logger, NodeApi } from '../engine/index.ts';
import type { Admission } from './admission.ts';
import type { Audit } from './audit.ts';
import type { Caller } from './caller.ts';
import type { NodeFile } from './node-file.ts';
import type { MeteredRoute, RequestMeter } from './request-meter.ts';
import type { StreamedNode } from './streaming/stream-hub.ts';

/** What is served: a node that writes, or one that follows another. */
export type ServedNode = NodeApi & StreamedNode;

/** What is known of a request, as it becomes known. */
interface KnownRequest {
  requestId?: string;
  /** The one that answers. */
  route?: MeteredRoute;
  /** Of the token that it came with. */
  tokenId?: string;
  /** Counts it out: what goes on without end is counted as a stream. */
  leave?: () => void;
}

export type AppEnv = { Bindings: HttpBindings & KnownRequest };

/** The routes' application and one request of it. */
export type SocketApp = Hono<AppEnv>;
export type SocketContext = Context<AppEnv>;

/** What all servers of one process share. */
export interface ServedProcess {
  readonly node: ServedNode;
  /** Aborts when the servers stop: live streams end. */
  readonly stopping: AbortSignal;
  readonly logger: Logger | undefined;
  /** Counts what is asked. */
  readonly meter: RequestMeter;
  /** What was refused. */
  readonly audit: Audit;
  /** What is said of this process. */
  facts(): NodeFile;
}

/** What the routes of one server share. */
export interface Serving extends ServedProcess {
  readonly admission: Admission;
  /** How long a stream waits for a reader that takes nothing. */
  readonly stallMs: number;
  /** How long a live stream may be silent. */
  readonly heartbeatMs: number;
  /** Who makes this request; throws `unauthenticated`. */
  callerOf(context: SocketContext): Caller | Promise<Caller>;
  /** Asks the process to stop; `undefined` where nobody would listen. */
  readonly stop: (() => void) | undefined;
}

/** The request line's target as it came: path and query, nothing decoded. */
export function targetOf(context: SocketContext): string {
  return context.env.incoming.url ?? '/';
}

/** A whole number in the path. */
export function seqOf(text: string | undefined): number {
  const seq = text !== undefined && /^[0-9]{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(seq)) return seq;
  throw new AdastraError('invalid_argument', `${JSON.stringify(text)} is not a seq`);
}

/** Aborts when the client goes away before it has its answer. */
export function signalOf(context: SocketContext): AbortSignal {
  const { outgoing } = context.env;
  const controller = new AbortController();
  if (outgoing.destroyed && !outgoing.writableFinished) controller.abort();
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) controller.abort();
  });
  return controller.signal;
}

/** What `undefined` means on a route that names one thing. */
export function notThere(what: string): AdastraError {
  return new AdastraError('not_found', `there is no ${what}`);
}
