/**
 * The inviter's side of a join: the invitation is taken, durably, then the new member is admitted
 * by a commit, and only when that is durable the joiner is told. The same key that asks again, its
 * answer lost, is given the same answer.
 */
import { AdastraError, hexOf } from '../../core/index.ts';
import type { JoinPeer, JoinReply, JoinRequest, Transport } from '../../transport/index.ts';
import { admitMember, PRESENT } from '../../store/transactions/index.ts';
import { checkNodeId } from '../identity.ts';
import { formatHostPort } from './host-port.ts';
import type { AddressBook } from './address-book.ts';
import type { InvitationRecord, Invitations } from './invitations.ts';
import type { JoinGate } from './join-gate.ts';
import type { PeeringNode } from './peering-node.ts';

/** What admitting needs of the inviting node. */
export interface Inviter {
  readonly node: PeeringNode;
  readonly invitations: Invitations;
  readonly book: AddressBook;
  readonly gate: JoinGate;
  readonly transport: Pick<Transport, 'status'>;
}

export async function admitJoiner(
  peering: Inviter,
  request: JoinRequest,
  peer: JoinPeer,
): Promise<JoinReply> {
  const { node, invitations, book } = peering;
  const { inviteId: id, secret } = request;
  const invitation = invitations.use({ id, secret }, peer.fingerprint);
  const standing = node.lane.membership.table.rightsOf(peer.fingerprint, PRESENT);
  if (standing === undefined || standing.state !== 'member') {
    await admit(peering, request, { peer, invitation });
  }
  if (request.listening !== undefined) {
    const { port } = request.listening;
    book.note(peer.fingerprint, formatHostPort({ host: peer.remoteAddress.host, port }));
  }
  // What the joiner must hold before it writes is on the disk here, its own admission included.
  await node.lane.flush();
  return replyTo(peering, invitation);
}

async function admit(
  { node, gate }: Inviter,
  { nodeId }: JoinRequest,
  { peer, invitation }: { readonly peer: JoinPeer; readonly invitation: InvitationRecord },
): Promise<void> {
  gate.check();
  checkNodeId(nodeId);
  const { role, scopes } = invitation;
  await admitMember(node.lane, {
    fingerprint: peer.fingerprint,
    publicKey: peer.remoteKey,
    nodeId,
    role,
    scopes,
  });
}

function replyTo(peering: Inviter, { role }: InvitationRecord): JoinReply {
  const { node, book, transport } = peering;
  const { identity, log, lane } = node;
  const members = lane.membership.table
    .members()
    .filter(({ state }) => state === 'member')
    .map(({ fingerprint }) => ({ fingerprint, addresses: book.of(fingerprint) }))
    .filter(({ addresses }) => addresses.length > 0);
  const { address } = transport.status();
  if (address === undefined) {
    throw new AdastraError('unavailable', 'the inviting node is stopping');
  }
  return {
    worldId: hexOf(log.worldId),
    inviter: identity.fingerprint,
    role,
    vector: lane.vector.copy(),
    members: [
      ...members,
      { fingerprint: identity.fingerprint, addresses: [formatHostPort(address)] },
    ],
  };
}
