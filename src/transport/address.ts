/**
 * `host:port` as people write it and as it is dialled. IPv6 addresses stand in brackets. Whether
 * something is there is for the network to say; this only refuses what cannot be an address.
 */
import { AdastraError } from '../core/index.ts';
import type { DialAddress } from './messages/metadata.ts';

const HOST_LENGTH_MAX = 253;
const PORT_MAX = 65_535;
const NAME = /^[A-Za-z0-9._-]+$/;
const IPV6 = /^[0-9A-Fa-f:.]+(?:%[A-Za-z0-9._-]+)?$/;

/** Throws `invalid_host`. */
export function checkHost(host: string): void {
  const pattern = typeof host === 'string' && host.includes(':') ? IPV6 : NAME;
  if (typeof host === 'string' && host.length <= HOST_LENGTH_MAX && pattern.test(host)) return;
  throw new AdastraError('invalid_host', `${JSON.stringify(host)} is no host name or address`, {
    hint: 'a name such as node.local or an address such as 192.168.1.7 or ::1',
    details: { host },
  });
}

/** Throws `invalid_port`. `least` is 0 where any free port may be asked for. */
export function checkPort(port: number, least: 0 | 1): void {
  if (Number.isInteger(port) && port >= least && port <= PORT_MAX) return;
  throw new AdastraError('invalid_port', `${String(port)} is no port`, {
    hint: `a whole number from ${least} to ${PORT_MAX}`,
    details: { port },
  });
}

/**
 * Reads `host:port` or `[address]:port`. Throws `invalid_host`, `invalid_port`.
 * @public
 */
export function parseAddress(text: string): DialAddress {
  const found = /^(?:\[([^\]]*)\]|([^:]*)):([^:]*)$/.exec(text);
  const host = found?.[1] ?? found?.[2] ?? text;
  checkHost(host);
  const digits = found?.[3] ?? '';
  const port = /^[0-9]{1,5}$/.test(digits) ? Number(digits) : Number.NaN;
  if (Number.isNaN(port)) {
    throw new AdastraError('invalid_port', `${JSON.stringify(text)} names no port`, {
      hint: 'write host:port, for IPv6 [address]:port',
      details: { address: text },
    });
  }
  checkPort(port, 1);
  return { host, port };
}

/**
 * The text that `parseAddress` reads.
 * @public
 */
export function addressText({ host, port }: DialAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
