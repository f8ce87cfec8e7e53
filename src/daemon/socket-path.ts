/**
 * Where the socket of a data directory lies: `node.sock` in it, or, where that path is longer than
 * sockets take (longer ones are cut off silently) or the file system has no sockets, a hashed name
 * in a directory of ours under the runtime directory. That one is 0700 and must be ours: a name
 * under /tmp that somebody else made first is refused. On Windows a named pipe (written for, not
 * tested).
 */
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { AdastraError } from '../core/index.ts';

const PATH_BYTES_MAX = 100;

/** The places to try, in this order; those but the first are made when they are tried. */
export function socketPaths(
  dataDir: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): readonly string[] {
  const name = createHash('sha256').update(realpathSync(dataDir)).digest('hex').slice(0, 32);
  if (process.platform === 'win32') return [`\\\\.\\pipe\\adastra-${name}`];
  const runtime = env['XDG_RUNTIME_DIR'];
  const roots = [runtime === '' ? undefined : runtime, tmpdir(), '/tmp'];
  const beside = roots
    .filter((root) => root !== undefined)
    .map((root) => join(root, `adastra-${process.getuid?.() ?? 0}`, `${name}.sock`));
  return [join(dataDir, 'node.sock'), ...new Set(beside)].filter(fits);
}

function fits(path: string): boolean {
  return Buffer.byteLength(path) <= PATH_BYTES_MAX;
}

/** Makes the directory of ours; throws `permission_denied` where it is not ours alone. */
export function makeSocketDirectory(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const { uid, mode } = lstatSync(path);
  const isOurs =
    lstatSync(path).isDirectory() && uid === process.getuid?.() && (mode & 0o077) === 0;
  if (isOurs) return;
  throw new AdastraError('permission_denied', `${path} is not a directory of this user alone`, {
    hint: 'remove it, or set XDG_RUNTIME_DIR to a directory of yours',
    details: { path },
  });
}

/** Whether the socket there was made by whoever owns the directory, or by us. */
export function isTrusted(socket: string, dataDir: string): boolean {
  if (process.platform === 'win32') return true;
  try {
    const { uid } = lstatSync(socket);
    return uid === process.getuid?.() || uid === lstatSync(realpathSync(dataDir)).uid;
  } catch {
    return false;
  }
}
