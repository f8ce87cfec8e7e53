/**
 * Which names a server answers to. A page of a foreign site can make a browser send requests here,
 * also under its own name once that resolves to this machine; so a request says which host it means
 * and anything but the exact names of this server is turned away before routing.
 */
import { isIPv6 } from 'node:net';
import { AdastraError } from '../core/index.ts';

const UNSPECIFIED: ReadonlySet<string> = new Set(['0.0.0.0', '[::]']);
const OWN_NAMES = ['localhost', '127.0.0.1', '[::1]'];
/** A name or address, IPv6 in brackets, with or without a port. */
const NAME = /^(?:[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?$/;
const ORIGIN = /^https?:\/\/(?:[a-z0-9_.-]{1,253}|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?$/;

/**
 * Every `Host` that is meant for the server on `host` and `port`. `others`: names to add, which
 * stand for this port unless they have one. Throws `invalid_options`.
 */
export function allowedHosts(
  { host, port, isTls }: { readonly host: string; readonly port: number; readonly isTls: boolean },
  others: readonly string[],
): ReadonlySet<string> {
  const allowed = new Set<string>();
  // A client leaves the port of its scheme away.
  const isDefaultPort = port === (isTls ? 443 : 80);
  for (const name of [...OWN_NAMES, hostText(host), ...others.map(checkedName)]) {
    // It stands for every address when listening, and for none when called.
    if (UNSPECIFIED.has(name)) continue;
    const hasPort = /:[0-9]+$/.test(name);
    allowed.add(hasPort ? name : `${name}:${port}`);
    if (!hasPort && isDefaultPort) allowed.add(name);
  }
  return allowed;
}

/** Origins of pages that may call; throws `invalid_options`. */
export function allowedOrigins(origins: readonly string[]): ReadonlySet<string> {
  for (const origin of origins) {
    if (ORIGIN.test(origin)) continue;
    throw new AdastraError('invalid_options', `${JSON.stringify(origin)} is no origin`, {
      hint: 'such as https://app.example or http://localhost:5173, without a path',
      details: { option: 'allowOrigin' },
    });
  }
  return new Set(origins);
}

/** An address as it stands in `Host` and in URLs. */
export function hostText(host: string): string {
  const name = host.toLowerCase();
  return name.includes(':') ? `[${name}]` : name;
}

function checkedName(text: string): string {
  const name = isIPv6(text) ? hostText(text) : text.toLowerCase();
  if (NAME.test(name)) return name;
  throw new AdastraError('invalid_options', `${JSON.stringify(text)} is no host name`, {
    hint: 'such as data.example, data.example:8443 or [::1]:8443',
    details: { option: 'allowHost' },
  });
}
