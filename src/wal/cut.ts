/**
 * Cutting a log back to its good prefix. What is cut off is first copied to `aside/` and made
 * durable; then the later segments go, newest first, and last the segment with the end is replaced
 * by a copy of its good part. A crash at any step leaves a log that the next open cuts at the same
 * place.
 *
 * The copy is made in any case, also when nothing is cut: after an unclean stop the end of the last
 * segment may exist in the page cache only, and syncing the old file again proves nothing.
 */
import type { Env, FileSystem } from '../env/index.ts';
import { segmentName } from './format.ts';
import { copyRange, type LogPaths, placeFileOrThrow, segmentPath, withFile } from './log-files.ts';
import type { SegmentEntry } from './log-index.ts';
import type { BadPlace } from './log-scan.ts';

/** One piece that was copied to `aside/`. */
export interface SetAside {
  readonly file: string;
  readonly bytes: number;
}

/** Copies everything from `bad` on to `aside/`; `kind` ends the names. */
export function setAside(
  env: Env,
  paths: LogPaths,
  bad: BadPlace,
  segments: readonly number[],
  kind: 'torn' | 'damaged',
): SetAside[] {
  const { fs } = env;
  if (fs.stat(paths.aside) === undefined) fs.makeDirectory(paths.aside);
  // Also where it is there: who made it may have been killed before its name was durable.
  fs.syncDirectory(paths.data);
  const pieces: SetAside[] = [];
  for (const segment of segments) {
    if (segment < bad.segment) continue;
    const start = segment === bad.segment ? bad.offset : 0;
    const name = freeName(fs, paths.aside, `${segmentName(segment).slice(0, 8)}-${start}.${kind}`);
    withFile(fs, segmentPath(env, paths, segment), (source) => {
      const end = source.stat().sizeBytes;
      placeFileOrThrow(fs, paths.aside, name, (target) => copyRange(source, start, end, target));
      pieces.push({ file: fs.resolve(paths.aside, name), bytes: end - start });
    });
  }
  return pieces;
}

/** Removes segments behind `last`, newest first, each for good before the next goes. */
export function removeSegmentsAfter(
  env: Env,
  paths: LogPaths,
  last: number,
  segments: readonly number[],
): void {
  for (const segment of segments.toReversed()) {
    if (segment <= last) return;
    env.fs.removeFile(segmentPath(env, paths, segment));
    env.fs.syncDirectory(paths.log);
  }
}

/** Replaces a segment by a copy that ends where its frames end. */
export function copySegment(env: Env, paths: LogPaths, entry: SegmentEntry): void {
  withFile(env.fs, entry.path, (source) => {
    placeFileOrThrow(env.fs, paths.log, segmentName(entry.number), (target) => {
      copyRange(source, 0, entry.bytes, target);
    });
  });
}

function freeName(fs: FileSystem, directory: string, name: string): string {
  let free = name;
  for (let count = 2; fs.stat(fs.resolve(directory, free)) !== undefined; count++) {
    free = `${name}-${count}`;
  }
  return free;
}
