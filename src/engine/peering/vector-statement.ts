/**
 * What a member signs about itself: "all of this I have, and it is on my disk". Such statements
 * travel from node to node beside the log, never as commits, and the stable frontier is made of
 * them.
 *
 * Signed: `adastra/vector/1` NUL, world id (16), key id (16), wall time (u48), encoded vector.
 */
import { bytesOfHex, ByteWriter, type Vector, type VectorStatement } from '../../core/index.ts';
import type { Crypto } from '../../env/index.ts';
import type { NodeIdentity } from '../identity.ts';

const TAG = new TextEncoder().encode('adastra/vector/1\0');

/** A statement of this node; `timeMs` is for people. */
export function signStatement(
  crypto: Crypto,
  identity: NodeIdentity,
  worldId: Uint8Array,
  { vector, timeMs }: { readonly vector: Vector; readonly timeMs: number },
): VectorStatement {
  const { fingerprint, privateSeed } = identity;
  const unsigned = { fingerprint, timeMs: Math.max(0, Math.floor(timeMs)), vector };
  const signature = crypto.ed25519Sign(privateSeed, signedBytes(worldId, unsigned));
  return { ...unsigned, signature };
}

/** Whether the key of the member that it names made it, in this world. */
export function isStatementSigned(
  crypto: Crypto,
  worldId: Uint8Array,
  publicKey: Uint8Array,
  statement: VectorStatement,
): boolean {
  const { signature } = statement;
  return crypto.ed25519Verify(publicKey, signedBytes(worldId, statement), signature);
}

function signedBytes(
  worldId: Uint8Array,
  { fingerprint, timeMs, vector }: Omit<VectorStatement, 'signature'>,
): Uint8Array {
  const encoded = vector.encode();
  const writer = new ByteWriter(TAG.length + 64 + encoded.length);
  writer.bytes(TAG);
  writer.bytes(worldId);
  writer.bytes(bytesOfHex(fingerprint) ?? new Uint8Array(0));
  writer.u48(timeMs);
  writer.bytes(encoded);
  return writer.view();
}
