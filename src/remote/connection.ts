/**
 * What a remote node is reached through: one request and its answer, as JSON or as a stream of
 * bytes. Who implements it (the local socket, HTTP by `fetch`) sees to it that every failure is an
 * `AdastraError`: what the node answered; `unavailable` where the request never went out;
 * `unknown_outcome` where a write may have been done; `aborted`, `closed`.
 */

/** One request. */
export interface RemoteCall {
  readonly method: string;
  /** Path and query, encoded. */
  readonly path: string;
  readonly body?: object | undefined;
  /** It changes something: a broken connection leaves its outcome unknown. */
  readonly isWrite?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How long the answer may take, milliseconds; default: as the connection holds it. */
  readonly timeoutMs?: number | undefined;
  /** Headers beside those of every request: `last-event-id`, `x-min-seq`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** A way to one node. */
export interface Connection {
  readonly isClosed: boolean;
  /** The answer's JSON. */
  call(call: RemoteCall): Promise<unknown>;
  /**
   * The bytes of the answer as they come. They throw where they break off before their end; leaving
   * the loop ends the request.
   */
  open(call: RemoteCall): AsyncIterable<Uint8Array>;
  /** Ends everything that is under way. */
  close(): void;
}
