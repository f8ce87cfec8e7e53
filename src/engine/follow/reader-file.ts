/**
 * `reader.json`: makes a directory a read daemon's and names what that follows. Nobody writes to
 * such a directory but its read daemon; whoever wants to follow it follows what it names.
 */
import { AdastraError } from '../../core/index.ts';
import type { Env } from '../../env/index.ts';
import { readFile } from '../directory.ts';
import type { FollowSource } from './source.ts';

export const READER_FILE = 'reader.json';
/** Read daemons of read daemons of …; more is a circle. */
const STEPS_MAX = 16;

export function isReaderDirectory(env: Env, dataDir: string): boolean {
  return env.fs.stat(env.fs.resolve(dataDir, READER_FILE)) !== undefined;
}

/** Throws `read_only` where a directory is a read daemon's: its log is a copy of another's. */
export function checkNoReader(env: Env, dataDir: string): void {
  if (!isReaderDirectory(env, dataDir)) return;
  throw new AdastraError('read_only', `${dataDir} is the directory of a read daemon`, {
    hint: 'write to the node that it follows; adastra read --follow opens it',
    details: { path: dataDir },
  });
}

/**
 * Whose log lies where in the end: a read daemon that follows a directory has no log of its own, so
 * whoever follows it follows that directory. Throws `invalid_options` for a circle.
 */
export function logSourceOf(env: Env, path: string): string {
  let directory = env.fs.resolve(path);
  for (let step = 0; step < STEPS_MAX; step++) {
    const source = readSource(env, directory);
    if (source?.kind !== 'directory') return directory;
    directory = env.fs.resolve(source.path);
  }
  throw new AdastraError('invalid_options', `${path} follows itself`, { details: { path } });
}

function readSource(env: Env, dataDir: string): FollowSource | undefined {
  if (!isReaderDirectory(env, dataDir)) return undefined;
  try {
    const text = new TextDecoder().decode(readFile(env, env.fs.resolve(dataDir, READER_FILE)));
    return (JSON.parse(text) as { source?: FollowSource }).source;
  } catch (cause) {
    throw new AdastraError('invalid_options', `${dataDir}/${READER_FILE} cannot be read`, {
      hint: 'remove the directory, the read daemon makes it again',
      cause,
    });
  }
}
