/**
 * Errors of sockets in the words of the ports. Node has more codes than a caller can act on, and
 * OpenSSL has hundreds.
 */
import { errorCode } from '../env.ts';
import { StreamError } from '../streams.ts';

const SAME: Readonly<Record<string, string>> = {
  EAI_AGAIN: 'ENOTFOUND',
  EAI_FAIL: 'ENOTFOUND',
  EAI_NODATA: 'ENOTFOUND',
  EAI_NONAME: 'ENOTFOUND',
  ENETUNREACH: 'EHOSTUNREACH',
  ENETDOWN: 'EHOSTUNREACH',
  EHOSTDOWN: 'EHOSTUNREACH',
  EPERM: 'EACCES',
  ERR_SOCKET_BAD_PORT: 'EINVAL',
  ECONNRESET: 'ECLOSED',
  ECONNABORTED: 'ECLOSED',
  EPIPE: 'ECLOSED',
  // The other side does not speak TLS 1.3, so it proves no key.
  EPROTO: 'EPEERKEY',
};
const SSL = 'ERR_SSL_';
const OTHER_PROTOCOL = /PROTOCOL_VERSION|APPLICATION_PROTOCOL/;
const KNOWN: ReadonlySet<string> = new Set([
  'EADDRINUSE',
  'EACCES',
  'EADDRNOTAVAIL',
  'ENOTFOUND',
  'ECONNREFUSED',
  'ETIMEDOUT',
  'EHOSTUNREACH',
]);

/** An error of a TCP or TLS socket, as documented in the port. */
export function socketError(error: Error): StreamError {
  if (error instanceof StreamError) return error;
  const code = errorCode(error) ?? '';
  if (KNOWN.has(code)) return new StreamError(code, error.message);
  if (code.startsWith(SSL)) return tlsError(code);
  return new StreamError(SAME[code] ?? 'ECLOSED', error.message);
}

/** The other side ended TLS with an alert, or does not speak as our nodes do: it proves no key. */
function tlsError(code: string): StreamError {
  const words = code.slice(SSL.length).toLowerCase().replaceAll('_', ' ');
  const isOther = OTHER_PROTOCOL.test(code);
  if (code.includes('_ALERT_') && !isOther) return new StreamError('ECLOSED', words);
  return new StreamError('EPEERKEY', words);
}

/** An error of a UDP socket: Node's code, or `ENOTFOUND` for a name that is none. */
export function datagramError(error: Error): StreamError {
  if (error instanceof StreamError) return error;
  const code = errorCode(error) ?? '';
  const same = code.startsWith('EAI_') || code.startsWith('ERR_') || code === 'EPERM';
  return new StreamError(same ? (SAME[code] ?? 'EINVAL') : code, error.message);
}
