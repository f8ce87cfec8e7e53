/**
 * What a host name or address is good for: this machine only, everywhere, or one place.
 */

/** Nobody else can reach it. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

/** To listen on, not to dial. */
export function isWildcardHost(host: string): boolean {
  return host === '0.0.0.0' || host === '::' || host === '';
}
