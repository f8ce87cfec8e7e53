/**
 * A range of entries page by page. A cursor names the last key that was given, so that writes in
 * between neither repeat a key nor leave one out: a key that was there all the time comes once.
 */
import { compareKeys, type Range, type Value } from '../../core/index.ts';
import { recordJson } from '../record-json.ts';
import { cursorOf, notOfThis, placeOfCursor } from './cursor.ts';
import { type PageWish, sizeOf, takePage } from './page.ts';

/** The range of a page, read where it is to be read. */
export type ReadRange = (range: Range) => AsyncIterable<[string, Value]>;

/** `query` is what cursors are of: the range and what else makes it another query. */
export async function entryPage(
  read: ReadRange,
  {
    range,
    wish,
    query,
  }: { readonly range: Range; readonly wish: PageWish; readonly query: object },
): Promise<object> {
  const named = { route: 'entries', ...query };
  const rest = wish.cursor === undefined ? range : restOf(range, wish.cursor, named);
  const { limit } = rest;
  const { items, next } = await takePage(rows(read(rest)), sizeOf(wish));
  const last = items.at(-1);
  if (next === undefined || last === undefined) return { entries: items };
  const left = limit === undefined ? null : limit - items.length;
  return { entries: items, cursor: cursorOf(named, [last.key, left]) };
}

/** What is left of the range behind the cursor. */
function restOf(range: Range, cursor: string, named: object): Range {
  const [key, left] = placeOfCursor(cursor, named);
  const isPlace = typeof key === 'string' && (left === null || typeof left === 'number');
  if (!isPlace) throw notOfThis();
  const { gt = key, lt = key } = range;
  // Never further than the range itself, whatever the cursor says.
  const bound =
    range.reverse === true
      ? { lt: compareKeys(key, lt) < 0 ? key : lt }
      : { gt: compareKeys(key, gt) > 0 ? key : gt };
  return { ...range, ...bound, limit: left ?? undefined };
}

async function* rows(
  entries: AsyncIterable<[string, Value]>,
): AsyncGenerator<{ readonly key: string }, void, undefined> {
  for await (const [key, value] of entries) {
    yield recordJson({ key, value }) as { readonly key: string };
  }
}
