/**
 * Moving what cannot be used, or is used no longer, to `aside/`, where it stays for whoever wants
 * to look. A move is planned first, so that one that a crash cut off can be gone on with.
 */
import type { Env } from '../env/index.ts';

/** One file or directory on its way to `aside/`; names below the data directory. */
export interface AsideMove {
  readonly from: string;
  readonly to: string;
  readonly bytes: number;
}

/** A move of `from` (such as `checkpoints/x`) to a name in `aside/` that is free. */
export function planMove(env: Env, dataDir: string, from: string, name: string): AsideMove {
  const { fs } = env;
  let free = name;
  for (let count = 2; fs.stat(fs.resolve(dataDir, 'aside', free)) !== undefined; count++) {
    free = `${name}-${count}`;
  }
  return { from, to: `aside/${free}`, bytes: bytesOf(env, fs.resolve(dataDir, from)) };
}

/** Makes `aside/` where it is missing. */
export function makeAside(env: Env, dataDir: string): void {
  const aside = env.fs.resolve(dataDir, 'aside');
  if (env.fs.stat(aside) !== undefined) return;
  env.fs.makeDirectory(aside);
  env.fs.syncDirectory(dataDir);
}

/** Moves, durable when this returns; what has been moved already is passed over. */
export function moveAside(env: Env, dataDir: string, moves: readonly AsideMove[]): void {
  const { fs } = env;
  if (moves.length === 0) return;
  makeAside(env, dataDir);
  for (const { from, to } of moves) {
    const source = fs.resolve(dataDir, from);
    if (fs.stat(source) === undefined) continue;
    fs.rename(source, fs.resolve(dataDir, to));
    // A crash between the two syncs can leave both names of one file: a rename then does nothing.
    if (fs.stat(source)?.kind === 'file') fs.removeFile(source);
    // The arrival first: a name that is in neither place would be a loss.
    fs.syncDirectory(fs.resolve(dataDir, 'aside'));
    fs.syncDirectory(fs.resolve(source, '..'));
  }
}

function bytesOf(env: Env, path: string): number {
  const { fs } = env;
  const stat = fs.stat(path);
  if (stat === undefined) return 0;
  if (stat.kind !== 'directory') return stat.sizeBytes;
  return fs.list(path).reduce((sum, name) => sum + bytesOf(env, fs.resolve(path, name)), 0);
}
