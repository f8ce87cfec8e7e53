/**
 * A snapshot of L1 into a file of its own, in slices: written aside, made durable, read back whole
 * and checked, only then given its name. Until that name is durable the checkpoint before it
 * stands; at no moment is there a file of the right name that is not whole (D12, D13). The disk is
 * asked to keep up every few MiB, so that the log's own flushes never wait for a whole checkpoint.
 */
import { AdastraError, assert } from '../../core/index.ts';
import type { Env, File } from '../../env/index.ts';
import type { OriginTable, Storage, StorageSnapshot } from '../storage/index.ts';
import { diskFault } from './checkpoint-fault.ts';
import { type CheckpointIdentity, CheckpointWriter } from './checkpoint-writer.ts';
import { ASIDE, ORIGINS_SECTION, checkpointName } from './format.ts';
import { type Slices, syncInSlices } from './slices.ts';
import { verifyCheckpoint } from './verify-checkpoint.ts';

/** A checkpoint that stands. */
export interface CheckpointFile {
  readonly seq: number;
  /** The whole path. */
  readonly file: string;
  readonly sizeBytes: number;
  readonly entryCount: number;
}

/** What a checkpoint is made of. The snapshot stays the caller's, who releases it afterwards. */
export interface CheckpointInput extends CheckpointIdentity {
  readonly snapshot: StorageSnapshot;
  readonly origins: OriginTable;
  /** Bytes by name, `projections/<name>` among them; `origins` is the writer's own. */
  readonly sections: ReadonlyMap<string, Uint8Array>;
  /** Given, keys not sorted in yet are sorted in slices first, not all at once. */
  readonly storage?: Pick<Storage, 'settle'> | undefined;
}

const SYNC_BYTES = 8 * 1024 * 1024;
const SLICE_ENTRIES = 1000;
const SETTLE_ENTRIES = 2048;

/**
 * Writes the checkpoint of `input.seq` into `directory`, which must exist; one at a time. Replaces
 * one of the same seq. Throws `disk_full` or `io_error`, then nothing of it is left; ending the
 * generator early (`return`, not while a promise that it gave is open) leaves nothing either.
 */
export function* writeCheckpoint(
  env: Pick<Env, 'fs' | 'crypto'>,
  directory: string,
  input: CheckpointInput,
): Slices<CheckpointFile> {
  assert(
    !input.sections.has(ORIGINS_SECTION),
    'the section of origins is written by the checkpoint itself',
  );
  const file = env.fs.resolve(directory, checkpointName(input.seq));
  const aside = `${file}${ASIDE}`;
  let isNamed = false;
  try {
    removeIfThere(env, aside);
    const written = yield* writeAside(env, aside, input);
    yield* readBack(env, aside);
    env.fs.rename(aside, file);
    isNamed = true;
    yield;
    env.fs.syncDirectory(directory);
    return { seq: input.seq, file, ...written };
  } catch (error) {
    throw diskFault(error, file);
  } finally {
    if (!isNamed) tidy(env, aside);
  }
}

function* writeAside(
  env: Pick<Env, 'fs' | 'crypto'>,
  aside: string,
  input: CheckpointInput,
): Slices<{ sizeBytes: number; entryCount: number }> {
  const file = env.fs.open(aside, 'create');
  try {
    const writer = new CheckpointWriter(env.crypto, file, input, input.origins);
    const pace = new Pace(file, writer);
    yield* writeEntries(writer, input, pace);
    yield* pace.during(writer.section(ORIGINS_SECTION, writer.originBytes()));
    for (const [name, bytes] of input.sections) yield* pace.during(writer.section(name, bytes));
    writer.finish();
    yield* syncInSlices(file);
    return { sizeBytes: writer.position, entryCount: writer.entryCount };
  } finally {
    file.close();
  }
}

function* writeEntries(writer: CheckpointWriter, input: CheckpointInput, pace: Pace): Slices<void> {
  const { snapshot, storage } = input;
  while (storage?.settle(SETTLE_ENTRIES) === false) yield;
  const cursor = snapshot.range({ includeSystem: true, includeAbsent: true });
  let sinceYield = 0;
  while (cursor.next()) {
    const isBlockWritten = writer.add(cursor.key, cursor.entry());
    if (!isBlockWritten && ++sinceYield < SLICE_ENTRIES) continue;
    sinceYield = 0;
    yield* pace.step();
  }
  writer.endBlock();
}

/** Ends a slice, and lets the disk catch up when much was written. */
class Pace {
  readonly #file: File;
  readonly #writer: CheckpointWriter;
  #synced = 0;

  constructor(file: File, writer: CheckpointWriter) {
    this.#file = file;
    this.#writer = writer;
  }

  *step(): Slices<void> {
    yield;
    if (this.#writer.position - this.#synced < SYNC_BYTES) return;
    this.#synced = this.#writer.position;
    yield* syncInSlices(this.#file);
  }

  *during(work: Generator<undefined, void, void>): Slices<void> {
    for (const _ of work) yield* this.step();
  }
}

/** What was meant to be written must be what the disk gives back. */
function* readBack(env: Pick<Env, 'fs' | 'crypto'>, aside: string): Slices<void> {
  const verified = yield* verifyCheckpoint(env, aside);
  if (verified.ok) return;
  const { error } = verified;
  throw new AdastraError(
    'io_error',
    `a checkpoint was written and not read back: ${error.message}`,
    {
      hint: 'the disk or the memory is failing; the checkpoint before this one still stands',
      details: error.details,
      cause: error,
    },
  );
}

function removeIfThere(env: Pick<Env, 'fs'>, path: string): void {
  if (env.fs.stat(path) !== undefined) env.fs.removeFile(path);
}

/** What fails here counts less than why we are here; the next `dropCheckpoints` tries again. */
function tidy(env: Pick<Env, 'fs'>, aside: string): void {
  try {
    removeIfThere(env, aside);
  } catch {
    // Told above.
  }
}
