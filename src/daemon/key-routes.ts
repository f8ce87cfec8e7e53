/**
 * Routes of one key, each at two places: `/v1/entries/{key}` with the key as one percent-encoded
 * segment, and its twin `/v1/entry?key=` for proxies that decode `%2F` and for clients that resolve
 * `.` and `..`.
 */
import type { Static, TObject } from 'typebox';
import { type Call, type None, type Route, route, type RouteSpec } from './route.ts';
import { fields, TEXT } from './schemas/shapes.ts';

interface KeyCall<Query, Body> extends Call<Query, Body> {
  readonly key: string;
}

interface KeyRouteSpec<Query extends TObject, Body extends TObject>
  extends Omit<RouteSpec<Query, Body>, 'path' | 'run'> {
  /** `['entries', 'entry']`: many of them in a path, the one of a query. */
  readonly nouns: readonly [many: string, one: string];
  /** What stands behind the key: `/history`. */
  readonly suffix?: string;
  run(call: KeyCall<Static<Query>, Static<Body>>): Promise<object>;
}

/** The route and its twin. */
export function keyRoutes<Query extends TObject = None, Body extends TObject = None>(
  spec: KeyRouteSpec<Query, Body>,
): readonly [inPath: Route, inQuery: Route] {
  const { nouns, suffix = '', run, query, ...rest } = spec;
  const [many, one] = nouns;
  const inPath = route({
    ...rest,
    path: `/v1/${many}/{key}${suffix}`,
    ...(query === undefined ? {} : { query }),
    run: (call) => run({ ...call, key: call.params['key'] } as never),
  });
  const inQuery = route({
    ...rest,
    path: `/v1/${one}${suffix}`,
    query: fields({ key: TEXT, ...query?.properties }),
    run: (call) => {
      const { key, ...own } = call.query as Record<string, unknown>;
      return run({ ...call, query: own, key } as never);
    },
  });
  return [inPath, inQuery];
}
