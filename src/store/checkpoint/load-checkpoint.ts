/**
 * A checkpoint into an empty L1. Nothing is believed before it is checked: header, footer and index
 * first, then each block and section by its own checksum. On damage the result is an error and the
 * storage holds a part: throw it away and begin again with the older checkpoint. Whether the
 * checkpoint belongs to the log (seq, digest) is for the caller to compare (D16).
 */
import {
  AdastraError,
  ORIGIN_BYTES,
  type Result,
  equalBytes,
  hexOf,
  readUtf8,
} from '../../core/index.ts';
import type { Env } from '../../env/index.ts';
import type { Cell, OriginTable, Storage, View } from '../storage/index.ts';
import { BlockParser, type EntrySink } from './block-parser.ts';
import { attempt, damaged } from './checkpoint-fault.ts';
import type { CheckpointHeader } from './checkpoint-header.ts';
import { type CheckpointReader, readHeader, withReader } from './checkpoint-reader.ts';
import { ORIGINS_SECTION } from './format.ts';

/** What entries are loaded into. */
export type CheckpointTarget = Pick<Storage, 'loadSorted' | 'setSiblings'>;

/** What stands in a checkpoint beside the entries. */
export interface LoadedCheckpoint {
  readonly header: CheckpointHeader;
  /** By name, each on memory of its own; as they were given to the writer. */
  readonly sections: ReadonlyMap<string, Uint8Array>;
}

/** What a checkpoint is read with. */
export interface LoadOptions {
  /** The table of the storage; the origins that the file names are added. */
  readonly origins: OriginTable;
  /** 16 bytes; a checkpoint of another world is `world_mismatch`. */
  readonly worldId?: Uint8Array | undefined;
}

/** The ports that reading needs. */
export type ReadingEnv = Pick<Env, 'fs' | 'crypto'>;

/** The header alone: `checkpoint_damaged`, `upgrade_needed` or `io_error` if it cannot be read. */
export function readCheckpointHeader(
  env: ReadingEnv,
  file: string,
): Result<CheckpointHeader, AdastraError> {
  return attempt(file, () => {
    const open = env.fs.open(file, 'read');
    try {
      return readHeader(env.crypto, open, file);
    } finally {
      open.close();
    }
  });
}

/**
 * Fills an empty `storage`. Errors: `checkpoint_damaged` (details: file, offset, reason),
 * `upgrade_needed`, `world_mismatch`, `io_error`.
 */
export function loadCheckpoint(
  env: ReadingEnv,
  file: string,
  storage: CheckpointTarget,
  options: LoadOptions,
): Result<LoadedCheckpoint, AdastraError> {
  return attempt(file, () =>
    withReader(env, file, (reader) => {
      checkWorld(reader.header, file, options.worldId);
      const parser = new BlockParser(readOrigins(reader, file, options.origins));
      const sink = new StorageSink(storage);
      const count = reader.index.blocks.length;
      for (let number = 0; number < count; number++) reader.readBlock(number, parser, sink);
      return { header: reader.header, sections: readSections(reader) };
    }),
  );
}

/**
 * Those of the named sections that the file has, and nothing else of it. Errors as
 * `loadCheckpoint`.
 */
export function readNamedSections(
  env: ReadingEnv,
  file: string,
  names: readonly string[],
): Result<ReadonlyMap<string, Uint8Array>, AdastraError> {
  return attempt(file, () =>
    withReader(env, file, (reader) => {
      const sections = new Map<string, Uint8Array>();
      for (const name of names) {
        const bytes = reader.readSection(name);
        if (bytes !== undefined) sections.set(name, bytes);
      }
      return sections;
    }),
  );
}

/** At each number of the file the number in `origins`, where those that are new are added. */
export function readOrigins(
  reader: CheckpointReader,
  file: string,
  origins: OriginTable,
): Int32Array {
  const bytes = reader.readSection(ORIGINS_SECTION);
  const count = reader.header.originCount;
  if (bytes === undefined || bytes.length !== count * ORIGIN_BYTES) {
    throw damaged(file, 0, `the header tells of ${count} origins, the section of others`);
  }
  const numbers = new Int32Array(count);
  for (let number = 0; number < count; number++) {
    const start = number * ORIGIN_BYTES;
    numbers[number] = origins.indexOf(bytes.subarray(start, start + ORIGIN_BYTES));
  }
  return numbers;
}

function checkWorld(
  header: CheckpointHeader,
  file: string,
  expected: Uint8Array | undefined,
): void {
  if (expected === undefined || equalBytes(header.worldId, expected)) return;
  const [found, ours] = [hexOf(header.worldId), hexOf(expected)];
  throw new AdastraError('world_mismatch', `${file} belongs to world ${found}, not to ${ours}`, {
    hint: 'checkpoints of different worlds do not mix; look which directory it came from',
    details: { file, found, expected: ours },
  });
}

function readSections(reader: CheckpointReader): Map<string, Uint8Array> {
  const sections = new Map<string, Uint8Array>();
  for (const { name } of reader.index.sections) {
    if (name !== ORIGINS_SECTION) sections.set(name, reader.readSection(name) as Uint8Array);
  }
  return sections;
}

class StorageSink implements EntrySink {
  readonly #storage: CheckpointTarget;

  constructor(storage: CheckpointTarget) {
    this.#storage = storage;
  }

  single(source: Uint8Array, keyStart: number, keyEnd: number, cell: Cell, seq: number): void {
    this.#storage.loadSorted(source, keyStart, keyEnd, cell, seq);
  }

  many(
    source: Uint8Array,
    keyStart: number,
    keyEnd: number,
    siblings: readonly Cell[],
    view: View,
    seq: number,
  ): void {
    this.#storage.setSiblings(readUtf8(source, keyStart, keyEnd), siblings, view, seq);
  }
}
