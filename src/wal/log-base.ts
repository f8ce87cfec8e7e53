/**
 * Where the log of a directory begins, without opening it.
 */
import type { Env } from '../env/index.ts';
import { listSegments, logPaths, readHeader, segmentPath, withFile } from './log-files.ts';

/**
 * The seq behind which the log begins: 0 where nothing was let go; `undefined` where there is no
 * log, or its first segment cannot be read. Throws what the disk says.
 */
export function baseSeqOf(env: Env, directory: string): number | undefined {
  const paths = logPaths(env, directory);
  const [first] = listSegments(env, paths);
  if (first === undefined) return undefined;
  const reading = withFile(env.fs, segmentPath(env, paths, first), (file) => readHeader(env, file));
  return reading.kind === 'header' ? reading.header.firstSeq - 1 : undefined;
}
