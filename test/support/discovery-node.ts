/**
 * Keys and datagrams of nodes that exist only as senders, for tests of discovery: honest ones,
 * strangers by the thousand, and what an attacker makes of what it heard.
 */
import { KEY_ID_BYTES, hexOf } from '../../src/core/index.ts';
import { type Datagram, encodeDatagram, worldHintOf } from '../../src/discovery/datagram.ts';
import type { DiscoveryIdentity } from '../../src/discovery/index.ts';
import { NodeCrypto } from '../../src/env/node/index.ts';

export const CRYPTO: NodeCrypto = new NodeCrypto();
export const WORLD_ID: Uint8Array = new Uint8Array(16).fill(0x77);

/** The key that follows from a number. */
export function identityOf(number: number, nodeId = `node-${number}`): DiscoveryIdentity {
  const privateSeed = CRYPTO.sha256(new TextEncoder().encode(`key ${number}`));
  const publicKey = CRYPTO.ed25519PublicKey(privateSeed);
  const fingerprint = hexOf(CRYPTO.sha256(publicKey), 0, KEY_ID_BYTES);
  return { privateSeed, publicKey, fingerprint, nodeId };
}

/** What a node would say, with whatever a test changes. */
export function datagramOf(identity: DiscoveryIdentity, change: Partial<Datagram> = {}): Datagram {
  const kind = change.kind ?? 'announce';
  const nonce = new Uint8Array(16).fill(kind === 'probe' || kind === 'reply' ? 9 : 0);
  return {
    kind,
    worldHint: worldHintOf(CRYPTO, WORLD_ID),
    publicKey: identity.publicKey,
    session: { term: 3, startedMs: 1_767_225_600_000, id: '0102030405060708' },
    counter: 1,
    nonce,
    nodeId: identity.nodeId,
    port: 4000,
    addresses: [new Uint8Array([10, 0, 0, 7])],
    ...change,
  };
}

/** Its bytes, signed by the identity (which need not be the one named in the datagram). */
export function saidBy(identity: DiscoveryIdentity, change: Partial<Datagram> = {}): Uint8Array {
  return encodeDatagram(datagramOf(identity, change), CRYPTO, identity.privateSeed);
}
