/**
 * `host:port` as people write it: `127.0.0.1:4000`, `till.local:4000`, `[::1]:4000`.
 */
import { AdastraError } from '../../core/index.ts';

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** `undefined` for what is no address at all (a fingerprint, a name). */
export function parseHostPort(text: string): HostPort | undefined {
  const match = /^(?:\[([0-9a-fA-F:.%\w]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text);
  if (match === null) return undefined;
  const port = Number(match[3]);
  if (port < 1 || port > 65_535) {
    throw new AdastraError('invalid_argument', `${text}: a port is from 1 to 65535`, {
      details: { argument: 'target' },
    });
  }
  return { host: match[1] ?? (match[2] as string), port };
}

export function formatHostPort({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
