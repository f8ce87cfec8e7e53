/**
 * A node over HTTP: `NodeApi` with the same names, arguments and errors as a node in this process,
 * in Node and in browsers. Closing it ends what it has under way, never the node.
 */
import type { Commit } from '../core/index.ts';
import type { ChangesOptions } from '../engine/index.ts';
import { RemoteNode, target } from '../remote/index.ts';
import type { AnswerFreshness } from './answer-freshness.ts';
import { Endings } from './ending.ts';
import { HttpConnection } from './http-connection.ts';
import { liveCommits } from './live-commits.ts';
import { type CallOptions, type HttpClientOptions, resolveOptions } from './options.ts';
import { webPlatform } from './platform.ts';

export class HttpClient extends RemoteNode {
  declare protected readonly connection: HttpConnection;
  readonly #options: HttpClientOptions;
  readonly #endings: Endings;

  /** Connects to nobody yet. Throws `invalid_options`. `endings` is for `with`. */
  constructor(options: HttpClientOptions, endings: Endings = new Endings()) {
    super(new HttpConnection(webPlatform(options.fetch), resolveOptions(options), endings));
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
  override changes(options: ChangesOptions = {}): AsyncGenerator<Commit, void, undefined> {
    return options.live === false ? super.changes(options) : this.#live(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async *#live({ from, system, signal }: ChangesOptions): AsyncGenerator<Commit, void, undefined> {
    // Named at the first request: behind a connection that breaks, "the next one" is another one.
    const first = from ?? (await this.freshness()).seq + 1;
    const path = target`/v1/stream?${{ from: first, system }}`;
    yield* liveCommits(this.connection, { method: 'GET', path, signal });
  }
}
