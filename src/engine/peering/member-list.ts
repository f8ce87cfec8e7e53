/**
 * Who belongs to the world, as this node knows it.
 */
import type { MemberInfo } from '../peer-api.ts';
import type { Peering } from './peering.ts';

/** Closed ones included, by fingerprint. */
export function membersOf({ node }: Pick<Peering, 'node'>): MemberInfo[] {
  const { lane, identity } = node;
  return lane.membership.table
    .members()
    .map(({ fingerprint, nodeId, role, scopes, state, founder }) => ({
      fingerprint,
      nodeId,
      role,
      scopes,
      state,
      founder,
      self: fingerprint === identity.fingerprint,
    }));
}
