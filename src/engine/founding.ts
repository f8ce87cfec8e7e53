/**
 * The first commit of a world: its founder as admin, the limits that all members agree on, and the
 * level of features in use. Every later commit has seen it. Each statement is a `$` entry of its
 * own.
 */
import { hexOf, type Limits } from '../core/index.ts';
import {
  type Transaction,
  WORLD_LIMIT_NAMES,
  WORLD_LIMITS_KEY,
} from '../store/transactions/index.ts';
import type { NodeIdentity } from './identity.ts';

export const WORLD_LEVEL_KEY = '$world/level';

/** Key of the statement about a member. */
export function memberKey(fingerprint: string): string {
  return `$member/${fingerprint}`;
}

/** Writes the statements of a new world. */
export function foundWorld(tx: Transaction, identity: NodeIdentity, limits: Limits): void {
  const { nodeId, fingerprint, publicKey } = identity;
  tx.put(memberKey(fingerprint), {
    nodeId,
    publicKey: hexOf(publicKey),
    role: 'admin',
    founder: true,
  });
  const agreed = Object.fromEntries(WORLD_LIMIT_NAMES.map((name) => [name, limits[name]]));
  tx.put(WORLD_LIMITS_KEY, agreed);
  tx.put(WORLD_LEVEL_KEY, 1);
}
