/**
 * Where the node behind a link can be dialled: where it was, or, of one that dialled itself, where
 * it came from at the port that it says it listens on.
 */
import type { Link } from '../../transport/index.ts';
import { formatHostPort } from './host-port.ts';

export function addressOfLink({ direction, address, listening }: Link): string | undefined {
  const port = direction === 'out' ? address.port : listening?.port;
  return port === undefined ? undefined : formatHostPort({ host: address.host, port });
}
