/**
 * Answers in pages: each is one request, so that it can be tried again, and says where the next one
 * begins, so that it can be asked for later and by somebody else.
 */
import { type Connection, recordOfJson } from '../remote/index.ts';

/** How a range, a history or the log is cut into pages. */
export interface PageOptions {
  /** Records of a page, 1 to 1,000, default 100; large ones make it shorter. */
  readonly size?: number | undefined;
  /** Where to begin: that of a page of the same query. */
  readonly cursor?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Where the next page begins; `undefined` behind the last one. */
  readonly cursor: string | undefined;
}

/** What of a page's request differs from page to page. */
export interface PagePlace {
  readonly page: number;
  readonly cursor: string | undefined;
}

/** The pages whose records stand in `field` of the answers, each record through `itemOf`. */
export async function* pagesOf<Item>(
  connection: Connection,
  { size = 100, cursor, signal }: PageOptions,
  asked: {
    readonly field: string;
    readonly pathOf: (place: PagePlace) => string;
    readonly itemOf: (record: Record<string, unknown>) => unknown;
  },
): AsyncGenerator<Page<Item>, void, undefined> {
  const { field, pathOf, itemOf } = asked;
  let next = cursor;
  do {
    const path = pathOf({ page: size, cursor: next });
    const answer = (await connection.call({ method: 'GET', path, signal })) as Record<
      string,
      unknown
    >;
    const records = answer[field] as readonly unknown[];
    next = answer['cursor'] as string | undefined;
    yield { items: records.map((json) => itemOf(recordOfJson(json)) as Item), cursor: next };
  } while (next !== undefined);
}
