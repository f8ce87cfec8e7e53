/** The OpenAPI document: what is served is what the routes say, and tools can take it. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROUTES } from '../../src/daemon/app.ts';
import { openApiDocument } from '../../src/daemon/openapi/document.ts';
import { route } from '../../src/daemon/route.ts';
import { fields, TEXT, WHOLE } from '../../src/daemon/schemas/shapes.ts';
import { ask, serveNode } from '../daemon/served-node.ts';
import { testFolder } from '../support/folder.ts';
import { type Json, objectOf, operationsOf, shapeFaults, spoilt } from './openapi-shape.ts';

/** As it arrives. */
function document(): Json {
  return JSON.parse(JSON.stringify(openApiDocument(ROUTES))) as Json;
}

it('is served to anybody, as the routes describe themselves', async () => {
  const served = await serveNode(join(testFolder('openapi'), 'd'));
  const { status, type, json } = await ask(served, { path: '/openapi.json' });
  expect([status, type]).toEqual([200, 'application/json']);
  expect(json).toEqual(document());
});

it('has what the specification asks for', () => {
  expect(shapeFaults(document())).toEqual([]);
});

it('has an operation for each route', () => {
  const told = operationsOf(document()).map(({ path, method }) => `${method} ${path}`);
  const routes = ROUTES.map(({ path, method }) => `${method.toLowerCase()} ${path}`);
  expect(told.toSorted()).toEqual(routes.toSorted());
});

it('names what is used in more than one place', () => {
  const { schemas } = objectOf(document()['components']);
  expect(Object.keys(objectOf(schemas))).toEqual(
    expect.arrayContaining(['Problem', 'Receipt', 'Commit', 'Entry', 'NodeStatus']),
  );
});

const COUNT = ['paths', '/v1/count', 'get'];
const PREFIX = { in: 'query', name: 'prefix', schema: {} };
const NO_SCHEMA = { in: 'query', name: 'x' };

const BREACHES: readonly [fault: string, at: readonly string[], value: unknown][] = [
  ['it is not OpenAPI 3.1', ['openapi'], '3.0.3'],
  ['info has no version', ['info', 'version'], undefined],
  ['a schema cannot be named a b', ['components', 'schemas', 'a b'], {}],
  ['schemas/Problem leads nowhere', ['components', 'schemas', 'Problem'], undefined],
  ['schemas/Unheard is used nowhere', ['components', 'schemas', 'Unheard'], {}],
  ['getStatus is there twice', [...COUNT, 'operationId'], 'getStatus'],
  ['its path parameters are not', [...COUNT, 'parameters'], [{ ...PREFIX, in: 'path' }]],
  ['the tag Unheard is not declared', [...COUNT, 'tags'], ['Unheard']],
  ['the security scheme a is not declared', [...COUNT, 'security'], [{ a: [] }]],
  ['it has no response', [...COUNT, 'responses'], {}],
  ['99 is no status', [...COUNT, 'responses', '99'], { description: '' }],
  ['200 has no description', [...COUNT, 'responses', '200', 'description'], undefined],
  ['json is no media type', [...COUNT, 'responses', '200', 'content'], { json: {} }],
  ['query prefix is there twice', [...COUNT, 'parameters'], [PREFIX, PREFIX]],
  ['x needs a description', [...COUNT, 'parameters'], [{ ...NO_SCHEMA, in: 'path' }]],
  ['x has no schema', [...COUNT, 'parameters'], [NO_SCHEMA]],
  ['body is unknown', [...COUNT, 'body'], {}],
  ['there is no such method', ['paths', '/v1/count', 'fetch'], { tags: [], security: [] }],
];

it.each(BREACHES)('a document is refused: %s', (fault, at, value) => {
  expect(shapeFaults(spoilt(document(), at, value)).join('\n')).toContain(fault);
});

it('takes no two schemas for one name', () => {
  const about = { method: 'GET', tag: 'T', summary: 'S.', access: 'read' } as const;
  const run = async (): Promise<object> => ({});
  const answer = (schema: object) => [{ type: 'json', schema }] as const;
  const one = route({ ...about, path: '/a', answers: answer(fields({ a: TEXT }, 'A')), run });
  const other = route({ ...about, path: '/b', answers: answer(fields({ a: WHOLE }, 'A')), run });
  expect(() => openApiDocument([one, other])).toThrow('two schemas have the title A');
});
