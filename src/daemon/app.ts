/**
 * The application behind the socket: admission, all routes under `/v1`, errors as problems. It
 * listens nowhere by itself.
 */
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { AdastraError } from '../core/index.ts';
import { knownError, problemOf, PROBLEM_TYPE } from './problem.ts';
import { RequestLog } from './request-log.ts';
import { PROBES, WAIT_CODES } from './route-errors.ts';
import type { Route } from './route.ts';
import { addRoutes } from './router.ts';
import { commitRoutes } from './routes/commits.ts';
import { conflictRoutes } from './routes/conflicts.ts';
import { daemonRoutes } from './routes/daemon.ts';
import { discoveryRoutes } from './routes/discovery.ts';
import { entryRoutes } from './routes/entries.ts';
import { freshnessRoutes } from './routes/freshness.ts';
import { logRoutes } from './routes/log.ts';
import { memberRoutes } from './routes/members.ts';
import { nodeRoutes } from './routes/node.ts';
import { openApiRoutes } from './routes/openapi.ts';
import { operateRoutes } from './routes/operate.ts';
import { peerRoutes } from './routes/peers.ts';
import { policyRoutes } from './routes/policies.ts';
import { projectionRoutes } from './routes/projections.ts';
import { streamRoutes } from './routes/stream.ts';
import { syncRoutes } from './routes/sync.ts';
import { syncWaitRoutes } from './routes/sync-waits.ts';
import { tokenRoutes } from './routes/tokens.ts';
import { transportRoutes } from './routes/transport.ts';
import type { AppEnv, Serving, SocketApp, SocketContext } from './serving.ts';

/** Every route that the server answers, in the order of the document. */
export const ROUTES: readonly Route[] = [
  ...entryRoutes,
  ...commitRoutes,
  ...streamRoutes,
  ...nodeRoutes,
  ...memberRoutes,
  ...peerRoutes,
  ...freshnessRoutes,
  ...transportRoutes,
  ...discoveryRoutes,
  ...syncRoutes,
  ...syncWaitRoutes,
  ...conflictRoutes,
  ...policyRoutes,
  ...projectionRoutes,
  ...tokenRoutes,
  ...logRoutes,
  ...daemonRoutes,
  ...operateRoutes,
  ...openApiRoutes(() => ROUTES),
];

/** Everything that the server answers. */
export function makeApp(serving: Serving): SocketApp {
  const app: SocketApp = new Hono({ strict: true, getPath: rawPath });
  app.use(admitted(serving));
  addRoutes(app, serving, ROUTES);
  app.onError((error, context) => answerProblem(serving, context, error));
  app.notFound((context) => answerProblem(serving, context, noRoute(context), 404));
  return app;
}

/** In front of every route: counted, let in or not, and told when the server stops. */
function admitted(serving: Serving): MiddlewareHandler<AppEnv> {
  const { admission, meter, stopping } = serving;
  const log = new RequestLog(serving.logger);
  return async ({ env, req }, next) => {
    const { outgoing } = env;
    const id = log.begin(env.incoming, outgoing);
    env.requestId = id;
    const begun = performance.now();
    // Not at the end of the handler: what is counted is held until the answer has gone.
    outgoing.once('close', () => {
      env.leave?.();
      const status = outgoing.writableFinished ? outgoing.statusCode : undefined;
      const { route, tokenId } = env;
      const ms = performance.now() - begun;
      meter.ended(route, status, ms);
      log.ended({ id, route, tokenId, status, ms });
    });
    if (!PROBES.has(req.path)) {
      checkGoesOn(stopping);
      env.leave = admission.enterRequest();
    }
    await next();
    // A client that keeps its connection would hold up the end of the server.
    if (stopping.aborted && !outgoing.headersSent) outgoing.setHeader('connection', 'close');
  };
}

function checkGoesOn(stopping: AbortSignal): void {
  if (!stopping.aborted) return;
  throw new AdastraError('closed', 'the node stops', {
    hint: 'nothing of this request was done; try it again when the node runs again',
  });
}

/** Hono's own would decode parts of the path, and URL objects resolve `..`. */
function rawPath(_request: Request, options?: { env?: SocketContext['env'] }): string {
  const target = options?.env?.incoming.url ?? '/';
  const end = target.indexOf('?');
  return end === -1 ? target : target.slice(0, end);
}

function answerProblem(
  { logger, audit }: Serving,
  { env }: SocketContext,
  thrown: unknown,
  status?: number,
): Response {
  const { error, isFault } = knownError(thrown);
  if (isFault) {
    const stack = thrown instanceof Error ? thrown.stack : undefined;
    const fields = { event: 'request_fault', requestId: env.requestId };
    logger?.error(`a request failed: ${stack ?? String(thrown)}`, fields);
  }
  audit.answered(error, env.incoming);
  const problem = problemOf(error, status);
  const headers: Record<string, string> = { 'content-type': PROBLEM_TYPE };
  if (WAIT_CODES.has(error.code)) headers['retry-after'] = '1';
  if (error.code === 'unauthenticated') headers['www-authenticate'] = 'Bearer';
  // The rest of a body that nobody reads is not worth its way: the connection ends behind this.
  if (!env.incoming.complete) headers['connection'] = 'close';
  return new Response(JSON.stringify(problem), { status: problem.status, headers });
}

function noRoute({ req }: Context): AdastraError {
  return new AdastraError('unavailable', `this node answers no ${req.method} ${req.path}`, {
    hint: 'the running node and this program are of different versions; restart the node',
  });
}
