/**
 * The calls of `PeerApi` about transport, links and discovery.
 */
import { AdastraError } from '../../core/index.ts';
import type { DialTarget, Link } from '../../transport/index.ts';
import { memberNamed } from '../member-name.ts';
import type {
  DiscoveredNode,
  DiscoveryStatus,
  PeerApi,
  PeerStatus,
  TransportStatus,
  WaitOptions,
} from '../peer-api.ts';
import { parseHostPort } from './host-port.ts';
import { membersOf } from './member-list.ts';
import type { Peering } from './peering.ts';
import { peerStatus } from './peer-status.ts';

export type LinkCalls = Pick<
  PeerApi,
  | 'startTransport'
  | 'stopTransport'
  | 'connect'
  | 'disconnect'
  | 'peers'
  | 'startDiscovery'
  | 'stopDiscovery'
  | 'discover'
>;

/** `peering` throws where the node cannot have peers. */
export function linkCalls(peering: () => Peering): LinkCalls {
  return {
    async startTransport(options) {
      await peering().startTransport(options);
      return transportStatus(peering());
    },
    stopTransport: async () => peering().stopTransport(),
    connect: async (target, options) => connect(peering(), target, options ?? {}),
    disconnect: async (member) => disconnect(peering(), member),
    peers: async () => peersOf(peering()),
    startDiscovery: async (options) => peering().startDiscovery(options),
    stopDiscovery: async () => peering().discovery.stop(),
    discover: async (options) => discover(peering(), options ?? {}),
  };
}

export function transportStatus({ transport, transportError }: Peering): TransportStatus {
  const { state, address, links, bytesIn, bytesOut, refused } = transport.status();
  const counts = { links, bytesIn, bytesOut, refused };
  if (transportError !== undefined) {
    const { code, message } = transportError;
    return { state: 'failed', error: { code, message }, ...counts };
  }
  return { state, ...(address === undefined ? {} : address), ...counts };
}

export function discoveryStatus({ discovery }: Peering): DiscoveryStatus {
  return discovery.status();
}

/** Every member but this node, and whoever is linked. */
export function peersOf(peering: Peering): PeerStatus[] {
  const targets = new Map<string | undefined, DialTarget>();
  for (const target of peering.transport.targets()) targets.set(target.fingerprint, target);
  return membersOf(peering)
    .filter(({ self }) => !self)
    .map((member) => peerStatus(peering, member, targets.get(member.fingerprint)));
}

async function connect(
  peering: Peering,
  target: string,
  { signal, timeoutMs }: WaitOptions,
): Promise<PeerStatus> {
  const limits = {
    ...(signal === undefined ? {} : { signal }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
  const link =
    typeof target === 'string' && parseHostPort(target) !== undefined
      ? await peering.transport.connectOnce(target, limits)
      : await connectMember(peering, target, limits);
  peering.parted.delete(link.fingerprint);
  peering.keep(link.fingerprint);
  const found = peersOf(peering).find(({ fingerprint }) => fingerprint === link.fingerprint);
  // A node that joins is linked with its inviter before it knows of any member.
  return found ?? peerStatus(peering, unlisted(link), undefined);
}

/** One address after the other, the one that was heard or that worked last first. */
async function connectMember(
  peering: Peering,
  name: string,
  limits: { readonly signal?: AbortSignal; readonly timeoutMs?: number },
): Promise<Link> {
  const { fingerprint, nodeId } = memberNamed(membersOf(peering), name);
  const up = peering.transport.link(fingerprint);
  if (up !== undefined) return up;
  // Also where no address leads to it: then it may come by itself.
  peering.parted.delete(fingerprint);
  const addresses = peering.addressesOf(fingerprint);
  let failure: unknown = new AdastraError('peer_unknown', `no address of ${nodeId} is known`, {
    hint: 'give it once: adastra connect HOST:PORT',
    details: { member: fingerprint },
  });
  for (const address of addresses) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- the next one only where this one fails
      return await peering.transport.connectOnce(address, { ...limits, fingerprint });
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/** Ends the link and neither makes nor takes a new one until the user asks for it. */
function disconnect(peering: Peering, name: string): void {
  const { fingerprint } = memberNamed(membersOf(peering), name);
  peering.parted.add(fingerprint);
  peering.transport.drop(fingerprint);
  peering.transport.link(fingerprint)?.close('disconnected by the user');
}

async function discover(
  { discovery, node }: Peering,
  options: { readonly waitMs?: number },
): Promise<DiscoveredNode[]> {
  const { table } = node.lane.membership;
  const known = await discovery.discover(options);
  const members = new Set(table.members().map(({ fingerprint }) => fingerprint));
  return known.map((found) => ({ ...found, member: members.has(found.fingerprint) }));
}

function unlisted({ fingerprint, metadata }: Link): Parameters<typeof peerStatus>[1] {
  const { nodeId } = metadata;
  return { fingerprint, nodeId, role: 'admin', state: 'member' };
}
