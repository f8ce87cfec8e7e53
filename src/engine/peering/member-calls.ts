/**
 * The calls of `PeerApi` about members: inviting, changing, ending.
 */
import { AdastraError, type Role } from '../../core/index.ts';
import {
  beginClosing,
  changeMember,
  closingEnds,
  finishClosing,
} from '../../store/transactions/index.ts';
import { memberNamed } from '../member-name.ts';
import type { Invitation, InviteOptions, MemberInfo, PeerApi } from '../peer-api.ts';
import { isLoopbackHost, isWildcardHost } from './host-kind.ts';
import { formatHostPort } from './host-port.ts';
import { secretsOf } from './invitations.ts';
import { encodeInviteCode } from './invite-code.ts';
import { membersOf } from './member-list.ts';
import type { Peering } from './peering.ts';

export type MemberCalls = Pick<PeerApi, 'invite' | 'members' | 'changeMember' | 'closeMember'>;

const ROLES: readonly Role[] = ['read', 'write', 'admin', 'witness'];
const TOKEN_BYTES = 16;
const EXPIRES_MS = 10 * 60_000;
const EXPIRES_MS_MAX = 7 * 24 * 3_600_000;
const SCOPES_MAX = 64;

export function memberCalls(peering: () => Peering): MemberCalls {
  return {
    invite: async (options) => invite(peering(), options ?? {}),
    members: async () => membersOf(peering()),
    changeMember: async (member, change) => {
      const { node, gate } = peering();
      gate.check();
      const { fingerprint } = memberNamed(membersOf(peering()), member);
      return changeMember(node.lane, fingerprint, change);
    },
    closeMember: async (member, options) => closeMember(peering(), member, options ?? {}),
  };
}

async function invite(peering: Peering, options: InviteOptions): Promise<Invitation> {
  const { node, invitations, gate } = peering;
  gate.check();
  const { role = 'write', scopes, expiresMs = EXPIRES_MS } = options;
  checkOffer(role, scopes, expiresMs);
  if (node.lane.membership.standing?.role !== 'admin') {
    throw new AdastraError('forbidden', 'only an admin invites', {
      hint: 'ask on a node whose role is admin; adastra members lists them',
    });
  }
  const { env, identity, log } = node;
  const { host, port } = addressFor(peering, options);
  const token = env.random.bytes(TOKEN_BYTES);
  const expiresAtMs = env.clock.wallMs() + expiresMs;
  invitations.add(secretsOf(env.crypto, token), { role, scopes, expiresAtMs });
  const { worldId } = log;
  const code = encodeInviteCode({ host, port, inviter: identity.keyId, worldId, token });
  const address = formatHostPort({ host, port });
  return { code, address, loopback: isLoopbackHost(host), expiresAtMs, role, scopes };
}

/** The address that the code names; a wildcard is no address to dial. */
function addressFor(peering: Peering, options: InviteOptions): { host: string; port: number } {
  const listening = peering.transport.status().address;
  const port = options.port ?? listening?.port;
  const host = options.host ?? wildcardFree(peering, listening?.host);
  if (listening === undefined || port === undefined || host === undefined) {
    throw new AdastraError('unavailable', 'this node does not listen: nobody could use a code', {
      hint: 'start it first: adastra start, or startTransport()',
    });
  }
  return { host, port };
}

/** Of a node that listens everywhere, the first address that others could reach. */
function wildcardFree({ node }: Peering, host: string | undefined): string | undefined {
  if (host === undefined || !isWildcardHost(host)) return host;
  const faces = node.env.datagrams.interfaces();
  const reachable = faces.find(({ loopback, family }) => !loopback && family === 'IPv4');
  return (reachable ?? faces.find(({ loopback }) => loopback))?.address ?? host;
}

function checkOffer(role: Role, scopes: InviteOptions['scopes'], expiresMs: number): void {
  if (!ROLES.includes(role)) throw invalid('role', `role is one of ${ROLES.join(', ')}`);
  if (!Number.isSafeInteger(expiresMs) || expiresMs < 1 || expiresMs > EXPIRES_MS_MAX) {
    throw invalid('expiresMs', `expiresMs is from 1 to ${EXPIRES_MS_MAX} (a week)`);
  }
  if (scopes === undefined) return;
  const isList = Array.isArray(scopes) && scopes.length > 0 && scopes.length <= SCOPES_MAX;
  const fits = isList && scopes.every((scope) => typeof scope === 'string' && scope !== '');
  if (!fits || scopes.some((scope) => scope.startsWith('$'))) {
    throw invalid('scopes', `scopes is a list of 1 to ${SCOPES_MAX} prefixes of user keys`);
  }
}

function invalid(option: string, message: string): AdastraError {
  return new AdastraError('invalid_options', message, { details: { option } });
}

/**
 * The first call begins the end, a later one finishes it once all others have acknowledged the
 * first; `force` does not wait for those who are away.
 */
async function closeMember(
  peering: Peering,
  name: string,
  { force = false }: { readonly force?: boolean },
): Promise<MemberInfo> {
  const { node, gate, driver } = peering;
  gate.check();
  const { lane } = node;
  const member = memberNamed(membersOf(peering), name);
  const { fingerprint } = member;
  if (member.state === 'member') await beginClosing(lane, fingerprint);
  const begun = lane.membership.table
    .statementsOf(fingerprint)
    .findLast(({ body }) => body.kind === 'closing');
  const isAcknowledged =
    begun !== undefined &&
    membersOf(peering).every(
      (other) =>
        other.self ||
        other.state !== 'member' ||
        driver.sync.view.isAcknowledged(other.fingerprint, begun.origin, begun.originSeq),
    );
  const standing = membersOf(peering).find((one) => one.fingerprint === fingerprint);
  if (standing?.state === 'closing' && (force || isAcknowledged)) {
    await finishClosing(lane, fingerprint, closingEnds(lane, fingerprint));
  }
  driver.feed((sync, now) => sync.membersChanged(now));
  peering.keepMembers();
  return membersOf(peering).find((one) => one.fingerprint === fingerprint) ?? member;
}
