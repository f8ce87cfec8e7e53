/**
 * What lies where in a data directory:
 *
 *     identity/node.json   the node's key and name (or in `identityDir`)
 *     log/                 the commit log
 *     checkpoints/         verified snapshots of the state
 *     aside/               what recovery or repair set aside
 *     log-repaired/        only while a repair puts a new log in place
 *     reauthor.ndjson      own commits that are still to be authored again
 *     dead-letters.ndjson  those that could not be, for somebody to decide
 *     lock                 held by the one writer
 */
import { AdastraError } from '../core/index.ts';
import { type Env, errorCode } from '../env/index.ts';

export function logDirectory(env: Env, dataDir: string): string {
  return env.fs.resolve(dataDir, 'log');
}

export function checkpointDirectory(env: Env, dataDir: string): string {
  return env.fs.resolve(dataDir, 'checkpoints');
}

export function identityDirectory(
  env: Env,
  dataDir: string,
  identityDir: string | undefined,
): string {
  return identityDir === undefined
    ? env.fs.resolve(dataDir, 'identity')
    : env.fs.resolve(identityDir);
}

export function lockFile(env: Env, dataDir: string): string {
  return env.fs.resolve(dataDir, 'lock');
}

/** What stands at the path of a data directory. */
export type DirectoryState = 'missing' | 'empty' | 'world' | 'foreign';

/** Throws `not_a_directory` or `permission_denied`. */
export function directoryState(env: Env, dataDir: string): DirectoryState {
  const path = env.fs.resolve(dataDir);
  try {
    const stat = env.fs.stat(path);
    if (stat === undefined) return 'missing';
    if (stat.kind !== 'directory') throw notADirectory(path);
    if (env.fs.stat(logDirectory(env, path)) !== undefined) return 'world';
    if (env.fs.stat(env.fs.resolve(path, 'log-repaired')) !== undefined) return 'world';
    return env.fs.list(path).length === 0 ? 'empty' : 'foreign';
  } catch (error) {
    if (AdastraError.is(error)) throw error;
    if (errorCode(error) === 'ENOTDIR') throw notADirectory(path);
    throw diskError(error, `cannot look into ${path}`);
  }
}

function notADirectory(path: string): AdastraError {
  return new AdastraError('not_a_directory', `${path} is not a directory`, {
    hint: 'name a directory, or a path where one can be made',
    details: { path },
  });
}

/** An error of a port as the public surface names it. */
export function diskError(cause: unknown, what: string): AdastraError {
  if (AdastraError.is(cause)) return cause;
  const code = errorCode(cause);
  // What no disk said is a fault of ours: it must not pass for one of the disk's.
  if (code === undefined || code.startsWith('ERR_')) throw cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const details = { systemCode: code };
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new AdastraError('permission_denied', `${what}: ${reason}`, { details, cause });
  }
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') {
    return new AdastraError('disk_full', `${what}: ${reason}`, { details, cause });
  }
  if (code === 'ENOTDIR') {
    return new AdastraError('not_a_directory', `${what}: ${reason}`, { details, cause });
  }
  return new AdastraError('io_error', `${what}: ${reason}`, { details, cause });
}

/**
 * Makes a directory and those above it that are missing. One that is there may have been made by an
 * attempt that was killed before its name was durable: it is made so. Throws what the disk says,
 * typed.
 */
export function makeDirectories(env: Env, path: string): void {
  try {
    makeMissing(env, path);
  } catch (error) {
    throw diskError(error, `cannot make ${path}`);
  }
}

function makeMissing(env: Env, path: string): void {
  const absolute = env.fs.resolve(path);
  if (env.fs.stat(absolute) !== undefined) {
    syncName(env, absolute);
    return;
  }
  const parent = env.fs.resolve(absolute, '..');
  if (parent !== absolute) makeMissing(env, parent);
  env.fs.makeDirectory(absolute);
  env.fs.syncDirectory(parent);
}

/** Makes the name of a directory durable, where we may open what holds it. */
export function syncName(env: Env, path: string): void {
  try {
    env.fs.syncDirectory(env.fs.resolve(path, '..'));
  } catch (error) {
    const code = errorCode(error);
    // Above our own directories others decide; what we may not open we did not make either.
    if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EROFS') throw error;
  }
}

/** Removes a directory and all below it, if it is there. */
export function removeTree(env: Env, path: string): void {
  const stat = env.fs.stat(path);
  if (stat === undefined) return;
  if (stat.kind !== 'directory') {
    env.fs.removeFile(path);
    return;
  }
  for (const name of env.fs.list(path)) removeTree(env, env.fs.resolve(path, name));
  env.fs.removeDirectory(path);
}

/** Writes a small file so that it is there whole or not at all. */
export function placeFile(env: Env, directory: string, name: string, bytes: Uint8Array): void {
  const aside = env.fs.resolve(directory, `${name}.tmp`);
  if (env.fs.stat(aside) !== undefined) env.fs.removeFile(aside);
  const file = env.fs.open(aside, 'create');
  try {
    for (let at = 0; at < bytes.length; ) at += file.write(bytes, at, bytes.length - at, at);
    file.sync();
  } finally {
    file.close();
  }
  env.fs.rename(aside, env.fs.resolve(directory, name));
  env.fs.syncDirectory(directory);
}

/** A whole file. */
export function readFile(env: Env, path: string): Uint8Array {
  const file = env.fs.open(path, 'read');
  try {
    const bytes = new Uint8Array(file.stat().sizeBytes);
    let at = 0;
    while (at < bytes.length) {
      const count = file.read(bytes, at, bytes.length - at, at);
      if (count === 0) break;
      at += count;
    }
    return bytes.subarray(0, at);
  } finally {
    file.close();
  }
}
