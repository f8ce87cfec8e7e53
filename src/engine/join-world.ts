/**
 * Joining a world with an invitation: asks the inviting node, whose key the code pins, and makes
 * the directory (or gives one that holds no user commit to the new world). The key is on the disk
 * before anybody hears of it, so that a join that was cut off goes on with the same key and code.
 */
import { AdastraError, equalBytes, hexOf, isReservedKey, type Limits } from '../core/index.ts';
import type { Env } from '../env/index.ts';
import { commitsOf } from '../store/transactions/index.ts';
import { type JoinReply, joinVia } from '../transport/index.ts';
import type { CommitLog } from '../wal/index.ts';
import { directoryState, identityDirectory, removeTree, syncName } from './directory.ts';
import { loadIdentity, newIdentity, type NodeIdentity, saveIdentity } from './identity.ts';
import { type InitReport, initializeDirectory } from './initialize.ts';
import { takeLock } from './lock.ts';
import { secretsOf } from './peering/invitations.ts';
import { decodeInviteCode, type InviteCode } from './peering/invite-code.ts';
import { formatHostPort } from './peering/host-port.ts';
import { joinFile } from './peering/join-state.ts';
import { AddressBook, addressFile } from './peering/address-book.ts';
import { openReplica } from './replica.ts';

export interface JoinOptions {
  readonly nodeId?: string | undefined;
  readonly displayName?: string | undefined;
  readonly identityDir?: string | undefined;
  readonly limits: Limits;
  readonly signal?: AbortSignal | undefined;
}

/** What became of the directory, and where to go on. */
export interface JoinReport extends InitReport {
  readonly role: string;
  readonly inviter: string;
  readonly address: string;
  /**
   * `created`, `adopted` (it held a world without user commits), `rejoined` (it was of this one).
   */
  readonly directory: 'created' | 'adopted' | 'rejoined';
}

type Target = JoinReport['directory'];

/** Throws `invite_invalid`, `invite_refused`, `world_mismatch`, `peer_unreachable`, `locked`, … */
export async function joinWorld(
  env: Env,
  dataDir: string,
  code: string,
  options: JoinOptions,
): Promise<JoinReport> {
  const invite = decodeInviteCode(code);
  const path = env.fs.resolve(dataDir);
  restoreReplaced(env, path);
  const target = await inspect(env, path, invite.worldId, options);
  const identity =
    target === 'created' ? preparedIdentity(env, path, options) : ownIdentity(env, path, options);
  const reply = await ask(env, invite, identity, options);
  if (target === 'rejoined') noteAddress(env, path, reply.inviter, invite);
  else await make(env, path, { invite, identity, reply, target, options });
  removeTree(env, preparing(path));
  const { nodeId, fingerprint } = identity;
  const address = formatHostPort(invite);
  const { role, inviter } = reply;
  return { nodeId, fingerprint, worldId: reply.worldId, role, inviter, address, directory: target };
}

async function ask(
  env: Env,
  invite: InviteCode,
  identity: NodeIdentity,
  { signal }: JoinOptions,
): Promise<JoinReply> {
  const { host, port, inviter, worldId, token } = invite;
  const { id: inviteId, secret } = secretsOf(env.crypto, token);
  const request = { inviteId, secret, nodeId: identity.nodeId, listening: undefined };
  const pinned = { host, port, expectedKeyId: inviter };
  const reply = await joinVia({ env, identity, ...pinned, request, signal });
  if (reply.worldId === hexOf(worldId)) return reply;
  throw new AdastraError('world_mismatch', 'the inviting node is of another world than its code', {
    details: { expected: hexOf(worldId), actual: reply.worldId },
  });
}

function noteAddress(env: Env, path: string, inviter: string, invite: InviteCode): void {
  const book = new AddressBook(env, path);
  book.note(inviter, formatHostPort(invite));
  book.save();
}

async function make(
  env: Env,
  path: string,
  given: {
    readonly invite: InviteCode;
    readonly identity: NodeIdentity;
    readonly reply: JoinReply;
    readonly target: Target;
    readonly options: JoinOptions;
  },
): Promise<void> {
  const { invite, identity, reply, target, options } = given;
  const addresses = [formatHostPort(invite)];
  const known = new Map(reply.members.map((member) => [member.fingerprint, member.addresses]));
  known.set(reply.inviter, [...new Set([...addresses, ...(known.get(reply.inviter) ?? [])])]);
  if (target === 'adopted') setAside(env, path);
  await initializeDirectory(env, path, {
    ...options,
    identity,
    worldId: invite.worldId,
    files: [
      joinFile({ inviter: reply.inviter, addresses, vector: reply.vector }),
      addressFile(known),
    ],
  });
  removeTree(env, replaced(path));
  syncName(env, path);
}

async function inspect(
  env: Env,
  path: string,
  worldId: Uint8Array,
  options: JoinOptions,
): Promise<Target> {
  const state = directoryState(env, path);
  if (state === 'missing' || state === 'empty') return 'created';
  if (state === 'foreign') {
    throw new AdastraError('already_exists', `${path} is not empty and holds no world`, {
      hint: 'choose an empty or a new directory',
      details: { path },
    });
  }
  const lock = await takeLock(env, path);
  try {
    const { log, replica } = openReplica(env, path, { access: 'read', limits: options.limits });
    try {
      if (equalBytes(log.worldId, worldId)) return 'rejoined';
      const holds = log.baseSeq > 0 || replica.storage.userCount > 0 || hasUserCommit(log);
      if (!holds) return 'adopted';
      throw new AdastraError('world_mismatch', `${path} holds commits of another world`, {
        hint: 'join with a new directory: --data ./other',
        details: { expected: hexOf(worldId), actual: hexOf(log.worldId) },
      });
    } finally {
      log.abandon();
    }
  } finally {
    lock.release();
  }
}

function hasUserCommit(log: CommitLog): boolean {
  for (const batch of log.read(1)) {
    const window = { fromSeq: 1, toSeq: log.headSeq };
    for (const { events } of commitsOf(batch, window)) {
      if (events.some(({ key }) => !isReservedKey(key))) return true;
    }
  }
  return false;
}

function preparing(path: string): string {
  return `${path}.joining`;
}

function replaced(path: string): string {
  return `${path}.replaced`;
}

/** The key with which an attempt before has asked, or a new one; on the disk when this returns. */
function preparedIdentity(env: Env, path: string, options: JoinOptions): NodeIdentity {
  const { identityDir, nodeId, displayName } = options;
  const directory = identityDirectory(env, preparing(path), identityDir);
  if (env.fs.stat(env.fs.resolve(directory, 'node.json')) !== undefined) {
    return loadIdentity(env, preparing(path), identityDir);
  }
  const identity = newIdentity(env, nodeId, displayName);
  saveIdentity(env, directory, identity);
  return identity;
}

function ownIdentity(env: Env, path: string, { identityDir }: JoinOptions): NodeIdentity {
  return loadIdentity(env, path, identityDir);
}

/** The old directory keeps its key until the new one is in place. */
function setAside(env: Env, path: string): void {
  env.fs.rename(path, replaced(path));
  syncName(env, path);
}

/** A join that was cut off between the two renames: the old directory is the one that counts. */
function restoreReplaced(env: Env, path: string): void {
  if (env.fs.stat(replaced(path)) === undefined) return;
  if (env.fs.stat(path) === undefined) env.fs.rename(replaced(path), path);
  else removeTree(env, replaced(path));
  syncName(env, path);
}
