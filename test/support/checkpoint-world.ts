/**
 * Small worlds for tests of checkpoints: a storage with its origins on a memory disk, filled from a
 * seed or by hand, and the round trip through a file.
 */
import { type AdastraError, type Result, hexOf } from '../../src/core/index.ts';
import type { Prng } from '../../src/core/prng.ts';
import { type MemoryEnv, type MemoryFileSystem, memoryEnv } from '../../src/env/memory/index.ts';
import { NodeCrypto } from '../../src/env/node/index.ts';
import {
  type CheckpointFile,
  type CheckpointHeader,
  type CheckpointInput,
  loadCheckpoint,
  runSlices,
  verifyCheckpoint,
  writeCheckpoint,
} from '../../src/store/checkpoint/index.ts';
import {
  type Cell,
  KIND_PUT,
  KIND_REMOVE,
  OriginTable,
  Storage,
  type View,
  makeCell,
} from '../../src/store/storage/index.ts';

export const DIRECTORY = '/checkpoints';
const CRYPTO = new NodeCrypto();

export interface World {
  readonly storage: Storage;
  readonly origins: OriginTable;
}

/** `count` bytes of the same value. */
export function filled(count: number, value: number): Uint8Array {
  return new Uint8Array(count).fill(value);
}

/** A world whose table already numbered some origins, so that no number is right by chance. */
export function newWorld(strangers = 0): World {
  const origins = new OriginTable();
  for (let index = 0; index < strangers; index++) origins.indexOf(filled(32, 200 + index));
  return { storage: new Storage({ hashSeed: 7, crypto: CRYPTO, origins }), origins };
}

export function memoryDisk(fileSystem?: MemoryFileSystem): MemoryEnv {
  const env = memoryEnv({ seed: 1, crypto: CRYPTO, fileSystem });
  if (env.fs.stat(DIRECTORY) === undefined) {
    env.fs.makeDirectory(DIRECTORY);
    env.fs.syncDirectory('/');
  }
  return env;
}

/** Entries of every sort, in random order: puts, removes, with meta, with siblings and views. */
export function fill(world: World, random: Prng, count: number, valueBytesMax = 60): void {
  for (let number = 0; number < count; number++) {
    const key = `${random.chance(0.1) ? '$' : ''}${random.chance(0.2) ? 'ключ' : 'key'}/${random.u32()}`;
    const seq = 1 + random.below(2 ** 32) * (random.chance(0.1) ? 1000 : 1);
    if (random.chance(0.8)) {
      world.storage.setSingle(key, randomCell(world, random, valueBytesMax), seq);
      continue;
    }
    const siblings = Array.from({ length: 1 + random.below(4) }, () =>
      randomCell(world, random, valueBytesMax),
    );
    world.storage.setSiblings(key, siblings, randomView(random, siblings.length), seq);
  }
}

export function randomCell({ origins }: World, random: Prng, valueBytesMax: number): Cell {
  const isPut = random.chance(0.8);
  const value = filled(isPut ? random.below(valueBytesMax + 1) : 0, 0x41 + random.below(26));
  const meta = random.chance(0.2) ? filled(random.below(20), 9) : undefined;
  return makeCell(
    isPut ? KIND_PUT : KIND_REMOVE,
    isPut ? random.below(3) | (random.chance(0.1) ? 0x80 : 0) : 0,
    value,
    0,
    value.length,
    meta,
    1.7e12 + random.below(1e9),
    random.below(65_536),
    origins.indexOf(filled(32, 1 + random.below(5))),
    1 + random.below(random.chance(0.5) ? 100 : 2 ** 32) * (random.chance(0.1) ? 60_000 : 1),
  );
}

function randomView(random: Prng, count: number): View {
  const views: readonly View[] = [
    { kind: 'greatest' },
    { kind: 'undecided' },
    { kind: 'sibling', index: random.below(count) },
    { kind: 'value', valueHead: 1, bytes: filled(random.below(300), 0x42) },
  ];
  return views[random.below(views.length)] as View;
}

export function inputOf(
  world: World,
  seq: number,
  sections: ReadonlyMap<string, Uint8Array> = new Map([['vector', filled(40, 5)]]),
): CheckpointInput {
  return {
    worldId: filled(16, 0xa1),
    logId: filled(16, 0xb2),
    seq,
    digest: filled(32, 0xc3),
    stateHash: filled(32, 0xd4),
    contentHash: filled(32, 0xe5),
    snapshot: world.storage.snapshot(),
    origins: world.origins,
    sections,
    storage: world.storage,
  };
}

/** Writes a checkpoint and releases its snapshot. */
export async function writeWorld(
  env: MemoryEnv,
  world: World,
  seq: number,
  sections?: ReadonlyMap<string, Uint8Array>,
): Promise<CheckpointFile> {
  const input = inputOf(world, seq, sections);
  try {
    return await runSlices(env, writeCheckpoint(env, DIRECTORY, input));
  } finally {
    input.snapshot.release();
  }
}

/** Loads into a new world. */
export function loadWorld(
  env: Pick<MemoryEnv, 'fs' | 'crypto'>,
  file: string,
): World & { readonly result: ReturnType<typeof loadCheckpoint> } {
  const world = newWorld(3);
  const result = loadCheckpoint(env, file, world.storage, { origins: world.origins });
  return { ...world, result };
}

/** The verdict of a whole verification, in one go. */
export function verify(
  env: Pick<MemoryEnv, 'fs' | 'crypto'>,
  file: string,
): Result<CheckpointHeader, AdastraError> {
  const work = verifyCheckpoint(env, file);
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/** Everything that a checkpoint must keep of a state, comparable across origin tables. */
export function dump({ storage, origins }: World): unknown[] {
  const rows: unknown[] = [];
  const cursor = storage.range({ includeSystem: true, includeAbsent: true });
  while (cursor.next()) {
    const { siblings, view, seq } = cursor.entry();
    const cells = siblings.map((cell) => ({
      kind: cell.kind,
      head: cell.valueHead,
      value: hexOf(cell.source, cell.start, cell.end),
      meta: cell.meta && hexOf(cell.meta),
      stamp: `${cell.ms}-${cell.counter}-${origins.text(cell.origin)}-${cell.originSeq}`,
    }));
    const shown = view.kind === 'value' ? { ...view, bytes: hexOf(view.bytes) } : view;
    rows.push([cursor.key, seq, shown, cells]);
  }
  return rows;
}
