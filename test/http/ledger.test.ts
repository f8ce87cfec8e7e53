/** The conformance run can fail: each way in which server and document can part is found. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeApp, ROUTES } from '../../src/daemon/app.ts';
import { exchange } from './exchange.ts';
import type { Ask } from './exercise.ts';
import { exerciseOf } from './exercises/index.ts';
import { type Exchange, Ledger } from './ledger.ts';
import { type LiveNode, makeServing, openLiveNode } from './live-node.ts';
import { type Json, objectOf, spoilt } from './openapi-shape.ts';
import { undocumented } from './served-paths.ts';

let live: LiveNode;
let document: Json;
const answers = new Map<string, Exchange>();

const ASKED: readonly [name: string, route: string, ask: Ask][] = [
  ['count', 'GET /v1/count', {}],
  ['refusal', 'GET /v1/count', { query: 'unheard=1' }],
  ['late', 'GET /v1/count', { headers: { 'x-min-seq': '999999', 'x-wait-ms': '0' } }],
  ['receipt', 'PUT /v1/entry', { query: 'key=k', body: { value: 1 } }],
  ['rows', 'GET /v1/entries', {}],
  ['events', 'GET /v1/stream', { query: 'from=1', until: 'event: commit' }],
  ['nowhere', 'GET /v1/unheard', {}],
];

beforeAll(async () => {
  live = await openLiveNode();
  document = objectOf(JSON.parse((await exchange(live.socket, 'GET /openapi.json', {})).text));
  await live.node.put('k', 0);
  for (const [name, route, ask] of ASKED) {
    answers.set(name, await exchange(live.socket, route, ask));
  }
});

afterAll(() => live.close());

const at = (path: string, method: string, ...more: string[]): string[] => [
  'paths',
  path,
  method,
  'responses',
  ...more,
];
const COUNT = at('/v1/count', 'get');
const COUNT_HEADERS = [...COUNT, '200', 'headers'];
const RECEIPT = ['components', 'schemas', 'Receipt'];
const ROW = ['components', 'schemas', 'Row'];
const EVENTS = at('/v1/stream', 'get', '200', 'content', 'text/event-stream', 'x-events');
const NO_SEQ = { schema: { type: 'boolean' } };
const NO_CODE = {
  description: '',
  content: {
    'application/problem+json': { schema: { properties: { code: { enum: [] } } } },
  },
};

const BREACHES: readonly [name: string, what: readonly string[], value: unknown, fault: RegExp][] =
  [
    ['count', ['paths', '/v1/count'], undefined, /GET \/v1\/count is answered but not in the doc/],
    [
      'count',
      ['paths', '/v1/count'],
      { post: {} },
      /GET \/v1\/count is answered but not in the doc/,
    ],
    ['count', [...COUNT, '200'], undefined, /GET \/v1\/count: 200 is not documented/],
    ['refusal', [...COUNT, '400'], undefined, /400 is not documented/],
    ['refusal', [...COUNT, '400'], NO_CODE, /\/code must be equal to one of the allowed/],
    ['count', [...COUNT, '200', 'content'], { 'text/plain': {} }, /application\/json is not docum/],
    ['count', [...COUNT_HEADERS, 'adastra-seq'], undefined, /header adastra-seq is not documented/],
    ['count', [...COUNT_HEADERS, 'adastra-a'], { required: true }, /header adastra-a is missing/],
    ['count', [...COUNT_HEADERS, 'adastra-seq'], NO_SEQ, /adastra-seq is \d/],
    ['late', [...COUNT, '425'], NO_CODE, /retry-after is not documented/],
    ['receipt', [...RECEIPT, 'properties', 'stamp'], undefined, /additional properties.*stamp/],
    ['receipt', [...RECEIPT, 'required'], ['unheard'], /required properties.*unheard/],
    ['receipt', [...RECEIPT, 'properties', 'seq'], { type: 'string' }, /\/seq must be string/],
    ['rows', [...ROW, 'properties', 'value'], undefined, /additional properties.*value/],
    ['events', [...EVENTS, 'commit'], undefined, /the event commit is not documented/],
    ['events', ['components', 'schemas', 'Commit', 'required'], ['unheard'], /unheard/],
  ];

it.each(BREACHES)('finds in the %s what %j as %j does not say', (name, what, value, fault) => {
  const answer = answers.get(name) as Exchange;
  expect(new Ledger(document).check(answer)).toEqual([]);
  expect(new Ledger(spoilt(document, what, value)).check(answer).join('\n')).toMatch(fault);
});

it('takes a path that nothing answers, and only as such', () => {
  const nowhere = answers.get('nowhere') as Exchange;
  expect(new Ledger(document).check(nowhere)).toEqual([]);
  const found = { ...nowhere, status: 200 };
  expect(new Ledger(document).check(found)).toEqual([
    'GET /v1/unheard is answered but not in the document',
  ]);
});

it('names what nobody asked for', () => {
  const ledger = new Ledger(document);
  const all = ledger.documented();
  expect(ledger.missing()).toEqual(all);
  for (const answer of answers.values()) expect(ledger.check(answer)).toEqual([]);
  const seen = all.filter((each) => !ledger.missing().includes(each));
  expect(seen).toEqual([
    'GET /v1/entries 200 as application/x-ndjson',
    'GET /v1/count 200 as application/json',
    'GET /v1/count 400 invalid_argument',
    'GET /v1/count 425 not_yet',
    'PUT /v1/entry 200 as application/json',
    'GET /v1/stream 200 as text/event-stream',
  ]);
  const more = spoilt(document, [...COUNT, '418'], {
    description: '',
    content: { 'text/plain': {} },
  });
  expect(new Ledger(more).missing()).toContain('GET /v1/count 418 as text/plain');
});

it('finds a handler that is no route', () => {
  const app = makeApp(makeServing(live.node));
  expect(undocumented(app.routes, document)).toEqual([]);
  app.get('/v1/secret/:key', (context) => context.text('psst'));
  expect(undocumented(app.routes, document)).toEqual(['GET /v1/secret/{key}']);
});

it('asks for an exercise of each route, and says where', () => {
  for (const { method, path } of ROUTES) exerciseOf(`${method} ${path}`);
  expect(() => exerciseOf('GET /v1/secret')).toThrow(
    'GET /v1/secret has no exercise: add one to the lists in test/http/exercises/',
  );
});
