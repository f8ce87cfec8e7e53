/**
 * Routes into the application: who calls, what it sends, checked by the route's schemas before its
 * function sees anything. What is not described is refused and named. The path is taken raw from
 * the request line: a segment is split off before it is decoded and decoded once, so that every key
 * can stand in one.
 */
import type { TObject } from 'typebox';
import { Compile } from 'typebox/compile';
import { AdastraError } from '../core/index.ts';
import { ANYBODY, type Caller, checkAccess } from './caller.ts';
import { nodeFor } from './caller-node.ts';
import { isToldAfter, tellFreshness, waitUntilFresh } from './freshness-headers.ts';
import { readBody } from './request-body.ts';
import { decodeOnce } from './percent.ts';
import { queryFields } from './request-query.ts';
import { isDataRoute } from './route-errors.ts';
import type { Call, Route } from './route.ts';
import { schemaFault } from './schema-fault.ts';
import { checkScope } from './scope.ts';
import { type Serving, type SocketApp, type SocketContext, targetOf } from './serving.ts';

/** Adds the routes to the application, in their order. */
export function addRoutes(app: SocketApp, serving: Serving, routes: readonly Route[]): void {
  for (const route of routes) {
    const path = route.path.replaceAll(/\{(\w+)\}/g, ':$1');
    const handle = handlerOf(route, serving);
    app.on(route.method, path, handle);
  }
}

type Check = (fields: Record<string, unknown>) => void;

function handlerOf(route: Route, serving: Serving): (context: SocketContext) => Promise<Response> {
  const places = placesOf(route.path);
  const checkQuery = checkerOf(route.query, 'query');
  const checkBody = checkerOf(route.body, 'body');
  const status = route.answers[0]?.status ?? 200;
  const isData = isDataRoute(route);
  return async (context) => {
    context.env.route = route;
    const isOpen = route.access === 'open';
    const caller = isOpen ? ANYBODY : await serving.callerOf(context);
    if (caller.kind === 'token') context.env.tokenId = caller.id;
    checkAccess(caller, route.access);
    const params = paramsOf(context, places);
    const query = queryFields(targetOf(context), route.query);
    checkQuery(query);
    checkScope(caller, route.scope, { ...query, ...params });
    const body = await bodyOf(context, serving);
    checkBody(body);
    if (isData) await waitUntilFresh(context, serving);
    const call = {
      params,
      query,
      body,
      caller,
      serving: servingFor(serving, route, caller),
      context,
    };
    const answer = await route.run(call as unknown as Call<never, never>);
    if (isData && isToldAfter(route.method)) await tellFreshness(context, serving);
    if (answer instanceof Response) return answer;
    return context.json(answer, status as 200);
  };
}

/** What the caller's own commands and limits make of it; those who read commits share one node. */
function servingFor(serving: Serving, { scope }: Route, caller: Caller): Serving {
  if (caller.kind !== 'token' || scope === 'commits') return serving;
  return { ...serving, node: nodeFor(serving.node, caller) };
}

async function bodyOf(
  context: SocketContext,
  { admission }: Serving,
): Promise<Record<string, unknown>> {
  const body = await readBody(context.env, admission);
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new AdastraError('invalid_argument', 'the body must be a JSON object');
  }
  return body as Record<string, unknown>;
}

function checkerOf(schema: TObject | undefined, where: 'query' | 'body'): Check {
  if (schema === undefined) {
    return (fields) => {
      const [name] = Object.keys(fields);
      if (name !== undefined) throw unknownField(name);
    };
  }
  return (fields) => {
    // At the first request: most processes are asked for a few routes only.
    const validator = compiled(schema);
    if (!validator.Check(fields)) throw schemaFault(validator.Errors(fields), where);
  };
}

const COMPILED = new WeakMap<TObject, ReturnType<typeof Compile>>();

function compiled(schema: TObject): ReturnType<typeof Compile> {
  const found = COMPILED.get(schema);
  if (found !== undefined) return found;
  const validator = Compile(schema);
  COMPILED.set(schema, validator);
  return validator;
}

function placesOf(path: string): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  for (const [index, part] of path.split('/').entries()) {
    if (part.startsWith('{')) places.set(part.slice(1, -1), index);
  }
  return places;
}

function paramsOf(
  context: SocketContext,
  places: ReadonlyMap<string, number>,
): Record<string, string> {
  const params: Record<string, string> = {};
  if (places.size === 0) return params;
  const parts = context.req.path.split('/');
  for (const [name, index] of places) params[name] = decodeOnce(parts[index] ?? '');
  return params;
}

function unknownField(name: string): AdastraError {
  return new AdastraError(
    'invalid_argument',
    `the field ${JSON.stringify(name)} is not known here`,
    {
      details: { field: name },
    },
  );
}
