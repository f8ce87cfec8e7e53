/**
 * Lists in pages: entries while others write, the history of a key, commits; cursors that are not
 * one of the query. The check of pages finds a pager that goes by offset.
 */
import fc from 'fast-check';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { testFolder } from '../support/folder.ts';
import { ask, serveNode, type ServedNode } from './served-node.ts';

interface Row {
  readonly key: string;
}

const served = (): Promise<ServedNode> => serveNode(join(testFolder('paging'), 'd'));

async function get(node: ServedNode, path: string): Promise<Record<string, unknown>> {
  const { status, json } = await ask(node, { path });
  expect(status, JSON.stringify(json)).toBe(200);
  return json;
}

/** All pages of a list, one after the other; `between` runs before each next one. */
async function pages<T>(
  node: ServedNode,
  { path, list }: { readonly path: string; readonly list: string },
  between: () => Promise<void> = async () => {},
): Promise<T[][]> {
  const all: T[][] = [];
  let cursor: string | undefined;
  do {
    const more = cursor === undefined ? '' : `&cursor=${cursor}`;
    const page = await get(node, `${path}${more}`);
    all.push(page[list] as T[]);
    cursor = page['cursor'] as string | undefined;
    if (cursor !== undefined) await between();
  } while (cursor !== undefined);
  return all;
}

/** What is wrong with the keys that the pages of a prefix gave. */
function faults(keys: readonly string[], stayed: ReadonlySet<string>, reverse: boolean): string[] {
  const found: string[] = [];
  const seen = new Set(keys);
  if (seen.size !== keys.length) found.push('a key comes twice');
  const ordered = [...keys].sort();
  if (reverse) ordered.reverse();
  if (ordered.join() !== keys.join()) found.push('keys are not in order');
  for (const key of stayed) if (!seen.has(key)) found.push(`${key} was there and is left out`);
  return found;
}

const NAMES = Array.from({ length: 30 }, (_, index) => `p/${String(index).padStart(2, '0')}`);
const name = fc.constantFrom(...NAMES);
const write = fc.record({ key: name, isPut: fc.boolean() });

interface Plan {
  readonly there: readonly string[];
  readonly writes: readonly { readonly key: string; readonly isPut: boolean }[];
  readonly perPage: number;
  readonly page: number;
  readonly reverse: boolean;
}

const plan: fc.Arbitrary<Plan> = fc.record({
  there: fc.uniqueArray(name),
  writes: fc.array(write, { maxLength: 60 }),
  perPage: fc.integer({ min: 1, max: 8 }),
  page: fc.integer({ min: 1, max: 7 }),
  reverse: fc.boolean(),
});

/** The keys of all pages while writes come in between, and those that were there all the time. */
async function walk(
  node: ServedNode,
  { there, writes, perPage, page, reverse }: Plan,
  read: (query: string, between: () => Promise<void>, page: number) => Promise<string[]>,
): Promise<string[]> {
  const api = node.node;
  for await (const [key] of api.list({ prefix: 'p/' })) await api.remove(key);
  await Promise.all(there.map((key) => api.put(key, 1)));
  const stayed = new Set(there);
  const queue = [...writes];
  const between = async (): Promise<void> => {
    for (const { key, isPut } of queue.splice(0, perPage)) {
      if (!isPut) stayed.delete(key);
      await (isPut ? api.put(key, 2) : api.remove(key));
    }
  };
  const query = `/v1/entries?prefix=p%2F&reverse=${reverse}&page=${page}`;
  return faults(await read(query, between, page), stayed, reverse);
}

test('pages under writes: what stays comes once, in order; an offset is found out', async () => {
  const node = await served();
  const byCursor = async (path: string, between: () => Promise<void>): Promise<string[]> =>
    (await pages<Row>(node, { path, list: 'entries' }, between)).flat().map(({ key }) => key);
  await fc.assert(
    fc.asyncProperty(plan, async (one) => {
      expect(await walk(node, one, byCursor)).toEqual([]);
    }),
    { numRuns: 40 },
  );
  const byOffset = async (
    path: string,
    between: () => Promise<void>,
    page: number,
  ): Promise<string[]> => {
    const keys: string[] = [];
    for (let offset = 0; ; offset += page) {
      const whole = await get(node, path.replace(/page=\d+/, 'page=1000'));
      const rows = (whole['entries'] as Row[]).slice(offset, offset + page);
      if (rows.length === 0) return keys;
      keys.push(...rows.map(({ key }) => key));
      await between();
    }
  };
  const there = NAMES.slice(10);
  const early = { there, perPage: 1, page: 5, reverse: false };
  const gone = { ...early, writes: [{ key: 'p/10', isPut: false }] };
  const come = { ...early, writes: [{ key: 'p/00', isPut: true }] };
  expect(await walk(node, gone, byCursor)).toEqual([]);
  expect(await walk(node, gone, byOffset)).toEqual(['p/15 was there and is left out']);
  expect(await walk(node, come, byOffset)).toContain('a key comes twice');
}, 60_000);

test('a limit holds over all pages, and a page is no larger than it may be', async () => {
  const node = await served();
  await Promise.all(NAMES.map((key) => node.node.put(key, 'x'.repeat(100_000))));
  const limited = await pages<Row>(node, { path: '/v1/entries?limit=7&page=3', list: 'entries' });
  expect(limited.map((page) => page.length)).toEqual([3, 3, 1]);
  const large = await pages<Row>(node, { path: '/v1/entries?page=1000', list: 'entries' });
  expect(large.flat().map(({ key }) => key)).toEqual(NAMES);
  expect(large.map((page) => page.length)).toEqual([10, 10, 10]);
});

describe('a cursor', () => {
  test('is refused where it was changed or is of another query', async () => {
    const node = await served();
    await Promise.all(NAMES.map((key) => node.node.put(key, 1)));
    const { cursor } = (await get(node, '/v1/entries?prefix=p%2F&page=2')) as { cursor: string };
    const refused = async (path: string): Promise<unknown> => {
      const { status, json } = await ask(node, { path });
      return [status, json['code'], json['details']];
    };
    const changed = `${cursor.slice(0, -1)}${cursor.endsWith('A') ? 'B' : 'A'}`;
    for (const path of [
      `/v1/entries?cursor=${cursor}`,
      `/v1/entries?prefix=p&cursor=${cursor}`,
      `/v1/entries?prefix=p%2F&reverse=true&cursor=${cursor}`,
      `/v1/entries?prefix=p%2F&limit=9&cursor=${cursor}`,
      `/v1/entries?prefix=p%2F&cursor=${changed}`,
      '/v1/entries?prefix=p%2F&cursor=',
      '/v1/entries?prefix=p%2F&cursor=!',
      `/v1/entries?prefix=p%2F&cursor=${cursor}=`,
      `/v1/entries/p%2F01/history?cursor=${cursor}`,
      `/v1/commits?cursor=${cursor}`,
    ]) {
      expect(await refused(path), path).toEqual([400, 'invalid_argument', { field: 'cursor' }]);
    }
    // Another size of page is the same query.
    await get(node, `/v1/entries?prefix=p%2F&page=9&cursor=${cursor}`);
    for (const page of [0, 1001]) {
      const details = { field: 'page' };
      expect(await refused(`/v1/entries?page=${page}`)).toEqual([400, 'invalid_argument', details]);
    }
  });
});

test('the history of a key in pages is the history', async () => {
  const node = await served();
  for (let value = 0; value < 11; value++) await node.node.put('k', value);
  await node.node.put('k', 12n);
  const path = '/v1/entries/k/history?page=4';
  const written = async (): Promise<void> => void (await node.node.put('k', 'later'));
  const all = await pages<{ seq: number }>(node, { path, list: 'history' }, written);
  expect(all.map((page) => page.length)).toEqual([4, 4, 4]);
  const whole: number[] = [];
  for await (const { seq } of node.node.history('k')) whole.push(seq);
  // Two writes came in between, in front of what was given.
  expect(all.flat().map(({ seq }) => seq)).toEqual(whole.slice(2));
  const [, second] = all;
  const upTo = second?.[1]?.seq;
  const before = await get(node, `/v1/entries/k/history?page=3&upTo=${upTo}`);
  expect((before['history'] as { seq: number }[]).map(({ seq }) => seq)).toEqual(
    whole.filter((seq) => seq <= (upTo ?? 0)).slice(0, 3),
  );
  const between = await get(node, `/v1/entries/k/history?page=1&upTo=${(upTo ?? 0) + 100_000}`);
  expect(between['history']).toMatchObject([{ seq: whole[0] }]);
});

test('commits in pages are the commits, with filters too', async () => {
  const node = await served();
  const first = (await node.node.put('a/0', 0)).seq;
  for (let value = 1; value < 25; value++) await node.node.put(`${value % 5 ? 'a' : 'b'}/1`, value);
  const path = `/v1/commits?from=${first}&page=7`;
  const all = await pages<{ seq: number }>(node, { path, list: 'commits' });
  expect(all.flat().map(({ seq }) => seq)).toEqual(
    Array.from({ length: 25 }, (_, at) => first + at),
  );
  expect(all.map((page) => page.length)).toEqual([7, 7, 7, 4]);
  const few = await pages<{ seq: number }>(node, { path: `${path}&prefix=b%2F`, list: 'commits' });
  expect(few.flat().map(({ seq }) => seq)).toEqual([5, 10, 15, 20].map((at) => first + at));
});
