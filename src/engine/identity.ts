/**
 * Who a node is: its Ed25519 key, the fingerprint of it, and the human name it was given once. Lies
 * in `<dataDir>/identity/node.json` (0600 in a 0700 directory) or in `identityDir`; never in a
 * backup.
 */
import { AdastraError, bytesOfHex, equalBytes, hexOf, KEY_ID_BYTES } from '../core/index.ts';
import { type Env, errorCode } from '../env/index.ts';
import { diskError, identityDirectory, makeDirectories, placeFile, readFile } from './directory.ts';

export interface NodeIdentity {
  /** Human name, chosen at `init`, never changed. */
  readonly nodeId: string;
  /** Free text given at `init`, if any; the option `displayName` goes before it. */
  readonly displayName: string | undefined;
  /** Head of SHA-256 of the public key, 32 hex characters. */
  readonly fingerprint: string;
  readonly keyId: Uint8Array;
  readonly publicKey: Uint8Array;
  /** 32 bytes; stays in this process. */
  readonly privateSeed: Uint8Array;
}

const FILE = 'node.json';
const NODE_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Throws `invalid_options` for a name that cannot be one. */
export function checkNodeId(nodeId: string): void {
  if (typeof nodeId === 'string' && NODE_ID.test(nodeId)) return;
  throw new AdastraError('invalid_options', `${JSON.stringify(nodeId)} cannot be a nodeId`, {
    hint: 'letters, digits, dot, underscore and hyphen, 64 at most, a letter or digit first',
    details: { option: 'nodeId' },
  });
}

/** Draws a key; nothing is written. */
export function newIdentity(env: Env, nodeId?: string, displayName?: string): NodeIdentity {
  const privateSeed = env.random.bytes(32);
  const publicKey = env.crypto.ed25519PublicKey(privateSeed);
  const keyId = env.crypto.sha256(publicKey).slice(0, KEY_ID_BYTES);
  const fingerprint = hexOf(keyId);
  const name = nodeId ?? `${hostName(env)}-${fingerprint.slice(0, 4)}`;
  checkNodeId(name);
  return { nodeId: name, displayName, fingerprint, keyId, publicKey, privateSeed };
}

function hostName(env: Env): string {
  const name = env.host.hostname.replace(/[^A-Za-z0-9._-]/g, '-').replace(/^[^A-Za-z0-9]+/, '');
  return name.slice(0, 48) || 'node';
}

/** Writes an identity where a directory keeps it; `already_exists` if there is one. */
export function saveIdentity(env: Env, directory: string, identity: NodeIdentity): void {
  const { nodeId, displayName, publicKey, privateSeed } = identity;
  if (env.fs.stat(env.fs.resolve(directory, FILE)) !== undefined) {
    throw new AdastraError('already_exists', `there is an identity in ${directory}`, {
      details: { directory },
    });
  }
  const record = {
    format: 1,
    nodeId,
    ...(displayName === undefined ? {} : { displayName }),
    publicKey: hexOf(publicKey),
    privateSeed: hexOf(privateSeed),
  };
  makeDirectories(env, directory);
  placeFile(env, directory, FILE, new TextEncoder().encode(`${JSON.stringify(record, null, 2)}\n`));
}

/** Reads the identity of a data directory; `identity_damaged` if it is missing or not whole. */
export function loadIdentity(
  env: Env,
  dataDir: string,
  identityDir: string | undefined,
): NodeIdentity {
  const directory = identityDirectory(env, dataDir, identityDir);
  const path = env.fs.resolve(directory, FILE);
  let text: string;
  try {
    text = new TextDecoder().decode(readFile(env, path));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') throw damaged(path, 'it is missing');
    throw diskError(error, `cannot read ${path}`);
  }
  return parseIdentity(env, path, text);
}

function parseIdentity(env: Env, path: string, text: string): NodeIdentity {
  let record: Record<string, unknown>;
  try {
    record = JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw damaged(path, 'it is not JSON');
  }
  const publicKey = bytesOfHex(String(record['publicKey']));
  const privateSeed = bytesOfHex(String(record['privateSeed']));
  const nodeId = record['nodeId'];
  const shown = record['displayName'];
  const displayName = typeof shown === 'string' ? shown : undefined;
  const whole =
    publicKey?.length === 32 && privateSeed?.length === 32 && typeof nodeId === 'string';
  if (record['format'] !== 1) throw damaged(path, `its format is ${String(record['format'])}`);
  if (!whole) throw damaged(path, 'a field is missing or malformed');
  if (!equalBytes(env.crypto.ed25519PublicKey(privateSeed), publicKey)) {
    throw damaged(path, 'its two keys do not belong together');
  }
  const keyId = env.crypto.sha256(publicKey).slice(0, KEY_ID_BYTES);
  return { nodeId, displayName, fingerprint: hexOf(keyId), keyId, publicKey, privateSeed };
}

function damaged(path: string, reason: string): AdastraError {
  return new AdastraError('identity_damaged', `the identity ${path} cannot be used: ${reason}`, {
    hint: 'put the file back from where you keep it safe; without it this node cannot prove who it is',
    details: { path, reason },
  });
}
