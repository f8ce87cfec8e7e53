/**
 * The one-writer lock of a directory: who holds it is told to the one who is refused.
 */
import { AdastraError } from '../core/index.ts';
import { type Env, errorCode, type FileLock } from '../env/index.ts';
import { diskError, lockFile } from './directory.ts';

/** Throws `locked` (with the holder), `lock_unavailable`, or what the disk says. */
export async function takeLock(env: Env, dataDir: string): Promise<FileLock> {
  const path = lockFile(env, dataDir);
  const { pid, hostname } = env.host;
  const note = JSON.stringify({ pid, hostname, sinceMs: env.clock.wallMs() });
  try {
    return await env.fs.lock(path, note);
  } catch (error) {
    throw lockError(env, path, error);
  }
}

function lockError(env: Env, path: string, error: unknown): AdastraError {
  const code = errorCode(error);
  if (code === 'ELOCKUNAVAILABLE') {
    return new AdastraError('lock_unavailable', `this platform offers no lock for ${path}`, {
      hint: 'install the optional dependency fs-native-extensions',
      cause: error,
    });
  }
  if (code !== 'ELOCKED') return diskError(error, `cannot lock ${path}`);
  const holder = parseHolder((error as { holder?: string }).holder);
  const own = holder?.pid === env.host.pid;
  const who =
    holder === undefined ? 'another process' : `process ${holder.pid} on ${holder.hostname}`;
  return new AdastraError('locked', `the directory is in use by ${own ? 'this process' : who}`, {
    hint: own
      ? 'keep one Client per directory (with hot reload: on globalThis)'
      : 'use that process, or close it; the lock ends with it, kill -9 included',
    details: { path, holder },
    cause: error,
  });
}

function parseHolder(note: string | undefined): { pid: number; hostname: string } | undefined {
  try {
    const parsed = JSON.parse(note ?? '') as { pid?: unknown; hostname?: unknown };
    if (typeof parsed.pid !== 'number') return undefined;
    return { pid: parsed.pid, hostname: String(parsed.hostname) };
  } catch {
    return undefined;
  }
}
