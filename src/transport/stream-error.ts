/**
 * Errors of the `Streams` port, of ended sessions and of refusals as the public errors that a
 * caller can act on. What the other side claims is repeated in the message and never trusted
 * further.
 */
import { AdastraError, ERROR_CODES, type ErrorCode } from '../core/index.ts';
import { errorCode, StreamError } from '../env/index.ts';
import { addressText } from './address.ts';
import type { LinkEnd } from './link.ts';
import type { DialAddress } from './messages/metadata.ts';

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What the other side said, where an error of the port has it. */
function reasonOf(error: unknown): string {
  return error instanceof StreamError && error.reason !== undefined
    ? error.reason
    : messageOf(error);
}

/** Why a listener could not be opened. Nothing else is touched by it. */
export function startError(error: unknown, address: DialAddress): AdastraError {
  const at = addressText(address);
  const options = { cause: error, details: { ...address } };
  switch (errorCode(error)) {
    case 'EADDRINUSE':
      return new AdastraError('port_in_use', `something listens on ${at} already`, {
        ...options,
        hint: 'choose another port, or 0 for any free one',
      });
    case 'EACCES':
      return new AdastraError('permission_denied', `this user may not listen on ${at}`, {
        ...options,
        hint: 'ports below 1024 are kept for administrators on many systems',
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new AdastraError('invalid_host', `${address.host} is no address of this machine`, {
        ...options,
        hint: '127.0.0.1 for this machine only, 0.0.0.0 for every interface',
      });
    default:
      return new AdastraError('io_error', `cannot listen on ${at}: ${messageOf(error)}`, options);
  }
}

/** What a dial comes to where nobody refuses it, in words. */
const DIAL_REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ETIMEDOUT: 'no answer',
  EHOSTUNREACH: 'the network knows no way',
  ENOTFOUND: 'no such host',
};

function dialReason(error: unknown): string {
  const code = errorCode(error) ?? '';
  return Object.hasOwn(DIAL_REASONS, code) ? `${DIAL_REASONS[code]} (${code})` : messageOf(error);
}

/** Why a stream could not be opened. */
export function dialError(error: unknown, address: DialAddress): AdastraError {
  if (AdastraError.is(error)) return error;
  const at = addressText(address);
  const options = { cause: error, details: { ...address } };
  switch (errorCode(error)) {
    case 'EPEERKEY':
      return new AdastraError('peer_unproven', `the node at ${at} has another key`, options);
    case 'EREFUSED':
      return new AdastraError('peer_refused', `${at} refused: ${reasonOf(error)}`, options);
    default:
      return new AdastraError('peer_unreachable', `no way to ${at}: ${dialReason(error)}`, options);
  }
}

const END_CODES: Readonly<Record<string, ErrorCode>> = {
  version_mismatch: 'version_mismatch',
  world_mismatch: 'world_mismatch',
  upgrade_needed: 'upgrade_needed',
  wrong_key: 'peer_unproven',
  handshake_timeout: 'timeout',
  too_many_links: 'overloaded',
};

/** Why a session ended before it was a link. */
export function endError(end: LinkEnd, address: DialAddress): AdastraError {
  const at = addressText(address);
  const details = { ...address, reason: end.reason, by: end.by };
  const fallback = end.by === 'stream' ? 'peer_unreachable' : 'peer_refused';
  const code = END_CODES[end.reason] ?? fallback;
  return new AdastraError(code, `no link with ${at}: ${end.message}`, { details });
}

/** The other side's answer to a join, as it named it; codes unknown here are `peer_refused`. */
export function remoteError(code: string, message: string, address: DialAddress): AdastraError {
  const known = Object.hasOwn(ERROR_CODES, code) ? (code as ErrorCode) : 'peer_refused';
  const details = { ...address, remoteCode: code };
  return new AdastraError(known, `${addressText(address)} answered: ${message}`, { details });
}
