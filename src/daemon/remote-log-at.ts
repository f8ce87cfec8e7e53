/**
 * The log of a node at a URL.
 */
import type { RemoteLog } from '../engine/index.ts';
import { ConnectedLog } from '../remote/index.ts';
import { UrlConnection, type UrlConnectionOptions } from './url-connection.ts';

/** Close it when done. Throws `invalid_options` for what is no address of a node. */
export function remoteLogAt(options: UrlConnectionOptions): RemoteLog {
  return new ConnectedLog(new UrlConnection(options));
}
