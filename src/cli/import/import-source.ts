/**
 * Where an import reads: a file or stdin, as blocks of bytes, and the id that stands for "this
 * file, as it is now, read in this way".
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { AdastraError } from '../../core/index.ts';
import type { Terminal } from '../terminal.ts';

const BLOCK_BYTES = 256 * 1024;

/** An input that is there. */
export interface ImportSource {
  /** `undefined` for stdin. */
  readonly path: string | undefined;
  /** `undefined` for stdin. */
  readonly bytes: number | undefined;
  /** Changes whenever the file does; `undefined` for stdin. */
  readonly modifiedMs: number | undefined;
  /** Reads it; `onBytes` hears how many bytes have been read so far. */
  readonly blocks: (onBytes: (bytes: number) => void) => AsyncIterable<Uint8Array>;
}

/** The source that FILE or `-` names; `invalid_argument` where there is none. */
export function importSource(terminal: Terminal, name: string): ImportSource {
  if (name !== '-') return fileSource(resolve(terminal.cwd, name));
  if (terminal.stdin.isTTY === true) {
    throw new AdastraError('invalid_argument', '- reads stdin, and stdin is a terminal');
  }
  return {
    path: undefined,
    bytes: undefined,
    modifiedMs: undefined,
    blocks: (onBytes) => counted(terminal.stdin as AsyncIterable<Uint8Array | string>, onBytes),
  };
}

/** The source of a file by its absolute path. */
export function fileSource(path: string): ImportSource {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new AdastraError('invalid_argument', `${path} does not exist`);
  if (!stat.isFile()) throw new AdastraError('invalid_argument', `${path} is not a file`);
  return {
    path,
    bytes: stat.size,
    modifiedMs: stat.mtimeMs,
    blocks: (onBytes) => counted(createReadStream(path, { highWaterMark: BLOCK_BYTES }), onBytes),
  };
}

async function* counted(
  blocks: AsyncIterable<Uint8Array | string>,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const block of blocks) {
    const buffer = typeof block === 'string' ? Buffer.from(block) : block;
    bytes += buffer.length;
    yield buffer;
    onBytes(bytes);
  }
}

/** The id of an import without `--id`: the same file, unchanged, read in the same way. */
export function importIdOf(source: ImportSource, manner: readonly unknown[]): string {
  if (source.path === undefined) return randomUUID();
  const { path, bytes, modifiedMs } = source;
  const text = JSON.stringify([path, bytes, modifiedMs, ...manner]);
  return createHash('sha256').update(text).digest('hex').slice(0, 24);
}
