/**
 * History page by page: the writes of a key, newest first, and the commits of the log. A cursor
 * names the commit that comes next, that of commits also the log, which may have been replaced.
 */
import { bytesOfHex, hexOf } from '../../core/index.ts';
import type { LogPlace } from '../../engine/index.ts';
import { recordJson } from '../record-json.ts';
import type { Serving } from '../serving.ts';
import type { CommitFilter } from '../streaming/commit-filter.ts';
import { cursorOf, notOfThis, placeOfCursor } from './cursor.ts';
import { type PageWish, sizeOf, takePage } from './page.ts';

/** Commits looked at for one page: where a filter shows few of them it is shorter. */
const LOOKED_MAX = 2_000;

interface KeyWish extends PageWish {
  readonly limit?: number | undefined;
  readonly upTo?: number | undefined;
}

/** The writes of `key`. */
export async function historyPage(
  { node }: Serving,
  key: string,
  { limit, upTo, ...wish }: KeyWish,
): Promise<object> {
  const named = { route: 'history', key, limit, upTo };
  const [from, left] =
    wish.cursor === undefined ? [upTo, limit] : placeOfCursor(wish.cursor, named);
  if (from !== undefined && typeof from !== 'number') throw notOfThis();
  const last = from;
  const rest = typeof left === 'number' ? left : undefined;
  async function* writes(): AsyncGenerator<{ readonly seq: number; readonly json: object }> {
    for await (const one of node.history(key, { upTo: last, limit: rest })) {
      yield { seq: one.seq, json: recordJson(one) };
    }
  }
  const { items, next } = await takePage(writes(), sizeOf(wish));
  const history = items.map(({ json }) => json);
  if (next === undefined) return { history };
  const place = [next.seq, rest === undefined ? null : rest - items.length];
  return { history, cursor: cursorOf(named, place) };
}

interface LogWish extends PageWish {
  readonly from?: number | undefined;
}

/** Durable commits of the log, as `filter` shows them. */
export async function commitPage(
  { node: { durable } }: Serving,
  { from, ...wish }: LogWish,
  filter: CommitFilter,
): Promise<object> {
  const named = { route: 'commits', from, filter: filter.name };
  let behind: LogPlace | undefined;
  if (wish.cursor !== undefined) {
    behind = placeIn(placeOfCursor(wish.cursor, named));
    durable.checkPlace(behind);
  }
  let place = behind;
  let looked = 0;
  function* shown(): Generator<{ readonly json: object; readonly before: LogPlace | undefined }> {
    const first = behind === undefined ? (from ?? durable.baseSeq + 1) : behind.seq + 1;
    for (const commit of durable.read(first)) {
      if (looked++ >= LOOKED_MAX) return;
      const seen = filter.show(commit.commit);
      const before = place;
      place = commit.place;
      if (seen !== undefined) yield { json: recordJson(seen), before };
    }
  }
  const { items, next } = await takePage(shown(), sizeOf(wish));
  const commits = items.map(({ json }) => json);
  const end = next === undefined ? place : next.before;
  const isMore = end !== undefined && end.seq < durable.seq;
  if (!isMore) return { commits };
  return { commits, cursor: cursorOf(named, [end.seq, hexOf(end.digest)]) };
}

function placeIn([seq, digest]: readonly unknown[]): LogPlace {
  const bytes = typeof digest === 'string' ? bytesOfHex(digest) : undefined;
  if (typeof seq !== 'number' || bytes === undefined) throw notOfThis();
  return { seq, digest: bytes };
}
