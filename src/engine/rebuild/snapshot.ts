/**
 * A snapshot: the state of a node with its vector in one file, for whoever stands below what the
 * log still holds. It is a checkpoint of the giver, kept as long as somebody reads it. Its offer is
 * signed; the file by itself proves nothing. What is the giver's alone (its memory of commands, its
 * seqs) is in the file and is not taken over.
 */
import {
  AdastraError,
  ByteReader,
  ByteWriter,
  bytesOfHex,
  equalBytes,
  hexOf,
  KEY_ID_BYTES,
  MalformedBytes,
  Vector,
} from '../../core/index.ts';
import type { Crypto, Env } from '../../env/index.ts';
import {
  loadCheckpoint,
  readCheckpointHeader,
  runSlices,
  verifyCheckpoint,
} from '../../store/checkpoint/index.ts';
import { OriginTable } from '../../store/storage/index.ts';
import type { EngineParts } from '../engine-parts.ts';
import type { NodeIdentity } from '../identity.ts';
import type { CheckpointInfo } from '../node-api.ts';
import { fileDigest, readFully } from './file-digest.ts';

const LABEL = new TextEncoder().encode('adastra/snapshot/1\0');
const ID_BYTES = 16;

/** What an offer says of a snapshot. */
export interface SnapshotFacts {
  /** 32 hex characters, the head of `digest`: the same file has the same id. */
  readonly id: string;
  readonly byteLength: number;
  /** SHA-256 over the SHA-256 of each MiB. */
  readonly digest: Uint8Array;
  readonly stateHash: Uint8Array;
  readonly vector: Vector;
}

export interface OpenSnapshot extends SnapshotFacts {
  /** In the giver's log. */
  readonly seq: number;
  /** Fewer bytes only at the end. Throws what the disk says. */
  read(offset: number, length: number): Uint8Array;
  /** Lets retention have the file; idempotent. */
  close(): void;
}

/** What of an engine is needed to give a snapshot. */
export interface SnapshotGiver {
  readonly parts: Pick<EngineParts, 'env'>;
  pinnedCheckpoint(): Promise<{ info: CheckpointInfo; release: () => void }>;
}

/** Opens the state of now; writes a checkpoint first if there is none of it. */
export async function openSnapshot(engine: SnapshotGiver): Promise<OpenSnapshot> {
  const { env } = engine.parts;
  const { info, release } = await engine.pinnedCheckpoint();
  try {
    const facts = await snapshotFacts(env, info.file);
    const file = env.fs.open(info.file, 'read');
    let isOpen = true;
    return {
      ...facts,
      seq: info.seq,
      read(offset, length) {
        const wanted = Math.max(0, Math.min(length, facts.byteLength - offset));
        const bytes = new Uint8Array(wanted);
        return bytes.subarray(0, readFully(file, bytes, offset, wanted));
      },
      close() {
        if (!isOpen) return;
        isOpen = false;
        file.close();
        release();
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}

/** What an offer of this file must say. Throws `checkpoint_damaged` and what the disk says. */
export async function snapshotFacts(env: Env, file: string): Promise<SnapshotFacts> {
  const header = readCheckpointHeader(env, file);
  if (!header.ok) throw header.error;
  const digest = await runSlices(env, fileDigest(env, file));
  const byteLength = env.fs.stat(file)?.sizeBytes ?? 0;
  const id = hexOf(digest, 0, ID_BYTES);
  return { id, byteLength, digest, stateHash: header.value.stateHash, vector: vectorIn(env, file) };
}

/**
 * Whether a file is whole and is what its offer says; throws `checkpoint_damaged` if it is not, and
 * `world_mismatch`. That its entries make its state hash is found out when it is installed.
 */
export async function verifySnapshot(
  env: Env,
  file: string,
  offer: SnapshotFacts,
  worldId: Uint8Array,
): Promise<void> {
  const size = env.fs.stat(file)?.sizeBytes ?? 0;
  if (size !== offer.byteLength) throw notAsOffered(file, `it has ${size} bytes`);
  const digest = await runSlices(env, fileDigest(env, file));
  if (!equalBytes(digest, offer.digest)) throw notAsOffered(file, 'its digest is another');
  const verified = await runSlices(env, verifyCheckpoint(env, file));
  if (!verified.ok) throw verified.error;
  const { value: header } = verified;
  if (!equalBytes(header.worldId, worldId)) {
    throw new AdastraError('world_mismatch', `${file} is a snapshot of another world`);
  }
  if (!equalBytes(header.stateHash, offer.stateHash)) {
    throw notAsOffered(file, 'its state hash is another');
  }
  if (!vectorIn(env, file).equals(offer.vector)) throw notAsOffered(file, 'its vector is another');
}

function vectorIn(env: Env, file: string): Vector {
  const nothing = { loadSorted: () => {}, setSiblings: () => {} } as unknown;
  const target = nothing as Parameters<typeof loadCheckpoint>[2];
  const loaded = loadCheckpoint(env, file, target, { origins: new OriginTable() });
  if (!loaded.ok) throw loaded.error;
  const bytes = loaded.value.sections.get('vector');
  if (bytes === undefined) throw notAsOffered(file, 'it has no vector');
  try {
    return Vector.decode(new ByteReader(bytes));
  } catch (error) {
    if (error instanceof MalformedBytes) throw notAsOffered(file, error.message);
    throw error;
  }
}

function notAsOffered(file: string, reason: string): AdastraError {
  return new AdastraError(
    'checkpoint_damaged',
    `the snapshot ${file} is not as offered: ${reason}`,
    {
      hint: 'it is asked for again, of this member or of another',
      details: { file, offset: 0, reason },
    },
  );
}

/** What is signed: label, world id, id, u48 length, digest, state hash, vector as encoded. */
function offerMessage(worldId: Uint8Array, facts: SnapshotFacts): Uint8Array {
  const id = bytesOfHex(facts.id);
  if (id?.length !== ID_BYTES) throw new MalformedBytes('the id of a snapshot');
  const writer = new ByteWriter(256);
  writer.bytes(LABEL);
  writer.bytes(worldId);
  writer.bytes(id);
  writer.u48(facts.byteLength);
  writer.bytes(facts.digest);
  writer.bytes(facts.stateHash);
  writer.bytes(facts.vector.encode());
  return writer.toBytes();
}

/** Signs an offer by the node's key, 64 bytes. */
export function signSnapshotOffer(
  crypto: Crypto,
  identity: Pick<NodeIdentity, 'privateSeed'>,
  worldId: Uint8Array,
  facts: SnapshotFacts,
): Uint8Array {
  return crypto.ed25519Sign(identity.privateSeed, offerMessage(worldId, facts));
}

/** Whether the member with this fingerprint and key signed the offer. Never throws. */
export function verifySnapshotOffer(
  crypto: Crypto,
  worldId: Uint8Array,
  offer: SnapshotFacts & { readonly fingerprint: string; readonly signature: Uint8Array },
  publicKey: Uint8Array,
): boolean {
  const { fingerprint, signature, byteLength, digest, stateHash } = offer;
  const hasShape =
    signature.length === 64 &&
    publicKey.length === 32 &&
    digest.length === 32 &&
    stateHash.length === 32 &&
    bytesOfHex(offer.id)?.length === ID_BYTES &&
    Number.isSafeInteger(byteLength) &&
    byteLength >= 0 &&
    byteLength < 2 ** 48;
  if (!hasShape) return false;
  if (hexOf(crypto.sha256(publicKey), 0, KEY_ID_BYTES) !== fingerprint) return false;
  return crypto.ed25519Verify(publicKey, offerMessage(worldId, offer), signature);
}
