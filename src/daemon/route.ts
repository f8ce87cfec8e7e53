/**
 * One route as data: where it is, what it takes and gives, who may call it, what it can refuse, and
 * the function that does it. The router validates by these schemas, the OpenAPI document is written
 * from them, and the conformance run checks live answers against them: there is one description.
 */
import type { Static, TObject, TSchema } from 'typebox';
import type { ErrorCode } from '../core/index.ts';
import type { Access, Caller } from './caller.ts';
import type { Scope } from './scope.ts';
import type { Serving, SocketContext } from './serving.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What comes back. `ndjson`: one record a line; `events`: server-sent events with such records. */
export interface Answer {
  readonly type: 'json' | 'ndjson' | 'events' | 'text' | 'bytes';
  /** Default 200. */
  readonly status?: number;
  /** Of the JSON body, of each record, of the data of `commit` events. */
  readonly schema?: TSchema;
  /** Of the data of other events, by their names. */
  readonly events?: Readonly<Record<string, TSchema>>;
  /**
   * Codes that can break a stream off after it has begun, beside those that break any; `none`: it
   * just ends.
   */
  readonly failures?: readonly ErrorCode[] | 'none';
  /** Where it is not the usual one of its type. */
  readonly contentType?: string;
}

/** One request, checked. Fields of schemas that the route does not have are empty objects. */
export interface Call<Query, Body> {
  /** Segments of the path by name, each decoded once. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: Body;
  readonly caller: Caller;
  readonly serving: Serving;
  readonly context: SocketContext;
}

export interface Route {
  readonly method: Method;
  /** As in OpenAPI: `/v1/members/{member}`. */
  readonly path: string;
  /** The group that it stands in. */
  readonly tag: string;
  /** One line. */
  readonly summary: string;
  readonly access: Access;
  /** What callers limited to prefixes may have of it; left out: nothing. */
  readonly scope?: Scope;
  readonly query?: TObject | undefined;
  /** The fields of the JSON body; a route without it takes none. */
  readonly body?: TObject | undefined;
  /** Request headers that it looks at, with what each says. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly answers: readonly Answer[];
  /** Codes beside those that every route of its kind can answer with. */
  readonly errors: readonly ErrorCode[];
  /** The status that all of these are told with, where it is not the usual one of each. */
  readonly errorStatus?: number;
  run(call: Call<never, never>): Promise<object>;
}

/** A route as it is written down. */
export interface RouteSpec<Query extends TObject, Body extends TObject>
  extends Omit<Route, 'query' | 'body' | 'run' | 'errors'> {
  readonly query?: Query;
  readonly body?: Body;
  readonly errors?: readonly ErrorCode[];
  /** What it gives is sent as JSON; a `Response` is sent as it is. */
  run(call: Call<Static<Query>, Static<Body>>): Promise<object>;
}

/** A schema without fields. */
// biome-ignore lint/complexity/noBannedTypes: no fields
export type None = TObject<{}>;

/** A route whose function knows the types of its schemas. */
export function route<Query extends TObject = None, Body extends TObject = None>(
  spec: RouteSpec<Query, Body>,
): Route {
  return { errors: [], ...spec };
}
