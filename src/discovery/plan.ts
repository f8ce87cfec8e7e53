/**
 * Where discovery speaks: from the options, the interfaces of this machine and the address of the
 * transport to a list of paths. Pure. By default it goes where the transport can be reached and
 * nowhere else: a transport on loopback is announced on this machine alone.
 */
import { AdastraError } from '../core/index.ts';
import type { DatagramAddress, NetworkInterface } from '../env/index.ts';
import { ADDRESSES_MAX } from './datagram.ts';
import { bytesOfIp, isLinkLocalV6, kindOfIp } from './ip-address.ts';
import type { DiscoveryLimits } from './limits.ts';
import { invalidHost, invalidPort } from './start-error.ts';

export const DISCOVERY_PORT = 47_474;
export const GROUP_IPV4 = '239.255.77.77';
/** Of one link (…2), not assigned by anybody (1…), "ADASTR". */
export const GROUP_IPV6 = 'ff12::4144:4153:5452';

export interface DiscoveryOptions {
  /** Address of this machine to speak on; default: where the transport listens. */
  readonly host?: string | undefined;
  /** UDP port, the same on every node; default 47474. */
  readonly port?: number | undefined;
  /** `host:port` of nodes to tell and to ask directly. */
  readonly targets?: readonly string[] | undefined;
  /** Names or addresses of interfaces; goes before `host`. */
  readonly interfaces?: readonly string[] | undefined;
}

/** Which socket a datagram leaves by: of this machine alone, or of the link. */
export type SenderKind = 'IPv4 loopback' | 'IPv4' | 'IPv6 loopback' | 'IPv6';

/** One way that an announcement takes. */
export interface Path {
  readonly sender: SenderKind;
  readonly to: DatagramAddress;
  /** Of multicast. */
  readonly interfaceAddress: string | undefined;
}

export interface GroupJoin {
  readonly group: string;
  readonly interfaceAddress: string;
}

export interface Plan {
  readonly port: number;
  /** Of the chosen interfaces, for `status`. */
  readonly names: readonly string[];
  /** For the datagram: up to four addresses of the transport. */
  readonly addresses: readonly Uint8Array[];
  readonly transportPort: number;
  readonly senders: readonly SenderKind[];
  readonly groups: { readonly IPv4: readonly GroupJoin[]; readonly IPv6: readonly GroupJoin[] };
  readonly paths: readonly Path[];
  readonly warnings: readonly string[];
}

export interface Surroundings {
  readonly interfaces: readonly NetworkInterface[];
  readonly transport: DatagramAddress | undefined;
  readonly limits: DiscoveryLimits;
}

/** Throws `invalid_host`, `invalid_port`, `invalid_options`. */
export function planOf(options: DiscoveryOptions, around: Surroundings): Plan {
  const port = checkPort(options.port ?? DISCOVERY_PORT);
  const { targets = [] } = options;
  const { limits, transport } = around;
  if (targets.length > limits.targetsMax) throw tooMany(limits.targetsMax);
  const chosen = choose(options, around);
  const used = chosen.slice(0, limits.interfacesMax);
  const links = used.flatMap((face) => linkPaths(face, port));
  const paths = distinct([...links, ...targets.map(targetPath)]);
  const left = chosen.length - used.length;
  const warnings = left > 0 ? [`${left} interface addresses are left out: too many`] : [];
  if (links.length === 0) warnings.push('no interface to announce on');
  return {
    port,
    names: [...new Set(used.map((face) => face.name))],
    addresses: transport === undefined ? [] : announced(transport.host, used),
    transportPort: transport?.port ?? 0,
    senders: [...new Set(paths.map((path) => path.sender))],
    groups: { IPv4: joins(links, GROUP_IPV4), IPv6: joins(links, GROUP_IPV6) },
    paths,
    warnings,
  };
}

/** Equal for equal paths. */
export function pathText({ to, interfaceAddress }: Path): string {
  return `${to.host} ${to.port} ${interfaceAddress ?? ''}`;
}

/** By which socket an address is reached. */
export function senderOf(host: string): SenderKind {
  const family = host.includes(':') && bytesOfIp(host)?.length !== 4 ? 'IPv6' : 'IPv4';
  const isHere = host === 'localhost' || kindOfIp(host) === 'loopback';
  return isHere ? `${family} loopback` : family;
}

function choose(options: DiscoveryOptions, around: Surroundings): readonly NetworkInterface[] {
  const { interfaces, transport } = around;
  if (options.interfaces !== undefined) {
    return options.interfaces.flatMap((wanted) => named(wanted, interfaces));
  }
  const host = options.host ?? transport?.host ?? '127.0.0.1';
  const kind = host === 'localhost' ? 'loopback' : kindOfIp(host);
  if (kind === 'unspecified') return byReach(interfaces);
  if (kind === 'loopback') return interfaces.filter((face) => face.loopback);
  const found = interfaces.filter((face) => face.address === host);
  if (found.length === 0) {
    // A transport that was started is no reason to fail, wherever it listens.
    if (options.host === undefined) return interfaces.filter((face) => face.loopback);
    throw invalidHost(`discovery: no interface of this machine has the address ${host}`, { host });
  }
  return found;
}

function named(wanted: string, interfaces: readonly NetworkInterface[]): NetworkInterface[] {
  const found = interfaces.filter((face) => face.name === wanted || face.address === wanted);
  if (found.length > 0) return found;
  const names = [...new Set(interfaces.map((face) => face.name))];
  throw invalidHost(`discovery: this machine has no interface ${wanted}`, { wanted, names });
}

/** The network first, this machine last. */
function byReach(interfaces: readonly NetworkInterface[]): NetworkInterface[] {
  const rank = (face: NetworkInterface): number =>
    (face.loopback ? 2 : 0) + (face.family === 'IPv6' ? 1 : 0);
  return [...interfaces].sort((left, right) => rank(left) - rank(right));
}

function linkPaths(face: NetworkInterface, port: number): Path[] {
  if (face.family === 'IPv6') {
    // The loopback interface of most systems has no IPv6 multicast; IPv4 does it there.
    if (face.loopback) return [];
    const to = { host: GROUP_IPV6, port };
    return [{ sender: 'IPv6', to, interfaceAddress: `::%${face.name}` }];
  }
  const sender = face.loopback ? 'IPv4 loopback' : 'IPv4';
  const paths: Path[] = [
    { sender, to: { host: GROUP_IPV4, port }, interfaceAddress: face.address },
  ];
  if (face.broadcast !== undefined) {
    paths.push({ sender, to: { host: face.broadcast, port }, interfaceAddress: undefined });
  }
  return paths;
}

function targetPath(target: string): Path {
  const found = /^(?:\[([^\]]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(target);
  const host = found?.[1] ?? found?.[2];
  if (host === undefined || (found?.[1] !== undefined && bytesOfIp(host)?.length !== 16)) {
    throw invalidHost(`discovery: ${target} is no target`, { target, form: 'host:port' });
  }
  const port = checkPort(Number(found?.[3]));
  return { sender: senderOf(host), to: { host, port }, interfaceAddress: undefined };
}

/** An interface with several addresses is one link all the same. */
function distinct(paths: readonly Path[]): Path[] {
  return [...new Map(paths.map((path) => [pathText(path), path])).values()];
}

function joins(paths: readonly Path[], group: string): GroupJoin[] {
  return distinct(paths).flatMap(({ to, interfaceAddress }) =>
    to.host === group && interfaceAddress !== undefined ? [{ group, interfaceAddress }] : [],
  );
}

/** Where the transport can be reached, as far as the chosen interfaces tell. */
function announced(host: string, used: readonly NetworkInterface[]): Uint8Array[] {
  const text = host === 'localhost' ? '127.0.0.1' : host;
  const bytes = bytesOfIp(text);
  if (bytes === undefined) return [];
  if (kindOfIp(text) !== 'unspecified') return [bytes];
  const all = byReach(used).flatMap((face) => bytesOfIp(face.address) ?? []);
  const fitting = bytes.length === 4 ? all.filter((address) => address.length === 4) : all;
  // An address of one link goes last: it needs to be heard on that link.
  return fitting
    .sort((left, right) => Number(isLinkLocalV6(left)) - Number(isLinkLocalV6(right)))
    .slice(0, ADDRESSES_MAX);
}

function checkPort(port: number): number {
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw invalidPort(port);
}

function tooMany(max: number): AdastraError {
  return new AdastraError('invalid_options', `discovery takes at most ${max} targets`, {
    details: { option: 'discovery.targets', max },
  });
}
