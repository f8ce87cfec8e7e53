/**
 * IP addresses as text and as bytes, and what kind of network they belong to. Only literals:
 * nothing here asks a name server. IPv4 inside IPv6 (`::ffff:1.2.3.4`) counts as the IPv4 address
 * that it is, since a socket for both families shows it so.
 */

const ZONE = /^[A-Za-z0-9._-]{1,32}$/;
const GROUP = /^[0-9a-fA-F]{1,4}$/;
const PART = /^(?:0|[1-9]\d{0,2})$/;
const MAPPED = '::ffff:';

/** What of the world an address can be of: this machine, its networks, everything else. */
export type AddressKind = 'loopback' | 'local' | 'public' | 'unspecified' | 'multicast';

/** 4 or 16 bytes, or `undefined` if it is no address. A zone (`%eth0`) is passed over. */
export function bytesOfIp(text: string): Uint8Array | undefined {
  const percent = text.indexOf('%');
  if (percent >= 0 && !ZONE.test(text.slice(percent + 1))) return undefined;
  const bare = (percent < 0 ? text : text.slice(0, percent)).toLowerCase();
  if (!bare.includes(':')) return percent < 0 ? bytesOfIpv4(bare) : undefined;
  if (bare.startsWith(MAPPED) && bare.includes('.')) return bytesOfIpv4(bare.slice(MAPPED.length));
  return bytesOfIpv6(bare);
}

/** The one text of 4 or 16 bytes. */
export function ipText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups: number[] = [];
  for (let at = 0; at < 16; at += 2) {
    groups.push(((bytes[at] as number) << 8) | (bytes[at + 1] as number));
  }
  const { start, length } = longestZeros(groups);
  const hex = groups.map((group) => group.toString(16));
  if (length < 2) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}

/** `undefined` for what is no address. */
export function kindOfIp(text: string): AddressKind | undefined {
  const bytes = bytesOfIp(text);
  return bytes === undefined ? undefined : kindOfBytes(bytes);
}

export function kindOfBytes(bytes: Uint8Array): AddressKind {
  const first = bytes[0] as number;
  const second = bytes[1] as number;
  if (bytes.length === 4) return kindOfIpv4(first, second, bytes);
  const head = bytes.subarray(0, 15);
  if (head.every((byte) => byte === 0)) {
    if (bytes[15] === 0) return 'unspecified';
    if (bytes[15] === 1) return 'loopback';
  }
  if (first === 0xff) return 'multicast';
  // fe80::/10 is of one link, fc00::/7 of one site.
  if (first === 0xfe && (second & 0xc0) === 0x80) return 'local';
  return (first & 0xfe) === 0xfc ? 'local' : 'public';
}

/** Of one link alone: without the name of an interface nobody can be reached by it. */
export function isLinkLocalV6(bytes: Uint8Array): boolean {
  return bytes.length === 16 && bytes[0] === 0xfe && ((bytes[1] as number) & 0xc0) === 0x80;
}

/** `host:port`, with brackets around IPv6. */
export function hostAndPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function kindOfIpv4(first: number, second: number, bytes: Uint8Array): AddressKind {
  if (first === 127) return 'loopback';
  if (first === 0) return 'unspecified';
  // 224/4 is multicast, 240/4 reserved, its end the broadcast address: nobody lives there.
  if (first >= 224) return 'multicast';
  const isPrivate =
    first === 10 ||
    (first === 172 && (second & 0xf0) === 16) ||
    (first === 192 && second === 168) ||
    (first === 169 && second === 254) ||
    (first === 100 && (second & 0xc0) === 64);
  return isPrivate || isDocumentation(bytes) ? 'local' : 'public';
}

/** 192.0.2/24, 198.51.100/24, 203.0.113/24: never routed, used inside of test networks. */
function isDocumentation(bytes: Uint8Array): boolean {
  const head = bytes.subarray(0, 3).join('.');
  return head === '192.0.2' || head === '198.51.100' || head === '203.0.113';
}

function bytesOfIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => PART.test(part) && Number(part) < 256)) {
    return undefined;
  }
  return Uint8Array.from(parts, Number);
}

function bytesOfIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const before = head as string[];
  const after = tail ?? [];
  const missing = 8 - before.length - after.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...before, ...Array.from({ length: missing }, () => '0'), ...after];
  if (!groups.every((group) => GROUP.test(group))) return undefined;
  return Uint8Array.from(
    groups.flatMap((group) => {
      const value = Number.parseInt(group, 16);
      return [value >>> 8, value & 0xff];
    }),
  );
}

function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (let at = 0; at < groups.length; at++) {
    if (groups[at] !== 0) {
      start = at + 1;
      continue;
    }
    const length = at + 1 - start;
    if (length > best.length) best = { start, length };
  }
  return best;
}
