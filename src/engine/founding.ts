/**
 * The first commit of a world: its founder as admin, the limits that all members agree on, and the
 * level of features in use. Every later commit has seen it. The id of the world is made of the
 * founder's key and the salt in this commit, so whoever knows the id knows who founded it. Each
 * statement is a `$` entry of its own (docs/formats/statements.md).
 */
import { hexOf, type Limits } from '../core/index.ts';
import {
  memberKey,
  type Transaction,
  WORLD_LEVEL_KEY,
  WORLD_LIMITS_KEY,
  worldLimitsOf,
} from '../store/transactions/index.ts';
import type { NodeIdentity } from './identity.ts';

/** Writes the statements of a new world. */
export function foundWorld(
  tx: Transaction,
  { nodeId, fingerprint, publicKey }: NodeIdentity,
  salt: Uint8Array,
  limits: Limits,
): void {
  tx.put(memberKey(fingerprint), {
    nodeId,
    publicKey: hexOf(publicKey),
    role: 'admin',
    founder: hexOf(salt),
  });
  tx.put(WORLD_LIMITS_KEY, { ...worldLimitsOf(limits) });
  tx.put(WORLD_LEVEL_KEY, 1);
}
