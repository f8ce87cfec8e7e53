import { mkdtempSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type CliResult,
  type CliRunOptions,
  jsonLines,
  runCli,
} from '../../../test/support/cli-run.ts';
import { FakeDirectory, FakeWorld } from '../../../test/support/fake-node.ts';
import { AdastraError } from '../../core/index.ts';
import { fileSource, importIdOf } from './import-source.ts';
import { JsonArraySplitter } from './json-array-splitter.ts';
import { NdjsonSplitter } from './ndjson-splitter.ts';
import type { Row, RowSplitter } from './row.ts';

let world: FakeWorld;
let directory: FakeDirectory;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'adastra-import-'));
  world = new FakeWorld();
  directory = new FakeDirectory();
  world.directories.set(join(folder, 'adastra-data'), directory);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function run(argv: readonly string[], options: CliRunOptions = {}): Promise<CliResult> {
  return runCli(world, argv, { cwd: folder, ...options });
}

function file(name: string, text: string | Uint8Array): string {
  writeFileSync(join(folder, name), text);
  return name;
}

function rowsText(count: number, from = 1): string {
  let text = '';
  for (let id = from; id < from + count; id++)
    text += `${JSON.stringify({ id, name: `n${id}` })}\n`;
  return text;
}

const BY_ID = ['--key', 'row/{id}'];

describe('formats', () => {
  it('takes NDJSON, a JSON array and CSV', async () => {
    const nd = file('a.ndjson', '\ufeff{"id":1,"t":"é"}\r\n\n  \n{"id":2,"t":"漢"}');
    const json = file('b.json', '[ {"id":3,"t":"[,]\\"{"},\n{"id":4,"t":[{}]} ]\n');
    const csv = file('c.csv', '\ufeffid,t\n5,"a ""b"",\nc"\n6,\n');
    for (const name of [nd, json, csv]) {
      const { code, err } = await run(['import', name, ...BY_ID]);
      expect([code, err]).toEqual([0, '']);
    }
    const found = Object.fromEntries(
      [...directory.entries].map(([key, { value }]) => [key, value]),
    );
    expect(found).toEqual({
      'row/1': { id: 1, t: 'é' },
      'row/2': { id: 2, t: '漢' },
      'row/3': { id: 3, t: '[,]"{' },
      'row/4': { id: 4, t: [{}] },
      'row/5': { id: '5', t: 'a "b",\nc' },
      'row/6': { id: '6', t: '' },
    });
  });

  it.each([
    ['a.ndjson', '{"id":1}\n{"id":}\n', 'line 2: malformed JSON, column 7: unexpected "}"'],
    ['a.ndjson', '{"id":1}\n[1]\n', 'line 2: the row is a list, not an object'],
    ['a.ndjson', '{"id":1}\n{"ix":1}\n', 'line 2: the field "id" is missing'],
    ['a.ndjson', '{"id":null}\n', 'line 1: the field "id" is null'],
    ['a.ndjson', '{"id":1}\n{"id":2,"d":{"$date":"x"}}\n', 'line 2: '],
    ['a.ndjson', Buffer.from([0x7b, 0x0a, 0xff, 0xfe]), 'line 1: malformed'],
    ['a.ndjson', Buffer.from([0x22, 0xff, 0x22]), 'line 1: not UTF-8'],
    ['a.ndjson', `{"id":"${'x'.repeat(2000)}"}`, 'line 1: the key takes'],
    ['b.json', '[{"id":1},\n{"id":2},\n]', 'line 3: "]" where an element was due'],
    ['b.json', '[{"id":1}\n', 'line 2: the file ends inside the array'],
    ['b.json', '[{"id":1}] x', 'line 1: "x" behind the end'],
    ['b.json', '{"id":1}', 'line 1: a JSON array begins with "["'],
    ['b.json', '', 'line 1: the file holds no JSON array'],
    ['b.json', '[\n{"id":1},\n{"id" 2}]', 'line 3: malformed JSON, column 7: unexpected "2"'],
    ['c.csv', 'id,t\n1,a\n2\n', 'line 3: malformed CSV'],
    ['c.csv', 'id,t\n1,"a\nb"\n"2,x', 'malformed CSV'],
    ['c.csv', 'id,id\n1,a\n', 'line 1: the column "id" stands there twice'],
    ['c.csv', 'name\na\n', 'line 2: the field "id" is missing'],
    ['c.csv', 'id,t\n1,"a\nb"\n1,c\n', 'the key "row/1" stands in line 2 and line 4'],
  ])('%s: %j is bad input and names the line', async (name, content, words) => {
    const { code, err } = await run(['import', file(name, content), ...BY_ID]);
    expect(err).toContain(words);
    expect(code).toBe(2);
    expect(directory.commits).toHaveLength(0);
  });

  it('splits the same rows however the bytes arrive', () => {
    const item = fc.record({
      id: fc.integer(),
      t: fc.oneof(fc.string({ unit: 'grapheme' }), fc.json()),
    });
    const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 });
    fc.assert(
      fc.property(fc.array(item), cuts, fc.constantFrom(0, 2), (items, sizes, indent) => {
        const bytes = Buffer.from(JSON.stringify(items, null, indent));
        expect(split(new JsonArraySplitter(), bytes, sizes).map(({ json }) => json)).toEqual(items);
        const lines = Buffer.from(items.map((row) => JSON.stringify(row)).join('\n'));
        const rows = split(new NdjsonSplitter(), lines, sizes);
        expect(rows.map(({ json }) => json)).toEqual(items);
        expect(rows.map(({ line }) => line)).toEqual(items.map((_, index) => index + 1));
      }),
    );
  });

  it('refuses a template that names no field, and a file that is not there', async () => {
    for (const template of ['row', 'row/{', 'row/{}', 'a}b{c}']) {
      expect((await run(['import', file('a.ndjson', ''), '--key', template])).code).toBe(2);
    }
    const { code, err } = await run(['import', 'nowhere.json', '--data', 'new']);
    expect([code, err]).toEqual([2, expect.stringContaining('does not exist')]);
    expect(world.directories.size).toBe(1);
    await run(['import', file('b.ndjson', '{"a":1}'), '--key', '{{{a}}}']);
    expect([...directory.entries.keys()]).toEqual(['{1}']);
  });
});

function split(splitter: RowSplitter, bytes: Buffer, sizes: readonly number[]): Row[] {
  const rows: Row[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    rows.push(...splitter.push(bytes.subarray(at, at + size)));
    at += size;
  }
  rows.push(...splitter.end());
  return rows;
}

describe('rows with the same key', () => {
  const TWICE = '{"id":1,"v":"a"}\n{"id":2}\n{"id":1,"v":"b"}\n{"id":3}\n{"id":1,"v":"c"}\n';

  it('stop the import with both lines and the chunks that are in', async () => {
    const name = file('a.ndjson', `${rowsText(5)}{"id":2}\n`);
    const { code, out } = await run(['import', name, ...BY_ID, '--chunk', '2', '--json']);
    expect(code).toBe(2);
    const { error } = jsonLines(out).at(-1) as { error: Record<string, unknown> };
    expect(error['code']).toBe('import_invalid');
    expect(error['message']).toContain('line 2 and line 6');
    expect(error['details']).toEqual({ line: 6, chunks: 1 });
    expect(directory.commits).toHaveLength(1);
  });

  it.each([
    ['first', '1', 'a'],
    ['last', '1', 'c'],
    ['first', '100', 'a'],
    ['last', '100', 'c'],
  ])('--on-duplicate %s with chunks of %s keeps %s', async (rule, chunk, expected) => {
    const name = file('a.ndjson', TWICE);
    const rest = ['--on-duplicate', rule, '--chunk', chunk, '--json'];
    const { code, out } = await run(['import', name, ...BY_ID, ...rest]);
    expect(code).toBe(0);
    expect(jsonLines(out).at(-1)).toMatchObject({ rows: 5, duplicates: 2, isComplete: true });
    expect(directory.entries.get('row/1')?.value).toMatchObject({ v: expected });
  });

  it('waits for the chunk with the earlier row before it sends the later one', async () => {
    const name = file('a.ndjson', '{"id":1,"v":"old"}\n{"id":1,"v":"new"}\n{"id":2}\n');
    world.beforeCommit = async (_request, count) => {
      if (count === 1) await new Promise((resolve) => setTimeout(resolve, 30));
    };
    await run(['import', name, ...BY_ID, '--chunk', '1', '--on-duplicate', 'last']);
    expect(directory.entries.get('row/1')?.value).toMatchObject({ v: 'new' });
  });
});

describe('resuming', () => {
  const ARGUMENTS = ['import', 'rows.ndjson', ...BY_ID, '--chunk', '10', '--json'];

  it('goes on after a failure without writing a row twice, then begins the next generation', async () => {
    file('rows.ndjson', rowsText(95));
    world.beforeCommit = (_request, count) => {
      if (count === 5) throw new AdastraError('disk_full', 'no space');
    };
    const first = await run(ARGUMENTS);
    expect(first.code).toBe(75);
    const acknowledged = jsonLines(first.out).filter((line) => 'chunk' in (line as object));
    expect(acknowledged.length).toBe(directory.commits.length);
    world.beforeCommit = undefined;
    const before = directory.commits.length;
    const second = jsonLines((await run(ARGUMENTS)).out).at(-1);
    expect(second).toMatchObject({
      generation: 1,
      isComplete: true,
      chunks: 10,
      resumedChunks: before,
    });
    expect(directory.commits).toHaveLength(10);
    const third = jsonLines((await run(ARGUMENTS)).out).at(-1);
    expect(third).toMatchObject({ generation: 2, resumedChunks: 0, rows: 95 });
    expect(directory.commits).toHaveLength(20);
  });

  it('marks the end only when every other chunk is acknowledged', async () => {
    file('rows.ndjson', rowsText(40));
    const ids: string[] = [];
    let inFlight = 0;
    let largest = 0;
    world.beforeCommit = async ({ commandId = '' }) => {
      ids.push(commandId.split('/').at(-1) ?? '');
      inFlight += 1;
      largest = Math.max(largest, inFlight);
      if (commandId.endsWith('/end')) expect(inFlight).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 5));
      inFlight -= 1;
    };
    expect((await run(ARGUMENTS)).code).toBe(0);
    expect(ids).toEqual(['1', '2', '3', 'end']);
    expect(largest).toBeGreaterThan(1);
  });

  it('is another import when the file changed, its time included', () => {
    const path = join(folder, file('rows.ndjson', 'x'));
    const first = importIdOf(fileSource(path), [1]);
    expect(importIdOf(fileSource(path), [1])).toBe(first);
    expect(importIdOf(fileSource(path), [2])).not.toBe(first);
    utimesSync(path, 1, 1);
    expect(importIdOf(fileSource(path), [1])).not.toBe(first);
  });

  it('refuses other rows under the id of an unfinished import', async () => {
    const named = [...ARGUMENTS, '--id', 'mine'];
    file('rows.ndjson', rowsText(30));
    world.beforeCommit = (_request, count) => {
      if (count === 3) throw new AdastraError('disk_full', 'no space');
    };
    await run(named);
    world.beforeCommit = undefined;
    file('rows.ndjson', rowsText(30, 5));
    const { code, out } = await run(named);
    expect(code).toBe(4);
    expect(jsonLines(out).at(-1)).toMatchObject({ error: { code: 'import_mismatch' } });
  });

  it('finishes the chunks in flight at Ctrl-C and prints the command that resumes', async () => {
    file('rows.ndjson', rowsText(50));
    let interrupt = (): void => {};
    world.beforeCommit = async (_request, count) => {
      if (count === 2) interrupt();
      await new Promise((resolve) => setTimeout(resolve, 20));
    };
    const { code, out, err } = await run(ARGUMENTS, { onStart: (stop) => (interrupt = stop) });
    expect(code).toBe(130);
    expect(err).toContain(
      "resumes it: adastra import rows.ndjson --key 'row/{id}' --chunk 10 --json",
    );
    const lines = jsonLines(out);
    expect(lines.at(-1)).toMatchObject({ isComplete: false, chunks: directory.commits.length });
    expect(directory.commits.length).toBeLessThan(5);
    expect(world.calls).toEqual(['close']);
    world.beforeCommit = undefined;
    expect((await run(ARGUMENTS)).code).toBe(0);
    expect(directory.commits).toHaveLength(5);
  });

  it('leaves a stdin that has nothing to give at Ctrl-C', async () => {
    let interrupt = (): void => {};
    const stdin = new PassThrough();
    const running = run(['import', '-', ...BY_ID], {
      stdin,
      onStart: (stop) => (interrupt = stop),
    });
    setTimeout(() => interrupt(), 30);
    const { code, err } = await running;
    expect([code, err]).toEqual([130, expect.stringContaining('--id')]);
  });

  it('reads stdin', async () => {
    const { code } = await run(['import', '-', ...BY_ID, '--id', 'x'], { stdin: rowsText(3) });
    expect([code, directory.entries.size]).toEqual([0, 3]);
  });

  it('names the line of a row that the node refuses', async () => {
    const name = file('p.ndjson', '{"key":"a","value":1}\n{"key":"b","value":"refuse"}\n');
    const { code, err } = await run(['import', name]);
    expect([code, err]).toEqual([2, expect.stringContaining('line 2: too large')]);
  });
});

describe('export', () => {
  const VALUES = [
    ['a', '{"n":1,"s":"x,y","d":{"$date":"2026-01-02T03:04:05.678Z"}}'],
    ['b', '{"$object":{"$date":"no"}}'],
    ['c', '{"$bytes":"AQID"}'],
    ['d', '"line\\nbreak \\"quoted\\""'],
    ['é/漢', '[{"$bigint":"12345678901234567890"},null,-0.5]'],
  ] as const;

  async function fill(): Promise<void> {
    for (const [key, text] of VALUES) await run(['store', 'put', key, text]);
  }

  it.each(['out.ndjson', 'out.json', 'out.csv'])('%s is read back exactly', async (name) => {
    await fill();
    const extra = name.endsWith('.csv') ? ['--columns', 'value'] : [];
    const { code, out } = await run(['export', '-o', name, ...extra]);
    expect([code, out]).toEqual([0, `${name}: 5 rows\n`]);
    expect((await run(['import', name, '--data', 'other', '--quiet'])).code).toBe(0);
    const other = world.directories.get(join(folder, 'other'));
    const values = (from: FakeDirectory | undefined): unknown =>
      [...(from?.entries ?? [])].map(([key, { value }]) => [key, value]);
    expect(values(other)).toEqual(values(directory));
    const again = await run(['export', '-o', `again-${name}`, ...extra, '--data', 'other']);
    expect(again.code).toBe(0);
    expect(readFileSync(join(folder, `again-${name}`))).toEqual(readFileSync(join(folder, name)));
  });

  it('writes fields as CSV columns, says what it left out, refuses what has none', async () => {
    await run(['store', 'put', 'k/1', '{"name":"A, \\"B\\"","n":1}']);
    await run(['store', 'put', 'k/2', '{"name":" C","extra":true}']);
    const { out, err } = await run(['export', '--format', 'csv']);
    expect(out).toBe('key,name,n\r\nk/1,"A, ""B""",1\r\nk/2," C",\r\n');
    expect(err).toContain('1 rows have fields outside the columns');
    expect((await run(['export', '--format', 'csv', '--columns', 'n'])).out).toContain('k/2,\r\n');
    await run(['store', 'put', 'k/3', '5']);
    const refused = await run(['export', '--format', 'csv', '-o', 'x.csv']);
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('"k/3"')]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('exports nothing as valid files', async () => {
    expect((await run(['export', '--format', 'json'])).out).toBe('[]\n');
    expect((await run(['export', '--format', 'csv'])).out).toBe('key,value\r\n');
    expect((await run(['export'])).out).toBe('');
  });
});
