/**
 * Backup of a running node and restore. A backup is a directory like a data directory without
 * identity, lock and what was set aside: checkpoints and log up to one moment. Copying needs no
 * pause of the writer: closed segments never change, of the newest what is there is taken up to the
 * last whole batch that is durable.
 */
import { AdastraError } from '../core/index.ts';
import type { Env } from '../env/index.ts';
import { listCheckpoints } from '../store/checkpoint/index.ts';
import {
  checkpointDirectory,
  diskError,
  directoryState,
  identityDirectory,
  logDirectory,
  makeDirectories,
  placeFile,
  readFile,
  removeTree,
} from './directory.ts';
import { copyFile } from './copy-file.ts';
import type { EngineParts } from './engine-parts.ts';
import { loadIdentity, newIdentity, saveIdentity } from './identity.ts';
import type { BackupReport } from './node-api.ts';
import { verifyDirectory } from './verify.ts';

const MANIFEST = 'backup.json';

/** Writes a backup; `already_exists` if there is something at `target`. */
export async function backupNode(parts: EngineParts, target: string): Promise<BackupReport> {
  const { env, log } = parts;
  const path = env.fs.resolve(target);
  requireFree(env, path);
  const aside = `${path}.making`;
  try {
    makeDirectories(env, env.fs.resolve(path, '..'));
    removeTree(env, aside);
    env.fs.makeDirectory(aside);
    const seq = log.durableSeq;
    const copied = await copyAll(env, parts.dataDir, aside, log.stat().segments);
    const manifest = {
      format: 1,
      seq,
      nodeId: parts.identity.nodeId,
      madeAtMs: env.clock.wallMs(),
    };
    placeFile(env, aside, MANIFEST, new TextEncoder().encode(`${JSON.stringify(manifest)}\n`));
    env.fs.rename(aside, path);
    env.fs.syncDirectory(env.fs.resolve(path, '..'));
    return { directory: path, seq, ...copied };
  } catch (error) {
    removeTree(env, aside);
    throw diskError(error, `cannot write the backup ${path}`);
  }
}

async function copyAll(
  env: Env,
  dataDir: string,
  target: string,
  segments: readonly { number: number; bytes: number }[],
): Promise<{ bytes: number; files: number }> {
  let bytes = 0;
  let files = 0;
  const into = async (
    from: string,
    to: string,
    names: readonly { name: string; length?: number }[],
  ): Promise<void> => {
    env.fs.makeDirectory(to);
    for (const { name, length } of names) {
      bytes += await copyFile(env, env.fs.resolve(from, name), env.fs.resolve(to, name), length);
      files++;
    }
    env.fs.syncDirectory(to);
  };
  const checkpoints = listCheckpoints(env, checkpointDirectory(env, dataDir)).map(({ file }) => ({
    name: file.slice(file.lastIndexOf('/') + 1),
  }));
  await into(checkpointDirectory(env, dataDir), checkpointDirectory(env, target), checkpoints);
  const logs = segments.map(({ number, bytes: length }) => ({
    name: `${String(number).padStart(8, '0')}.log`,
    length,
  }));
  await into(logDirectory(env, dataDir), logDirectory(env, target), logs);
  env.fs.syncDirectory(target);
  return { bytes, files };
}

export interface RestoreOptions {
  /** Where the node's key lies from now on, if not in the data directory. */
  readonly identityDir?: string | undefined;
  /** A copy of an identity directory: its key becomes that of the restored node. */
  readonly identityFrom?: string | undefined;
  readonly nodeId?: string | undefined;
}

export interface RestoreReport {
  readonly dataDir: string;
  readonly seq: number;
  readonly bytes: number;
  readonly nodeId: string;
}

/**
 * Makes a data directory out of a backup, after verifying every byte of it. The node gets a key of
 * its own (or keeps the one in `identityDir`) and, like every opening, a new incarnation: it can
 * never write under a name that the original used.
 */
export async function restoreBackup(
  env: Env,
  source: string,
  dataDir: string,
  options: RestoreOptions = {},
): Promise<RestoreReport> {
  const from = env.fs.resolve(source);
  const path = env.fs.resolve(dataDir);
  const seq = readManifest(env, from);
  requireFree(env, path);
  const verified = await verifyDirectory(env, from);
  if (!verified.ok) throw invalid(from, verified.problems[0]?.reason ?? 'it is damaged');
  const aside = `${path}.restoring`;
  try {
    makeDirectories(env, env.fs.resolve(path, '..'));
    removeTree(env, aside);
    env.fs.makeDirectory(aside);
    const segments = env.fs.list(logDirectory(env, from)).map((name) => segmentOf(env, from, name));
    const { bytes } = await copyAll(env, from, aside, segments);
    const nodeId = restoreIdentity(env, aside, options);
    env.fs.rename(aside, path);
    env.fs.syncDirectory(env.fs.resolve(path, '..'));
    return { dataDir: path, seq, bytes, nodeId };
  } catch (error) {
    removeTree(env, aside);
    throw diskError(error, `cannot restore to ${path}`);
  }
}

function segmentOf(env: Env, directory: string, name: string): { number: number; bytes: number } {
  const bytes = env.fs.stat(env.fs.resolve(logDirectory(env, directory), name))?.sizeBytes ?? 0;
  return { number: Number(name.slice(0, 8)), bytes };
}

function restoreIdentity(
  env: Env,
  directory: string,
  { identityDir, identityFrom, nodeId }: RestoreOptions,
): string {
  if (identityFrom !== undefined) {
    const identity = loadIdentity(env, directory, identityFrom);
    saveIdentity(env, identityDirectory(env, directory, identityDir), identity);
    return identity.nodeId;
  }
  if (
    identityDir !== undefined &&
    env.fs.stat(env.fs.resolve(identityDir, 'node.json')) !== undefined
  ) {
    return loadIdentity(env, directory, identityDir).nodeId;
  }
  const identity = newIdentity(env, nodeId);
  saveIdentity(env, identityDirectory(env, directory, identityDir), identity);
  return identity.nodeId;
}

/** The seq that a backup was made at; throws `backup_invalid`. */
export function readManifest(env: Env, directory: string): number {
  try {
    const text = new TextDecoder().decode(readFile(env, env.fs.resolve(directory, MANIFEST)));
    const manifest = JSON.parse(text) as { format?: unknown; seq?: unknown };
    if (manifest.format === 1 && Number.isSafeInteger(manifest.seq)) return manifest.seq as number;
  } catch {
    throw invalid(directory, `there is no readable ${MANIFEST}`);
  }
  throw invalid(directory, `${MANIFEST} is of another format`);
}

function requireFree(env: Env, path: string): void {
  const state = directoryState(env, path);
  if (state === 'missing' || state === 'empty') return;
  throw new AdastraError('already_exists', `${path} is not empty`, { details: { path } });
}

function invalid(path: string, reason: string): AdastraError {
  return new AdastraError('backup_invalid', `${path} is no usable backup: ${reason}`, {
    details: { path, reason },
  });
}
