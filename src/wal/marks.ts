/**
 * What stands behind a bad frame. Its length cannot be trusted, so every byte is a place where a
 * valid header may begin; its checksum, seeded with exactly that place, tells. The marks found
 * there prove how far the log had been synced, and so whether what is bad was committed.
 */
import type { Env, File } from '../env/index.ts';
import { placeSeed, segmentSeed } from './checksum.ts';
import { FRAME_HEADER_BYTES } from './format.ts';
import { FrameHeader, parseFrameHeader } from './frame.ts';
import { type LogPaths, readHeader, segmentPath, withFile } from './log-files.ts';

const SCAN_BYTES = 1024 * 1024;
const MARKER_FIRST_BYTE = 0x41;

/** What valid headers behind a bad place say. */
export interface Behind {
  /** The greatest synced-through seq, 0 if there is none. */
  readonly mark: number;
  /** The greatest last seq, 0 if there is none. */
  readonly lastSeq: number;
  /** Where the first valid header stands, if any. */
  readonly firstOffset: number | undefined;
}

/** Where the first valid frame header at or behind `start` stands, if there is one. */
export function nextHeader(file: File, seed: number, start: number): number | undefined {
  return look(file, seed, start, true).firstOffset;
}

/** Looks through `file` from `start` on; `seed` is that of its segment. */
export function lookBehind(file: File, seed: number, start: number): Behind {
  return look(file, seed, start, false);
}

function look(file: File, seed: number, start: number, firstOnly: boolean): Behind {
  const buffer = new Uint8Array(SCAN_BYTES);
  const header = new FrameHeader();
  const found = { mark: 0, lastSeq: 0, firstOffset: undefined as number | undefined };
  let position = start;
  for (;;) {
    const filled = fill(file, buffer, position);
    const last = filled - FRAME_HEADER_BYTES;
    let at = buffer.indexOf(MARKER_FIRST_BYTE);
    while (at >= 0 && at <= last) {
      const fault = parseFrameHeader(buffer, at, placeSeed(seed, position + at), header);
      if (fault === undefined || fault === 'unsupported') {
        found.mark = Math.max(found.mark, header.syncedThrough);
        found.lastSeq = Math.max(found.lastSeq, header.lastSeq);
        found.firstOffset ??= position + at;
        if (firstOnly) return found;
      }
      at = buffer.indexOf(MARKER_FIRST_BYTE, at + 1);
    }
    if (filled < buffer.length) return found;
    position += filled - FRAME_HEADER_BYTES + 1;
  }
}

/** The same for whole segments; a valid segment header counts as a mark too. */
export function lookThroughSegments(
  env: Env,
  paths: LogPaths,
  ids: { readonly worldId: Uint8Array; readonly logId: Uint8Array },
  segments: readonly number[],
): Behind {
  let mark = 0;
  let lastSeq = 0;
  for (const segment of segments) {
    withFile(env.fs, segmentPath(env, paths, segment), (file) => {
      const reading = readHeader(env, file);
      if (reading.kind === 'header') mark = Math.max(mark, reading.header.syncedThrough);
      const seed = segmentSeed(ids.worldId, ids.logId, segment);
      const behind = lookBehind(file, seed, 0);
      mark = Math.max(mark, behind.mark);
      lastSeq = Math.max(lastSeq, behind.lastSeq);
    });
  }
  return { mark, lastSeq, firstOffset: undefined };
}

function fill(file: File, buffer: Uint8Array, position: number): number {
  let filled = 0;
  while (filled < buffer.length) {
    const read = file.read(buffer, filled, buffer.length - filled, position + filled);
    if (read === 0) break;
    filled += read;
  }
  return filled;
}
