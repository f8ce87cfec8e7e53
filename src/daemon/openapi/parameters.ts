/**
 * What a request says beside its body: segments of the path, fields of the query, headers.
 */
import type { TSchema } from 'typebox';
import { WAIT_MS_MAX } from '../freshness-headers.ts';
import { isDataRoute } from '../route-errors.ts';
import type { Route } from '../route.ts';
import { TEXT, WHOLE } from '../schemas/shapes.ts';
import type { Components, JsonObject } from './components.ts';

const text = (description: string): JsonObject => ({ schema: TEXT, description });

/** What the segments that paths name stand for. */
const PATH_PARAMETERS: Readonly<Record<string, JsonObject>> = {
  key: text('The key as one percent-encoded segment.'),
  seq: { schema: WHOLE, description: 'A seq of this node’s log.' },
  number: { schema: WHOLE, description: 'The number of a segment, as /v1/log tells it.' },
  commandId: text('As the command was sent.'),
  member: text('A nodeId, or the beginning of a fingerprint.'),
  origin: text('As /v1/sync/forks names it.'),
  id: text('As the list names it.'),
  projection: text('The name of a projection of this node.'),
};

/** Headers that every route of a node’s data takes, by their names as components. */
export const REQUEST_HEADERS: Readonly<Record<string, JsonObject>> = {
  MinSeq: {
    name: 'x-min-seq',
    in: 'header',
    description: 'Waits until the node has applied this seq; 425 where that takes too long.',
    schema: WHOLE,
  },
  WaitMs: {
    name: 'x-wait-ms',
    in: 'header',
    description: 'How long x-min-seq waits; 2000 where it is not said.',
    schema: { type: 'integer', minimum: 0, maximum: WAIT_MS_MAX },
  },
};

/** The parameters of one route, in the order path, query, headers. */
export function parametersOf(route: Route, components: Components): readonly JsonObject[] {
  const parameters = [...pathParameters(route.path), ...queryParameters(route, components)];
  for (const [name, description] of Object.entries(route.headers ?? {})) {
    parameters.push({ name, in: 'header', description, schema: TEXT });
  }
  if (!isDataRoute(route)) return parameters;
  const waits = Object.keys(REQUEST_HEADERS).map((name) => ({
    $ref: `#/components/parameters/${name}`,
  }));
  return [...parameters, ...waits];
}

function pathParameters(path: string): JsonObject[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => {
    const parameter = PATH_PARAMETERS[name] ?? { schema: TEXT };
    return { name, in: 'path', required: true, ...parameter };
  });
}

function queryParameters({ query }: Route, components: Components): JsonObject[] {
  if (query === undefined) return [];
  const needed = new Set<string>(query.required ?? []);
  return Object.entries(query.properties as Record<string, TSchema>).map(([name, schema]) => ({
    name,
    in: 'query',
    required: needed.has(name),
    schema: components.refer(schema),
  }));
}
