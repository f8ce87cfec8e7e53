/**
 * The application behind the socket: admission, all routes under `/v1`, errors as problems. It
 * listens nowhere by itself.
 */
import { type Context, Hono } from 'hono';
import { AdastraError, type ErrorCode } from '../core/index.ts';
import { knownError, problemOf, PROBLEM_TYPE } from './problem.ts';
import type { Route } from './route.ts';
import { addRoutes } from './router.ts';
import { commitRoutes } from './routes/commits.ts';
import { conflictRoutes } from './routes/conflicts.ts';
import { daemonRoutes } from './routes/daemon.ts';
import { discoveryRoutes } from './routes/discovery.ts';
import { entryRoutes } from './routes/entries.ts';
import { memberRoutes } from './routes/members.ts';
import { nodeRoutes } from './routes/node.ts';
import { peerRoutes } from './routes/peers.ts';
import { policyRoutes } from './routes/policies.ts';
import { syncRoutes } from './routes/sync.ts';
import { transportRoutes } from './routes/transport.ts';
import type { Routes, Serving, SocketApp, SocketContext } from './serving.ts';

/** Every route that the server answers, in the order of the document. */
export const ROUTES: readonly Route[] = [...peerRoutes];

const OLD_ROUTES: readonly Routes[] = [
  entryRoutes,
  commitRoutes,
  nodeRoutes,
  memberRoutes,
  transportRoutes,
  discoveryRoutes,
  syncRoutes,
  conflictRoutes,
  policyRoutes,
  daemonRoutes,
];

/** Codes that a `Retry-After` goes with. */
const WAIT_CODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['overloaded', 'not_yet', 'joining']);

/** Everything that the server answers. */
export function makeApp(serving: Serving): SocketApp {
  const app: SocketApp = new Hono({ strict: true, getPath: rawPath });
  app.use(async (context, next) => {
    const leave = serving.admission.enterRequest();
    // Not at the end of the handler: what is counted is held until the answer has gone.
    context.env.outgoing.once('close', leave);
    await next();
  });
  addRoutes(app, serving, ROUTES);
  for (const routes of OLD_ROUTES) routes(app, serving);
  app.onError((error) => answerProblem(serving, error));
  app.notFound((context) => answerProblem(serving, noRoute(context), 404));
  return app;
}

/** Hono's own would decode parts of the path, and URL objects resolve `..`. */
function rawPath(_request: Request, options?: { env?: SocketContext['env'] }): string {
  const target = options?.env?.incoming.url ?? '/';
  const end = target.indexOf('?');
  return end === -1 ? target : target.slice(0, end);
}

function answerProblem({ logger }: Serving, thrown: unknown, status?: number): Response {
  const { error, isFault } = knownError(thrown);
  if (isFault) {
    const stack = thrown instanceof Error ? thrown.stack : undefined;
    logger?.error(`a request failed: ${stack ?? String(thrown)}`);
  }
  const problem = problemOf(error, status);
  const headers: Record<string, string> = { 'content-type': PROBLEM_TYPE };
  if (WAIT_CODES.has(error.code)) headers['retry-after'] = '1';
  return new Response(JSON.stringify(problem), { status: problem.status, headers });
}

function noRoute({ req }: Context): AdastraError {
  return new AdastraError('unavailable', `this node answers no ${req.method} ${req.path}`, {
    hint: 'the running node and this program are of different versions; restart the node',
  });
}
