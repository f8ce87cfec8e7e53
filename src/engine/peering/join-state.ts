/**
 * A node that has joined a world and does not hold yet what its inviter held then. Until it does,
 * it must not write: what it wrote would not have seen removes that others may have let go since,
 * and would look like the work of a rolled-back image. Kept in `<dataDir>/joining.json`; gone once
 * it has caught up.
 */
import { AdastraError, bytesOfHex, ByteReader, hexOf, Vector } from '../../core/index.ts';
import { type Env, errorCode } from '../../env/index.ts';
import { readFile } from '../directory.ts';

const FILE = 'joining.json';

/** What a joining node was told. */
export interface JoinRecord {
  /** Fingerprint of the node whose invitation it was. */
  readonly inviter: string;
  readonly addresses: readonly string[];
  /** What the inviter held when it admitted this node. */
  readonly vector: Vector;
}

/** The file as a new directory gets it. */
export function joinFile(record: JoinRecord): { name: string; bytes: Uint8Array } {
  const { inviter, addresses, vector } = record;
  const text = JSON.stringify({ format: 1, inviter, addresses, vector: hexOf(vector.encode()) });
  return { name: FILE, bytes: new TextEncoder().encode(`${text}\n`) };
}

/** `undefined` where the node has caught up, or founded its world. */
export function loadJoinRecord(env: Env, dataDir: string): JoinRecord | undefined {
  const path = env.fs.resolve(dataDir, FILE);
  let text: string;
  try {
    text = new TextDecoder().decode(readFile(env, path));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { inviter, addresses, vector } = JSON.parse(text) as Record<string, unknown>;
    const bytes = bytesOfHex(String(vector)) ?? new Uint8Array(0);
    return {
      inviter: String(inviter),
      addresses: Array.isArray(addresses) ? addresses.map(String) : [],
      vector: Vector.decode(new ByteReader(bytes)),
    };
  } catch (cause) {
    throw new AdastraError('identity_damaged', `${path} cannot be read`, {
      hint: 'join again with a new invitation; nothing was written on this node yet',
      details: { path },
      cause,
    });
  }
}

/** The node has caught up. A file that stays is looked at again at the next opening. */
export function endJoin(env: Env, dataDir: string): void {
  const path = env.fs.resolve(dataDir, FILE);
  if (env.fs.stat(path) === undefined) return;
  env.fs.removeFile(path);
  env.fs.syncDirectory(dataDir);
}

/** For a write that comes too early. */
export function stillJoining(record: JoinRecord): AdastraError {
  return new AdastraError('joining', 'this node has joined and does not hold the world yet', {
    hint: 'connect it to a member; status shows how much is missing',
    details: { inviter: record.inviter, addresses: record.addresses },
  });
}
