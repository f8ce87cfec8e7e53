/**
 * The first commit of a world: its founder as admin, the limits that all members agree on, and the
 * level of features in use. Every later commit has seen it. Each statement is a `$` entry of its own.
 */
import { DEFAULT_LIMITS, hexOf, type Limits, type Value, type ValueObject } from '../core/index.ts';
import type { Transaction } from '../store/transactions/index.ts';
import type { NodeIdentity } from './identity.ts';

export const WORLD_LIMITS_KEY = '$world/limits';
export const WORLD_LEVEL_KEY = '$world/level';
const WORLD_LIMITS = ['valueBytesMax', 'depthMax', 'commitBytesMax', 'metadataBytesMax'] as const;

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
  const agreed = Object.fromEntries(WORLD_LIMITS.map((name) => [name, limits[name]]));
  tx.put(WORLD_LIMITS_KEY, agreed);
  tx.put(WORLD_LEVEL_KEY, 1);
}

/** The limits of a node: its own, with those of the world where the world states them. */
export function limitsOfWorld(own: Limits, stated: Value | undefined): Limits {
  if (typeof stated !== 'object' || stated === null || Array.isArray(stated)) return own;
  const limits: Record<string, number> = { ...own };
  for (const name of WORLD_LIMITS) {
    const value = (stated as ValueObject)[name];
    // A node may be stricter towards its own writers, never laxer than the world.
    if (typeof value === 'number')
      limits[name] = own[name] === DEFAULT_LIMITS[name] ? value : Math.min(own[name], value);
  }
  return limits as unknown as Limits;
}
