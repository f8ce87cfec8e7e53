import { describe, expect, it } from 'vitest';
import {
  answer,
  fault,
  pieces,
  ScriptedPlatform,
  type Scripted,
  silence,
} from '../../test/support/scripted-platform.ts';
import { AdastraError, type ErrorCode } from '../core/index.ts';
import { RemoteNode } from '../remote/index.ts';
import { Endings } from './ending.ts';
import { HttpConnection } from './http-connection.ts';
import { type CallOptions, resolveOptions } from './options.ts';

interface Called {
  readonly platform: ScriptedPlatform;
  readonly connection: HttpConnection;
  readonly node: RemoteNode;
}

function scripted(script: readonly Scripted[], options: CallOptions = {}): Called {
  const platform = new ScriptedPlatform(script);
  const resolved = resolveOptions({ url: 'http://node/base/', token: 'adt_1', ...options });
  const connection = new HttpConnection(platform, resolved, new Endings());
  return { platform, connection, node: new RemoteNode(connection) };
}

function problem(code: ErrorCode, status: number, headers: Record<string, string> = {}): Scripted {
  return answer(status, { code, detail: `it is ${code}`, details: {} }, headers);
}

const lost = fault('ECONNRESET');
const unsent = fault('ECONNREFUSED');
const count = answer(200, { count: 7 });
const receipt = answer(200, { seq: 5, stamp: 's', replayed: true });

async function codeOf(platform: ScriptedPlatform, work: Promise<unknown>): Promise<string> {
  const error: unknown = await platform.run(
    work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    ),
  );
  if (error === undefined) return 'ok';
  if (!AdastraError.is(error)) throw error;
  return error.code;
}

it('sends the token, the options and nothing that a cookie could ride on', async () => {
  const { platform, node } = scripted([receipt], { minSeq: 4, minSeqWaitMs: 100 });
  await platform.run(node.put('a/b', 1, { commandId: 'c' }));
  const [{ url, init } = { url: '', init: undefined }] = platform.asked;
  expect(url).toBe('http://node/base/v1/entry?key=a%2Fb');
  expect(init).toMatchObject({ method: 'PUT', credentials: 'omit', redirect: 'manual' });
  expect(init?.headers).toEqual({
    authorization: 'Bearer adt_1',
    'content-type': 'application/json',
    'x-min-seq': '4',
    'x-wait-ms': '100',
  });
  expect(JSON.parse(init?.body ?? '')).toEqual({ value: 1, commandId: 'c' });
});

describe('a read', () => {
  it('is tried again after waits that double', async () => {
    const { platform, node } = scripted([lost, unsent, answer(502, 'no gateway'), silence, count]);
    expect(await platform.run(node.count())).toBe(7);
    expect(platform.gaps).toEqual([0, 50, 100, 200, 15_000 + 400]);
  });

  it('comes back when the node said, and not sooner', async () => {
    const busy = problem('overloaded', 429, { 'retry-after': '3' });
    const { platform, node } = scripted([busy, problem('closed', 503), count]);
    expect(await platform.run(node.count())).toBe(7);
    expect(platform.gaps).toEqual([0, 3000, 100]);
  });

  it('ends when its time is over', async () => {
    const { platform, node } = scripted(Array<Scripted>(99).fill(lost), { retryMs: 1000 });
    expect(await codeOf(platform, node.count())).toBe('unavailable');
    expect(platform.gaps).toEqual([0, 50, 100, 200, 400]);
    const busy = problem('overloaded', 429, { 'retry-after': '5' });
    const second = scripted([busy, count], { retryMs: 4000 });
    expect(await codeOf(second.platform, second.node.count())).toBe('overloaded');
    const third = scripted([lost, count], { retryMs: 0 });
    expect(await codeOf(third.platform, third.node.count())).toBe('unavailable');
    const late = scripted([silence, count], { retryMs: 0, timeoutMs: 5 });
    expect(await codeOf(late.platform, late.node.count())).toBe('timeout');
  });

  it('takes what the node answers as its answer', async () => {
    for (const [code, status] of [
      ['not_yet', 425],
      ['forbidden', 403],
      ['projection_failed', 500],
    ] as const) {
      const { platform, node } = scripted([problem(code, status), count]);
      expect(await codeOf(platform, node.count())).toBe(code);
    }
    const elsewhere = scripted([answer(302, '')]);
    expect(await codeOf(elsewhere.platform, elsewhere.node.count())).toBe('unavailable');
  });

  it('whose answer breaks off or is no JSON is tried again', async () => {
    const garbage = pieces(['{"count"'], 'whole');
    const { platform, node } = scripted([pieces(['{"cou'], 'cut'), garbage, count]);
    expect(await platform.run(node.count())).toBe(7);
  });
});

describe('a write', () => {
  const losses: readonly (readonly [string, Scripted])[] = [
    ['a broken connection', lost],
    ['no answer in time', silence],
    ['a gateway that answers', answer(504, '')],
    ['an answer that breaks off', pieces(['{"seq":'], 'cut')],
  ];
  it.each(losses)('without commandId is unknown after %s, and not sent again', async (_, one) => {
    const { platform, node } = scripted([one, receipt]);
    expect(await codeOf(platform, node.put('a', 1))).toBe('unknown_outcome');
    expect(platform.asked).toHaveLength(1);
  });

  it.each(losses)('with commandId is sent again, the same, after %s', async (_, one) => {
    const { platform, node } = scripted([one, receipt]);
    const given = await platform.run(node.put('a', 1, { commandId: 'c' }));
    expect(given).toMatchObject({ seq: 5, replayed: true });
    expect(platform.asked[1]?.init.body).toBe(platform.asked[0]?.init.body);
  });

  it('that never went out or was refused undone is sent again in any case', async () => {
    const { platform, node } = scripted([unsent, problem('overloaded', 429), receipt]);
    expect(await platform.run(node.put('a', 1))).toMatchObject({ seq: 5 });
    const off = scripted([unsent, unsent], { retryMs: 60 });
    expect(await codeOf(off.platform, off.node.put('a', 1))).toBe('unavailable');
  });

  it('stays unknown when a later try is refused for another reason than the data', async () => {
    const put = ({ platform, node }: Called): Promise<string> =>
      codeOf(platform, node.put('a', 1, { commandId: 'c' }));
    for (const later of [problem('forbidden', 403), problem('latched', 500), answer(404, '')]) {
      expect(await put(scripted([lost, later]))).toBe('unknown_outcome');
    }
    expect(await put(scripted([lost, problem('condition_failed', 409)]))).toBe('condition_failed');
    const busy = Array<Scripted>(9).fill(problem('overloaded', 429));
    expect(await put(scripted([lost, ...busy], { retryMs: 500 }))).toBe('unknown_outcome');
  });

  it('tells what the node answers', async () => {
    const { platform, node } = scripted([problem('forbidden', 403)]);
    expect(await codeOf(platform, node.put('a', 1))).toBe('forbidden');
    const failed = scripted([problem('unknown_outcome', 500), receipt]);
    expect(await codeOf(failed.platform, failed.node.put('a', 1, { commandId: 'c' }))).toBe(
      'unknown_outcome',
    );
  });
});

describe('what ends a call', () => {
  it('is its signal, wherever it stands', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const given = new AbortController();
    const aborting: Scripted = () => {
      given.abort();
      return silence(platform.asked[0] as never);
    };
    const { platform, node } = scripted([aborting, count]);
    expect(await codeOf(platform, node.put('a', 1, { signal: given.signal }))).toBe('aborted');
    expect(await codeOf(platform, node.put('a', 1, { signal: given.signal }))).toBe('aborted');
    const waiting = scripted([
      lost,
      () => (controller.abort(), lost(waiting.platform.asked[0] as never)),
    ]);
    const put = waiting.node.put('a', 1, { commandId: 'c', signal });
    expect(await codeOf(waiting.platform, put)).toBe('aborted');
    expect(platform.asked).toHaveLength(1);
  });

  it('is the end of the client; a write that is under way is unknown then', async () => {
    const { platform, node, connection } = scripted([silence, silence]);
    const calls = [codeOf(platform, node.count()), codeOf(platform, node.put('a', 1))];
    connection.close();
    expect(await Promise.all(calls)).toEqual(['closed', 'unknown_outcome']);
    expect(await codeOf(platform, node.count())).toBe('closed');
    expect(await codeOf(platform, node.put('a', 1))).toBe('closed');
    const closing: Scripted = (asked) => {
      setImmediate(() => waiting.connection.close());
      return unsent(asked);
    };
    const waiting = scripted([closing]);
    expect(await codeOf(waiting.platform, waiting.node.put('a', 1))).toBe('closed');
  });
});

it('tells how fresh the last answer is', async () => {
  const headers = {
    'adastra-seq': '5',
    'adastra-log-seq': '7',
    'adastra-lag-commits': '2',
    'adastra-lag-ms': '30',
  };
  const { platform, node, connection } = scripted([answer(200, { count: 1 }, headers), count]);
  expect(connection.freshness).toBeUndefined();
  const expected = { seq: 5, logSeq: 7, lagCommits: 2, lagMs: 30 };
  await platform.run(node.count());
  expect(connection.freshness).toEqual(expected);
  await platform.run(node.count());
  expect(connection.freshness).toBeUndefined();
});

it('refuses options that mean nothing', () => {
  const url = 'http://node';
  for (const options of [
    { url: 'node:80' },
    { url: 'ftp://node' },
    { url: 'http://a:b@node' },
    { url: 'http://node?x' },
    { url, token: 'two words' },
    { url, timeoutMs: -1 },
    { url, retryMs: Number.NaN },
    { url, minSeq: 0.5 },
    { url, minSeqWaitMs: 60_001 },
    { url, timeout: 5 },
  ]) {
    expect(() => resolveOptions(options)).toThrow(
      expect.objectContaining({ code: 'invalid_options' }),
    );
  }
  expect(resolveOptions({ url: new URL('https://h/p/'), retryMs: Infinity }).base).toBe(
    'https://h/p',
  );
});
