/**
 * Reads a whole checkpoint and believes nothing: every checksum, every entry, the order of the
 * keys, the counts. In slices, so that it can run beside the work of a node; after writing, before
 * retention deletes anything below a base, and in the background (INV-13).
 */
import { type AdastraError, MalformedBytes, type Result, err, ok } from '../../core/index.ts';
import { type Cell, OriginTable, type View } from '../storage/index.ts';
import { BlockParser, type EntrySink } from './block-parser.ts';
import { readingFault } from './checkpoint-fault.ts';
import type { CheckpointHeader } from './checkpoint-header.ts';
import { CheckpointReader } from './checkpoint-reader.ts';
import { type ReadingEnv, readOrigins } from './load-checkpoint.ts';
import { BLOCK_BYTES } from './format.ts';
import type { Slices } from './slices.ts';

const SLICE_BYTES = 4 * BLOCK_BYTES;
const KEY_BYTES_MAX = 0xffff;

/**
 * Checks all of `file`, some 256 KiB (at least one block) a slice. Errors: as `loadCheckpoint`.
 */
export function* verifyCheckpoint(
  env: ReadingEnv,
  file: string,
): Slices<Result<CheckpointHeader, AdastraError>> {
  try {
    const open = env.fs.open(file, 'read');
    try {
      const reader = new CheckpointReader(env.crypto, open, file);
      yield* checkAll(reader, file);
      return ok(reader.header);
    } finally {
      open.close();
    }
  } catch (error) {
    return err(readingFault(error, file));
  }
}

function* checkAll(reader: CheckpointReader, file: string): Slices<void> {
  const { blocks, sections } = reader.index;
  const parser = new BlockParser(readOrigins(reader, file, new OriginTable()));
  const order = new OrderSink();
  let bytes = 0;
  for (let number = 0; number < blocks.length; number++) {
    reader.readBlock(number, parser, order);
    bytes += blocks[number]?.length ?? 0;
    if (bytes < SLICE_BYTES) continue;
    bytes = 0;
    yield;
  }
  for (let number = 0; number < sections.length; number++) yield* reader.checkSection(number);
}

/** Looks only at the order: each key must be above the one before it. */
class OrderSink implements EntrySink {
  readonly #before = new Uint8Array(KEY_BYTES_MAX);
  #length = 0;

  single(source: Uint8Array, keyStart: number, keyEnd: number, _cell: Cell, _seq: number): void {
    this.#next(source, keyStart, keyEnd);
  }

  many(
    source: Uint8Array,
    keyStart: number,
    keyEnd: number,
    _siblings: readonly Cell[],
    _view: View,
    _seq: number,
  ): void {
    this.#next(source, keyStart, keyEnd);
  }

  #next(source: Uint8Array, start: number, end: number): void {
    const before = this.#before;
    const length = end - start;
    if (length > KEY_BYTES_MAX) throw new MalformedBytes(`a key of ${length} bytes`);
    let at = 0;
    while (at < length && at < this.#length && source[start + at] === before[at]) at++;
    const isAbove =
      at < length &&
      (at === this.#length || (source[start + at] as number) > (before[at] as number));
    if (!isAbove) throw new MalformedBytes('keys are not in ascending order');
    for (; at < length; at++) before[at] = source[start + at] as number;
    this.#length = length;
  }
}
