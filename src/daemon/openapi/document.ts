/**
 * The OpenAPI 3.1 document, made of the routes: what validates requests describes them too, so it
 * cannot say anything else than what the server does.
 */
import { VERSION } from '../../engine/index.ts';
import type { Access } from '../caller.ts';
import type { Route } from '../route.ts';
import { Components, type JsonObject } from './components.ts';
import { parametersOf, REQUEST_HEADERS } from './parameters.ts';
import { ANSWER_HEADERS, responsesOf } from './responses.ts';

const INFO: JsonObject = {
  title: 'Adastra',
  version: VERSION,
  summary: 'A local-first, event-sourced data engine over HTTP.',
  description:
    'Every refusal is a problem (RFC 9457) whose code is stable. A commit has one of three ' +
    'outcomes: committed, rejected, unknown. Every answer of a node’s data says how fresh it is. ' +
    'While a world has no token, a server on the loopback address asks for none.',
  license: { name: 'MIT', identifier: 'MIT' },
};

const ACCESS: Readonly<Record<Access, string>> = {
  open: 'Anybody may ask.',
  read: 'Takes a token of role read or more.',
  write: 'Takes a token of role write or more.',
  admin: 'Takes a token of role admin.',
  local: 'On the local socket only.',
};

/** The document of these routes, as JSON. */
export function openApiDocument(routes: readonly Route[]): JsonObject {
  const components = new Components();
  const paths: Record<string, Record<string, JsonObject>> = {};
  for (const route of routes) {
    const item = (paths[route.path] ??= {});
    item[route.method.toLowerCase()] = operationOf(route, components);
  }
  const tags = [...new Set(routes.map(({ tag }) => tag))];
  const bearer = {
    type: 'http',
    scheme: 'bearer',
    description: 'A token that adastra token create made.',
  };
  return {
    openapi: '3.1.1',
    info: INFO,
    servers: [{ url: '/', description: 'The server that this document comes from.' }],
    tags: tags.map((name) => ({ name })),
    paths,
    components: {
      schemas: components.schemas,
      responses: components.responses,
      parameters: REQUEST_HEADERS,
      headers: ANSWER_HEADERS,
      securitySchemes: { bearer },
    },
  };
}

function operationOf(route: Route, components: Components): JsonObject {
  const { summary, tag, access, body } = route;
  const content = body && { 'application/json': { schema: components.refer(body) } };
  return {
    operationId: operationIdOf(route),
    tags: [tag],
    summary,
    description: ACCESS[access],
    'x-access': access,
    security: access === 'open' || access === 'local' ? [] : [{ bearer: [] }],
    parameters: parametersOf(route, components),
    ...(content && { requestBody: { content, required: (body.required ?? []).length > 0 } }),
    responses: responsesOf(route, components),
  };
}

/** `GET /v1/entries/{key}/history` as `getEntriesKeyHistory`. */
function operationIdOf({ method, path }: Route): string {
  const words = path.match(/[A-Za-z]+/g) ?? [];
  const named = words.filter((word, index) => index > 0 || word !== 'v');
  return (
    method.toLowerCase() + named.map((word) => word[0]?.toUpperCase() + word.slice(1)).join('')
  );
}
