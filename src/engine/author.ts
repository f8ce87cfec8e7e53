/**
 * The author that one opening writes as: the node's key and a fresh incarnation, so that a copied,
 * restored or rolled-back directory can never write under an old name (INV-9). The incarnation
 * before it is the last of this key that no other has followed.
 */
import { hexOf, INCARNATION_BYTES, originText, type Predecessor } from '../core/index.ts';
import type { Env } from '../env/index.ts';
import type { Author } from '../store/transactions/index.ts';
import type { NodeIdentity } from './identity.ts';
import type { Replica } from './replica.ts';

const DIGEST_HEAD_BYTES = 8;

export function authorOf(env: Env, identity: NodeIdentity, replica: Replica, term: number): Author {
  const origin = new Uint8Array(identity.keyId.length + INCARNATION_BYTES);
  origin.set(identity.keyId);
  origin.set(env.random.bytes(INCARNATION_BYTES), identity.keyId.length);
  const predecessor = predecessorOf(identity, replica);
  return { origin, originText: originText(origin), term, predecessor };
}

function predecessorOf(
  identity: NodeIdentity,
  { vector, incarnations }: Replica,
): Predecessor | null {
  // One that is named but wrote nothing that is in the log has not gone on from it.
  const hasSuccessor = (origin: string): boolean =>
    incarnations.endingsOf(origin).some(({ successor }) => vector.originSeqOf(successor) > 0);
  const own = `${hexOf(identity.keyId)}.`;
  for (const [origin, { originSeq, digest }] of vector.entries()) {
    if (!origin.startsWith(own) || hasSuccessor(origin)) continue;
    return { origin, lastOriginSeq: originSeq, digestHead: digest.slice(0, DIGEST_HEAD_BYTES) };
  }
  return null;
}
