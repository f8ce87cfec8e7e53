/**
 * Why discovery could not start, as the public error that a caller can act on. Whatever it is, the
 * node goes on without discovery.
 */
import { AdastraError } from '../core/index.ts';
import { errorCode } from '../env/index.ts';

/** `port_in_use`, `permission_denied`, `invalid_host`; `io_error` for what has no name here. */
export function startError(error: unknown, host: string, port: number): AdastraError {
  if (AdastraError.is(error)) return error;
  const where = `${host} port ${port} (UDP)`;
  const details = { host, port };
  switch (errorCode(error)) {
    case 'EADDRINUSE':
      return new AdastraError('port_in_use', `discovery cannot use ${where}: it is taken`, {
        hint: 'another program holds the port for itself; choose another one on every node',
        details,
        cause: error,
      });
    case 'EACCES':
    case 'EPERM':
      return new AdastraError('permission_denied', `discovery may not use ${where}`, {
        hint: 'ports below 1024 need rights; so can the local network on some systems',
        details,
        cause: error,
      });
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'EINVAL':
    case 'ENOTFOUND':
      return invalidHost(`discovery cannot use ${where}: no such address here`, details, error);
    default:
      return new AdastraError('io_error', `discovery cannot use ${where}: ${String(error)}`, {
        details,
        cause: error,
      });
  }
}

export function invalidHost(
  message: string,
  details: Readonly<Record<string, unknown>>,
  cause?: unknown,
): AdastraError {
  return new AdastraError('invalid_host', message, {
    hint: 'name an address or an interface of this machine, or leave it out',
    details,
    cause,
  });
}

export function invalidPort(port: unknown): AdastraError {
  return new AdastraError('invalid_port', `discovery: ${String(port)} is no port`, {
    hint: 'a whole number from 1 to 65535, the same on every node',
    details: { port },
  });
}
