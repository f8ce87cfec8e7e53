/**
 * Why the HTTP server could not start, as the public error that a caller can act on. Whatever it
 * is, nothing was bound and the node is as it was.
 */
import { AdastraError } from '../core/index.ts';

const PORT_MAX = 65_535;

/** Throws `invalid_port` for what is no port; 0 is any free one. */
export function checkPort(port: number): void {
  if (Number.isInteger(port) && port >= 0 && port <= PORT_MAX) return;
  throw new AdastraError('invalid_port', `${String(port)} is no port`, {
    hint: `a whole number from 1 to ${PORT_MAX}, or 0 for any free one`,
    details: { port },
  });
}

/** `port_in_use`, `permission_denied`, `invalid_host`; `io_error` for what has no name here. */
export function listenError(cause: unknown, host: string, port: number): AdastraError {
  const details = { host, port };
  switch ((cause as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return new AdastraError('port_in_use', `something listens on ${host} port ${port} already`, {
        hint: 'choose another port, or 0 for any free one',
        details,
        cause,
      });
    case 'EACCES':
    case 'EPERM':
      return new AdastraError('permission_denied', `this user may not listen on port ${port}`, {
        hint: 'ports below 1024 need rights: choose a higher one',
        details,
        cause,
      });
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'EINVAL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_NONAME':
      return invalidHost(host, cause);
    default: {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const message = `the HTTP server cannot listen on ${host} port ${port}: ${reason}`;
      return new AdastraError('io_error', message, { details, cause });
    }
  }
}

export function invalidHost(host: string, cause?: unknown): AdastraError {
  const message = `${JSON.stringify(host)} is no address of this machine`;
  return new AdastraError('invalid_host', message, {
    hint: 'name an address of this machine, or leave it out for 127.0.0.1',
    details: { host },
    cause,
  });
}
