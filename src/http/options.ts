/**
 * How a client is made: what may be given, what holds where nothing is, and what is refused.
 */
import { AdastraError } from '../core/index.ts';
import type { Fetch } from './platform.ts';

/** The longest that a timer can run, and a node lets a request wait. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1;
const MIN_SEQ_WAIT_MS_MAX = 60_000;

/** What `with` can change for some calls. */
export interface CallOptions {
  /**
   * How long a read or write waits for its answer to begin, and to go on, milliseconds, default
   * 15,000. Then it is tried again, a write only with a `commandId`: else `unknown_outcome`.
   */
  readonly timeoutMs?: number | undefined;
  /**
   * For how long a call is tried again, milliseconds since it was made, default 30,000; of a live
   * stream since it last heard something. 0: never, `Infinity`: for ever.
   */
  readonly retryMs?: number | undefined;
  /**
   * Answers show this commit at least, a receipt's `seq` for instance: the node waits until it has
   * it. `not_yet` where that takes longer than `minSeqWaitMs`.
   */
  readonly minSeq?: number | undefined;
  /** How long the node waits for `minSeq`, milliseconds, up to 60,000; default 2,000. */
  readonly minSeqWaitMs?: number | undefined;
}

/** Where the node is, and how to call it. */
export interface HttpClientOptions extends CallOptions {
  /** `http:` or `https:`; what is behind the host is put before every path. */
  readonly url: string | URL;
  /** What `adastra token create` gave. */
  readonly token?: string | undefined;
  /** Default: the global one. */
  readonly fetch?: Fetch | undefined;
}

/** The options with all that holds where nothing was given. */
export interface ResolvedOptions {
  /** Without a slash at its end. */
  readonly base: string;
  readonly token: string | undefined;
  readonly timeoutMs: number;
  readonly retryMs: number;
  readonly minSeq: number | undefined;
  readonly minSeqWaitMs: number;
}

const KNOWN: readonly string[] = [
  'url',
  'token',
  'fetch',
  'timeoutMs',
  'retryMs',
  'minSeq',
  'minSeqWaitMs',
] satisfies readonly (keyof HttpClientOptions)[];

/** Throws `invalid_options`. */
export function resolveOptions(options: HttpClientOptions): ResolvedOptions {
  for (const name of Object.keys(options)) {
    if (!KNOWN.includes(name)) throw invalid(`there is no option ${JSON.stringify(name)}`, name);
  }
  const { token, timeoutMs = 15_000, retryMs = 30_000, minSeq, minSeqWaitMs = 2_000 } = options;
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) {
    throw invalid('token must be the text that was given for it', 'token');
  }
  checkWhole('timeoutMs', timeoutMs, TIMEOUT_MS_MAX);
  checkWhole('minSeqWaitMs', minSeqWaitMs, MIN_SEQ_WAIT_MS_MAX);
  if (retryMs !== Number.POSITIVE_INFINITY) checkWhole('retryMs', retryMs, TIMEOUT_MS_MAX);
  if (minSeq !== undefined) checkWhole('minSeq', minSeq, Number.MAX_SAFE_INTEGER);
  return { base: baseOf(options.url), token, timeoutMs, retryMs, minSeq, minSeqWaitMs };
}

function baseOf(url: string | URL): string {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch (cause) {
    throw invalid(`${JSON.stringify(url)} is no URL`, 'url', cause);
  }
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') {
    throw invalid(`url must begin with http: or https:, not ${parsed.protocol}`, 'url');
  }
  const { username, password, search, hash } = parsed;
  if (`${username}${password}${search}${hash}` !== '') {
    throw invalid('url has no place for a name, a password, a query or a fragment', 'url');
  }
  return `${parsed.origin}${parsed.pathname.replace(/\/+$/, '')}`;
}

function checkWhole(name: string, value: number, max: number): void {
  if (Number.isSafeInteger(value) && value >= 0 && value <= max) return;
  throw invalid(`${name} must be a whole number from 0 to ${max}`, name);
}

function invalid(message: string, option: string, cause?: unknown): AdastraError {
  return new AdastraError('invalid_options', message, {
    hint: `known: ${KNOWN.join(', ')}`,
    details: { option },
    cause,
  });
}
