/**
 * N15–N18 at the public surface, in process and on the command line: what nests too deep, names
 * that reach for prototypes, values that would come back different, and commands that are sent
 * again. Each is refused by a typed error or comes back as it was, also behind a restart.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import {
  Client,
  jsonOf,
  type JsonValue,
  valueOfJson,
  verifyDirectory,
} from '../../src/client/index.ts';
import { runAdastra } from '../support/adastra-process.ts';
import { ours } from '../support/damaged-node.ts';
import { testFolder } from '../support/folder.ts';
import { figure, TIMEOUT_MS } from '../support/long.ts';
import { runChild } from '../support/node-child.ts';

vi.setConfig({ testTimeout: TIMEOUT_MS });

/** `[[…1…]]` as text. */
function nested(depth: number): string {
  return `${'['.repeat(depth)}1${']'.repeat(depth)}`;
}

/** The code that a put ends with, or what is read back. */
async function putAndGet(client: Client, value: unknown): Promise<unknown> {
  const outcome = await ours(() => client.put('k', value as never));
  return outcome instanceof Error ? outcome : client.get('k');
}

async function reopened(dataDir: string): Promise<unknown> {
  const client = await Client.open({ dataDir });
  const value = client.get('k');
  await client.close();
  return value;
}

describe('N15: deep nesting', () => {
  test('values of up to 64 levels are stored, deeper ones are refused, at any depth', async () => {
    const client = await Client.open({ memory: true });
    const good: unknown = JSON.parse(nested(64));
    expect(await putAndGet(client, good)).toEqual(good);
    for (const depth of [65, 5000, figure({ short: 200_000, long: 2_000_000 })]) {
      const deep: unknown = JSON.parse(nested(depth));
      expect(await putAndGet(client, deep)).toMatchObject({ code: 'limit_exceeded' });
      if (depth === 65) continue;
      // Only a node knows its limit; what would exhaust the stack is refused without one.
      expect(await ours(async () => valueOfJson(deep as JsonValue))).toMatchObject({
        code: 'limit_exceeded',
      });
    }
    expect(client.get('k')).toEqual(good);
    await client.close();
  });

  test('from the command line and from a file to import', async () => {
    const folder = testFolder('deep');
    const put = ['store', 'put', 'k', '--json', '--data', 'node'];
    expect((await runAdastra(folder, ['init', '--data', 'node'])).code).toBe(0);
    const deep = await runAdastra(folder, [...put, nested(20_000)]);
    expect([deep.code, `${deep.out}${deep.err}`]).toEqual([
      2,
      expect.stringContaining('limit_exceeded'),
    ]);
    for (const [name, text] of [
      ['rows.ndjson', `{"id":1,"v":2}\n{"id":2,"v":${nested(200_000)}}\n`],
      ['rows.json', `[{"id":1,"v":2},{"id":2,"v":${nested(200_000)}}]`],
    ] as const) {
      writeFileSync(join(folder, name), text);
      const argv = ['import', name, '--key', 'row/{id}', '--json', '--data', 'node'];
      const { code, out, err } = await runAdastra(folder, argv);
      expect([code, `${out}${err}`]).toEqual([2, expect.stringContaining('"import_invalid"')]);
      expect(`${out}${err}`).toContain('line');
    }
    expect((await verifyDirectory(join(folder, 'node'))).ok).toBe(true);
  });
});

describe('N16: names that reach for prototypes', () => {
  const hostile = '{"__proto__":{"polluted":true},"a":1}';

  test('a key __proto__ in a value is refused everywhere, nothing is polluted', async () => {
    const client = await Client.open({ memory: true });
    const outcome = await putAndGet(client, JSON.parse(hostile));
    expect(outcome).toMatchObject({
      code: 'invalid_value',
      message: expect.stringContaining('__proto__'),
    });
    expect(await putAndGet(client, { a: [JSON.parse(hostile)] })).toMatchObject({
      code: 'invalid_value',
      message: expect.stringContaining('$.a[0]'),
    });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    await client.close();
  });

  test('names of the prototype that are mere words come back as they are', async () => {
    const dataDir = join(testFolder('proto'), 'node');
    const client = await Client.open({ dataDir });
    const value = { constructor: { prototype: { x: 1 } }, toString: 'word', hasOwnProperty: [2] };
    expect(await putAndGet(client, value)).toEqual(value);
    for (const key of ['__proto__', 'constructor', 'a/__proto__/b', 'hasOwnProperty']) {
      await client.put(key, { key });
      expect(client.get(key)).toEqual({ key });
      expect((await client.receiptOf(key)) === undefined).toBe(true);
    }
    await client.close();
    expect(await reopened(dataDir)).toEqual(value);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  test('on the command line', async () => {
    const folder = testFolder('proto');
    await runAdastra(folder, ['init', '--data', 'node']);
    const put = await runAdastra(folder, [
      'store',
      'put',
      'k',
      hostile,
      '--json',
      '--data',
      'node',
    ]);
    expect([put.code, `${put.out}${put.err}`]).toEqual([
      2,
      expect.stringContaining('invalid_value'),
    ]);
    writeFileSync(join(folder, 'rows.ndjson'), `${hostile}\n`);
    const argv = ['import', 'rows.ndjson', '--key', 'row/{a}', '--json', '--data', 'node'];
    expect((await runAdastra(folder, argv)).code).toBe(2);
  });
});

describe('N17: values that would come back different', () => {
  test.each([
    ['NaN', Number.NaN],
    ['an infinity', Number.NEGATIVE_INFINITY],
    ['undefined', undefined],
    ['undefined in a list', [1, undefined]],
    ['a hole in a list', Object.assign([1], { 2: 3 })],
    ['a lone surrogate', 'a\ud800b'],
    ['a lone surrogate in a name', { '\udc00': 1 }],
    ['a Map', new Map([[1, 2]])],
    ['a Set', new Set([1])],
    [
      'a class instance',
      new (class Point {
        x = 1;
      })(),
    ],
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
    ['an invalid date', new Date(Number.NaN)],
    ['a Float64Array', new Float64Array(2)],
  ])('%s is refused and changes nothing', async (_name, value) => {
    const client = await Client.open({ memory: true });
    await client.put('k', 'before');
    const { seq } = await client.hashes();
    expect(await putAndGet(client, value)).toMatchObject({ code: 'invalid_value' });
    expect(client.get('k')).toBe('before');
    expect((await client.hashes()).seq).toBe(seq);
    await client.close();
  });

  test('a cycle is refused; the same object twice is not a cycle', async () => {
    const client = await Client.open({ memory: true });
    const cycle: Record<string, unknown> = {};
    cycle['self'] = { cycle };
    expect(await putAndGet(client, cycle)).toMatchObject({
      code: expect.stringMatching(/^(invalid_value|limit_exceeded)$/),
    });
    const shared = { x: 1 };
    expect(await putAndGet(client, [shared, shared])).toEqual([shared, shared]);
    await client.close();
  });

  test('everything else is the same value behind a restart', async () => {
    const dataDir = join(testFolder('values'), 'node');
    const client = await Client.open({ dataDir });
    const value = {
      zero: 0,
      numbers: [0.1, 5e-324, 1.7976931348623157e308, 2 ** 53, -1],
      big: [9_007_199_254_740_993n, -(2n ** 200n), 0n],
      date: new Date(8.64e15),
      bytes: new Uint8Array([0, 255]),
      text: ['', '\0', '\ufeff', '\u2028', 'e\u0301', '\u{1F600}'],
      order: { b: 1, a: 2, 10: 3, 9: 4 },
      none: null,
      $date: 'not a date',
      wrapped: { $bytes: 'AA==' },
    };
    expect(await putAndGet(client, value)).toEqual(value);
    await client.close();
    const read = await reopened(dataDir);
    expect(read).toEqual(value);
    expect(valueOfJson(JSON.parse(JSON.stringify(jsonOf(read as never))))).toEqual(value);
  });

  test('-0 is stored as 0, an undefined property is left out, 2^53+1 as JSON is what JSON makes of it', async () => {
    const client = await Client.open({ memory: true });
    expect(Object.is(await putAndGet(client, -0), 0)).toBe(true);
    expect(await putAndGet(client, { a: undefined, b: 1 })).toEqual({ b: 1 });
    expect(Object.keys((await putAndGet(client, { a: undefined, b: 1 })) as object)).toEqual(['b']);
    await client.close();
  });

  test('two strings that differ only in a lone surrogate never share a key', async () => {
    const client = await Client.open({ memory: true });
    for (const key of ['a\ud800', 'a\udfff', '']) {
      expect(await ours(() => client.put(key, 1))).toMatchObject({ code: 'invalid_key' });
    }
    expect(client.count()).toBe(0);
    await client.close();
  });
});

describe('N18: commands that are sent again', () => {
  test('a retry gets the first receipt, also behind restart, kill and checkpoint', async () => {
    const dataDir = join(testFolder('retry'), 'node');
    let client = await Client.open({ dataDir });
    const first = await client.put('k', 1, { commandId: 'order-1' });
    expect(first).toMatchObject({ replayed: false, changed: true });
    const check = async (): Promise<void> => {
      expect(await client.put('k', 1, { commandId: 'order-1' })).toEqual({
        ...first,
        replayed: true,
      });
      expect(await ours(() => client.put('k', 2, { commandId: 'order-1' }))).toMatchObject({
        code: 'command_mismatch',
      });
      expect(await client.receiptOf('order-1')).toMatchObject({ seq: first.seq });
    };
    await check();
    await client.put('k', 'later');
    await client.close();
    // A process that opened the same directory and was killed.
    await runChild({ script: 'hold', dataDir, count: 1, under: ['timeout', '-s', 'KILL', '1'] });
    client = await Client.open({ dataDir });
    await check();
    await client.checkpoint();
    await client.close();
    client = await Client.open({ dataDir });
    expect(client.recovery.checkpointSeq).toBeGreaterThan(0);
    await check();
    expect(client.get('k')).toBe('later');
    await client.close();
  });

  test('many at once with one commandId are one commit', async () => {
    const client = await Client.open({ memory: true });
    const before = (await client.hashes()).seq;
    const commandId = 'once';
    const receipts = await Promise.all(
      Array.from({ length: 50 }, () => client.put('k', { n: 1 }, { commandId })),
    );
    expect(new Set(receipts.map(({ seq }) => seq))).toEqual(new Set([before + 1]));
    expect(receipts.filter(({ replayed }) => !replayed)).toHaveLength(1);
    await client.close();
  });

  test('what was rejected is not remembered: the retry runs', async () => {
    const client = await Client.open({ memory: true });
    await client.put('k', 1);
    const options = { commandId: 'later', ifAbsent: true } as const;
    expect(await ours(() => client.put('k', 2, options))).toMatchObject({
      code: 'condition_failed',
    });
    await client.remove('k');
    expect(await client.put('k', 2, options)).toMatchObject({ replayed: false });
    await client.close();
  });
});
