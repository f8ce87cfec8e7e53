/**
 * The log of a node at a URL. Nothing is tried again here: who follows does that.
 */
import type { RemoteLog } from '../engine/index.ts';
import { httpConnection, type HttpClientOptions } from '../http/index.ts';
import { ConnectedLog } from '../remote/index.ts';

/** Close it when done; the token is one of role admin. Throws `invalid_options`. */
export function remoteLogAt({ url, token }: Pick<HttpClientOptions, 'url' | 'token'>): RemoteLog {
  return new ConnectedLog(httpConnection({ url, token, retryMs: 0 }));
}
