/**
 * A node over HTTP: `NodeApi` with the same names, arguments and errors as a node in this process,
 * in Node and in browsers. Closing it ends what it has under way, never the node.
 */
import type { ChangedKey, Commit, HistoryEntry, Range, Value } from '../core/index.ts';
import type { ChangesOptions } from '../engine/index.ts';
import { RemoteNode, target } from '../remote/index.ts';
import type { AnswerFreshness } from './answer-freshness.ts';
import { Endings } from './ending.ts';
import { type HttpConnection, httpConnection } from './http-connection.ts';
import { liveCommits } from './live-commits.ts';
import type { CallOptions, HttpClientOptions } from './options.ts';
import { type Page, type PageOptions, pagesOf } from './pages.ts';

/** What of the log is wanted; where several are given, all hold. */
export interface CommitsOptions extends ChangesOptions {
  /** Only changes of keys that begin with this; of a live stream. */
  readonly prefix?: string | undefined;
  /** Only changes of this kind; of a live stream. */
  readonly kind?: ChangedKey['kind'] | undefined;
  /** Only commits made by this operation; of a live stream. */
  readonly operation?: string | undefined;
}

/** The changes of one commit that touch what is watched. */
export interface Change {
  readonly seq: number;
  readonly changes: readonly ChangedKey[];
}

export class HttpClient extends RemoteNode {
  declare protected readonly connection: HttpConnection;
  readonly #options: HttpClientOptions;
  readonly #endings: Endings;

  /** Connects to nobody yet. Throws `invalid_options`. `endings` is for `with`. */
  constructor(options: HttpClientOptions, endings: Endings = new Endings()) {
    super(httpConnection(options, endings));
    this.#options = options;
    this.#endings = endings;
  }

  /** What the last answer that came was made from; each client of `with` has its own. */
  get lastFreshness(): AnswerFreshness | undefined {
    return this.connection.freshness;
  }

  /** The same node with other options for calls; closing either closes both. */
  with(options: CallOptions): HttpClient {
    return new HttpClient({ ...this.#options, ...options }, this.#endings);
  }

  /** A live one goes on over broken connections: nothing is lost, nothing comes twice. */
  override changes(options: CommitsOptions = {}): AsyncGenerator<Commit, void, undefined> {
    return options.live === false ? super.changes(options) : this.#live(options);
  }

  /** The entries of a range, page by page; writes in between neither repeat a key nor hide one. */
  entryPages(
    range: Range = {},
    options: PageOptions = {},
  ): AsyncGenerator<Page<[string, Value]>, void, undefined> {
    return pagesOf(this.connection, options, {
      field: 'entries',
      pathOf: (place) => target`/v1/entries?${{ ...range, ...place }}`,
      itemOf: ({ key, value }) => [key, value],
    });
  }

  /** What was written to a key, newest first, page by page. */
  historyPages(
    key: string,
    options: PageOptions = {},
  ): AsyncGenerator<Page<HistoryEntry>, void, undefined> {
    return pagesOf(this.connection, options, {
      field: 'history',
      pathOf: (place) => target`/v1/entry/history?${{ key, ...place }}`,
      itemOf: (entry) => entry,
    });
  }

  /** The commits of the log up to its head, page by page. */
  commitPages(
    { from, system, prefix, kind, operation }: Omit<CommitsOptions, 'live' | 'signal'> = {},
    options: PageOptions = {},
  ): AsyncGenerator<Page<Commit>, void, undefined> {
    return pagesOf(this.connection, options, {
      field: 'commits',
      pathOf: (place) => target`/v1/commits?${{ from, system, prefix, kind, operation, ...place }}`,
      itemOf: (commit) => commit,
    });
  }

  /** The changes of one key, or of the keys under a prefix, from the next commit on or `from`. */
  async *watch(
    watched: string | { readonly prefix: string },
    { from, signal }: Pick<ChangesOptions, 'from' | 'signal'> = {},
  ): AsyncGenerator<Change, void, undefined> {
    const isKey = typeof watched === 'string';
    const prefix = isKey ? watched : watched.prefix;
    for await (const { seq, events } of this.changes({ from, signal, prefix })) {
      const changes = isKey ? events.filter(({ key }) => key === watched) : events;
      if (changes.length > 0) yield { seq, changes };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async *#live(options: CommitsOptions): AsyncGenerator<Commit, void, undefined> {
    const { signal, system, prefix, kind, operation } = options;
    // Named at the first request: behind a connection that breaks, "the next one" is another one.
    const from = options.from ?? (await this.freshness()).seq + 1;
    const path = target`/v1/stream?${{ from, system, prefix, kind, operation }}`;
    yield* liveCommits(this.connection, { method: 'GET', path, signal });
  }
}
