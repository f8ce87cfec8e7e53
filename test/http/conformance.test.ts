/**
 * The HTTP conformance run: every path, method, status and error code of the OpenAPI document is
 * asked for on a live server, and everything that an answer has must be in the document. A route
 * needs an exercise in test/http/exercises/.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../src/core/index.ts';
import { Admission, DEFAULT_ADMISSION } from '../../src/daemon/admission.ts';
import { makeApp, ROUTES } from '../../src/daemon/app.ts';
import type { Route } from '../../src/daemon/route.ts';
import { FakePeer } from '../support/fake-peer.ts';
import { exchange, type Place } from './exchange.ts';
import type { Ask, Asked } from './exercise.ts';
import { exerciseOf } from './exercises/index.ts';
import { codeOf, Ledger } from './ledger.ts';
import { type LiveNode, makeServing, openLiveNode } from './live-node.ts';
import { objectOf } from './openapi-shape.ts';
import { undocumented } from './served-paths.ts';

/** What the node meets, not what a request asks for: every call of the node fails with it. */
const PLANTED: ReadonlySet<string> = new Set<ErrorCode>([
  'forbidden',
  'read_only',
  'latched',
  'disk_full',
  'unknown_outcome',
  'joining',
  'permission_denied',
  'port_in_use',
  'timeout',
  'history_truncated',
  'log_damaged',
  'peer_ambiguous',
  'peer_unreachable',
  'peer_refused',
]);

let live: LiveNode;
let ledger: Ledger;
/** Sockets of servers that answer everything with one problem. */
let elsewhere: Readonly<Record<string, string>>;

beforeAll(async () => {
  live = await openLiveNode();
  const { status, text } = await exchange(live.socket, 'GET /openapi.json', {});
  expect(status, text).toBe(200);
  ledger = new Ledger(objectOf(JSON.parse(text)));
  elsewhere = {
    overloaded: await live.serve({
      admission: new Admission({ ...DEFAULT_ADMISSION, requestsMax: 0 }),
    }),
    // One that nobody can stop, of a node that has no files here.
    unavailable: await live.serve({ node: live.without('logFiles') }),
    closed: await live.serve({ stopping: AbortSignal.abort() }),
    io_error: await live.serve({ stopping: faultySignal() }),
  };
});

afterAll(() => live.close());

/** Every request looks at it. */
function faultySignal(): AbortSignal {
  const fault = (): never => {
    throw new TypeError('planted');
  };
  return Object.defineProperty(new AbortController().signal, 'aborted', { get: fault });
}

/** Sends a request and holds the answer against the document; its status and code. */
async function send(route: string, asked: Asked, place: Place = live.socket): Promise<string> {
  const { seq } = await live.node.freshness();
  const ask = typeof asked === 'function' ? asked({ head: seq, folder: live.folder() }) : asked;
  const answer = await exchange(place, route, ask);
  expect(ledger.check(answer)).toEqual([]);
  return `${answer.status} ${codeOf(answer.text)}`.trim();
}

/** What is turned away in front of the routes of a server on TCP, by status and code. */
const AT_THE_GATE: Readonly<Record<string, (good: Ask) => Ask>> = {
  '401 unauthenticated': (good) => ({ ...good, headers: { authorization: 'Bearer unheard' } }),
  '403 forbidden': (good) => ({ ...good, headers: { origin: 'https://foreign.example' } }),
  '414 limit_exceeded': (good) => ({ ...good, query: 'q'.repeat(20_000) }),
  '415 invalid_argument': (good) => ({ ...good, headers: { 'content-type': 'text/plain' } }),
  '421 misdirected': (good) => ({ ...good, headers: { host: 'foreign.example' } }),
  '431 limit_exceeded': (good) => ({ ...good, headers: MANY_HEADERS }),
};

const MANY_HEADERS = Object.fromEntries(Array.from({ length: 120 }, (_, n) => [`x-${n}`, '1']));

/** Requests that every route refuses alike. */
function refusedEverywhere(code: string, good: Ask): Ask | undefined {
  const query = (field: string): string =>
    good.query === undefined ? field : `${good.query}&${field}`;
  if (code === 'invalid_argument') return { ...good, query: query('unheard=1') };
  if (code === 'limit_exceeded') {
    return { ...good, announce: DEFAULT_ADMISSION.bodyBytesMax + 1 };
  }
  if (code === 'not_yet') return { ...good, headers: { 'x-min-seq': '999999', 'x-wait-ms': '0' } };
  return undefined;
}

/** Makes a route answer with a code that the document says, the way it comes about. */
async function provoke(route: string, status: string, code: string): Promise<string> {
  const { good, refused = {}, planted: byNode = [], before } = exerciseOf(route);
  await before?.(live.node);
  const { seq } = await live.node.freshness();
  const ask = typeof good === 'function' ? good({ head: seq, folder: live.folder() }) : good;
  const gate = AT_THE_GATE[`${status} ${code}`];
  if (gate !== undefined) return send(route, gate(ask), live.http);
  const own = refused[code as ErrorCode];
  if (own !== undefined) return send(route, own);
  const isOwn = ROUTES.some((each) => nameOf(each) === route && `${each.errorStatus}` === status);
  if (isOwn) return planted(route, code as ErrorCode, ask);
  const socket = elsewhere[code];
  if (socket !== undefined) return send(route, good, socket);
  const general = refusedEverywhere(code, ask);
  if (general !== undefined) return send(route, general);
  if (PLANTED.has(code) || byNode.includes(code as ErrorCode))
    return planted(route, code as ErrorCode, ask);
  throw new Error(`${route}: no request in test/http/exercises/ is refused with ${code}`);
}

async function planted(route: string, code: ErrorCode, ask: Ask): Promise<string> {
  live.planted.error = code;
  try {
    const { until: _until, ...whole } = ask;
    return await send(route, whole);
  } finally {
    live.planted.error = undefined;
  }
}

/** Something in each segment. */
const PARAMS = {
  key: 'k',
  seq: '1',
  number: '1',
  member: 'm',
  commandId: 'c',
  origin: 'o',
  id: 'i',
};
const NAMES = ROUTES.map(nameOf);

function nameOf({ method, path }: Route): string {
  return `${method} ${path}`;
}

describe.each(NAMES)('%s', (route) => {
  it('answers as the document says', async () => {
    const { good, before, refused = {}, odd = [] } = exerciseOf(route);
    await before?.(live.node);
    // On the node as it is, which may refuse; then on one that has peers and conflicts.
    await send(route, good);
    live.planted.answers = new FakePeer().api();
    try {
      await before?.(live.node);
      expect(await send(route, good)).toMatch(/^2/);
    } finally {
      live.planted.answers = {};
    }
    for (const asked of [...Object.values(refused), ...odd]) await send(route, asked);
    for (const asked of [good, ...Object.values(refused)]) await send(route, asked, live.http);
    for (const place of live.lesser) {
      // A stream may never hold what the exercise waits for.
      const ending = [good, ...odd].filter((each) => !('until' in each));
      for (const asked of ending) await send(route, asked, place);
    }
    const { url } = live.http;
    const isOpen = ROUTES.some((each) => nameOf(each) === route && each.access === 'open');
    expect(await send(route, good, { url })).toMatch(isOpen ? /^2/ : /^401/);
  });

  it('refuses with every code of the document', async () => {
    for (const each of ledger.documented()) {
      if (!each.startsWith(`${route} `)) continue;
      const [status = '', ...codes] = each.slice(route.length + 1).split(' ');
      const [first = '', second = ''] = codes;
      if (first === 'as') continue;
      if (first !== '…') {
        expect(await provoke(route, status, first), each).toBe(`${status} ${first}`);
      } else {
        await breakOff(route, second);
      }
    }
  });
});

/** A stream that begins and is broken off. */
async function breakOff(route: string, code: string): Promise<void> {
  const { good, streamed = good as Ask, before, refused = {} } = exerciseOf(route);
  await before?.(live.node);
  const own = refused[code as ErrorCode];
  if (own !== undefined) await send(route, own);
  const isMissing = ledger.missing().includes(`${route} 200 … ${code}`);
  if (isMissing) await planted(route, code as ErrorCode, streamed);
}

describe('beside the routes', () => {
  it('answers no other method', async () => {
    const paths = [...new Set(ROUTES.map(({ path }) => path))];
    const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
    const others = paths.flatMap((path) => methods.map((method) => `${method} ${path}`));
    for (const name of others.filter((each) => !NAMES.includes(each))) {
      expect(await send(name, { params: PARAMS, body: {} }), name).toBe('404 unavailable');
    }
  });

  it('answers nothing that is no route', () => {
    const { routes } = makeApp(makeServing(live.node));
    expect(undocumented(routes, ledger.document)).toEqual([]);
  });
});

it('nothing that the document says was left out', () => {
  expect(ledger.missing()).toEqual([]);
});
