import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  DIRECTORY,
  dump,
  fill,
  filled,
  inputOf,
  loadWorld,
  memoryDisk,
  newWorld,
  randomCell,
  verify,
  writeWorld,
} from '../../../test/support/checkpoint-world.ts';
import { AdastraError } from '../../core/index.ts';
import { Prng } from '../../core/prng.ts';
import { Frozen } from '../../env/memory/index.ts';
import { dropCheckpoints, dropInSlices, listCheckpoints } from './checkpoint-directory.ts';
import { BLOCK_BYTES, checkpointName } from './format.ts';
import { runSlices } from './slices.ts';
import { writeCheckpoint } from './write-checkpoint.ts';

const pathOf = (seq: number): string => `${DIRECTORY}/${checkpointName(seq)}`;

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!AdastraError.is(error)) throw error ?? new Error('it did not fail');
  return error.code;
}

describe('what is written', () => {
  test('comes back: entries of every sort, sections, header', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 0, max: 400 }), async (seed, count) => {
        const env = memoryDisk();
        const world = newWorld();
        fill(world, new Prng(seed), count, seed % 2 === 0 ? 60 : 3000);
        const sections = new Map([
          ['vector', filled(40, 5)],
          ['clock', new Uint8Array(0)],
          ['projections/by name', filled(seed % 3000, 6)],
        ]);
        const written = await writeWorld(env, world, seed, sections);
        const loaded = loadWorld(env, written.file);
        if (!loaded.result.ok) throw loaded.result.error;
        expect(dump(loaded)).toEqual(dump(world));
        expect(loaded.storage.stateHash()).toBe(world.storage.stateHash());
        expect(loaded.storage.contentHash()).toBe(world.storage.contentHash());
        expect(loaded.result.value.sections).toEqual(sections);
        const { header } = loaded.result.value;
        expect([header.seq, header.entryCount]).toEqual([seed, written.entryCount]);
        expect(header.digest).toEqual(filled(32, 0xc3));
        expect(verify(env, written.file).ok).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test('is the same bytes for the same state, whatever numbers the process gave to origins', async () => {
    const env = memoryDisk();
    const world = newWorld();
    fill(world, new Prng(3), 300);
    await writeWorld(env, world, 1);
    const first = env.fs.readAll(pathOf(1));
    const loaded = loadWorld(env, pathOf(1));
    const other = memoryDisk();
    await writeWorld(other, loaded, 1);
    expect(other.fs.readAll(pathOf(1))).toEqual(first);
  });

  test('is the state at the snapshot, whatever is set between the slices', async () => {
    const env = memoryDisk();
    const world = newWorld();
    const random = new Prng(5);
    fill(world, random, 3000, 300);
    const before = dump(world);
    const input = inputOf(world, 9);
    const work = writeCheckpoint(env, DIRECTORY, input);
    let slices = 0;
    for (let step = work.next(); step.done !== true; step = work.next()) {
      fill(world, random, 20, 300);
      const [key] = before[random.below(before.length)] as [string];
      world.storage.setSingle(key, randomCell(world, random, 30), 99);
      slices++;
      await step.value;
    }
    input.snapshot.release();
    expect(slices).toBeGreaterThan(8);
    expect(dump(loadWorld(env, pathOf(9)))).toEqual(before);
  });

  test('goes to the disk in bounded slices', async () => {
    const env = memoryDisk();
    const world = newWorld();
    fill(world, new Prng(6), 4000, 300);
    let bytes = 0;
    const sizes: number[] = [];
    const open = env.fs.open.bind(env.fs);
    env.fs.open = (path, access) => {
      const file = open(path, access);
      const write = file.write.bind(file);
      const read = file.read.bind(file);
      file.write = (source, offset, length, position) => {
        bytes += length;
        return write(source, offset, length, position);
      };
      file.read = (target, offset, length, position) => {
        bytes += length;
        return read(target, offset, length, position);
      };
      return file;
    };
    const sections = new Map([['commands', filled(5_000_000, 1)]]);
    const work = writeCheckpoint(env, DIRECTORY, inputOf(world, 1, sections));
    for (let step = work.next(); step.done !== true; step = work.next()) {
      sizes.push(bytes);
      bytes = 0;
      await step.value;
    }
    expect(sizes.length).toBeGreaterThan(20);
    expect(Math.max(...sizes)).toBeLessThan(1024 * 1024 + 2 * BLOCK_BYTES);
  });

  test('nothing is left of one that is given up', async () => {
    const env = memoryDisk();
    const world = newWorld();
    fill(world, new Prng(7), 2000, 300);
    const work = writeCheckpoint(env, DIRECTORY, inputOf(world, 1));
    work.next();
    work.next();
    expect(env.fs.list(DIRECTORY)).toEqual([`${checkpointName(1)}.tmp`]);
    work.return(undefined as never);
    expect(env.fs.list(DIRECTORY)).toEqual([]);
  });
});

describe('the directory', () => {
  test('lists the newest first and passes over other names', async () => {
    const env = memoryDisk();
    const world = newWorld();
    expect(listCheckpoints(env, '/nowhere')).toEqual([]);
    for (const seq of [5, 2 ** 40, 77]) await writeWorld(env, world, seq);
    for (const name of ['notes', '0000000000000001.ckpt.tmp', '12.ckpt']) {
      env.fs.open(`${DIRECTORY}/${name}`, 'create').close();
    }
    expect(listCheckpoints(env, DIRECTORY)).toEqual(
      [2 ** 40, 77, 5].map((seq) => ({ seq, file: pathOf(seq) })),
    );
  });

  test('keeps the newest and the base, drops the others and what was left unfinished', async () => {
    const env = memoryDisk();
    for (const seq of [1, 2, 3, 4, 5]) await writeWorld(env, newWorld(), seq);
    const unfinished = `${DIRECTORY}/${checkpointName(9)}.tmp`;
    env.fs.open(unfinished, 'create').close();
    const dropped = dropCheckpoints(env, DIRECTORY, { keep: 2, keepSeqs: [2, 99] });
    expect(dropped).toEqual([pathOf(3), pathOf(1), unfinished]);
    expect(listCheckpoints(env, DIRECTORY).map(({ seq }) => seq)).toEqual([5, 4, 2]);
    expect(env.fs.list(DIRECTORY)).toHaveLength(3);
    expect(dropCheckpoints(env, DIRECTORY, { keep: 2, keepSeqs: [2] })).toEqual([]);
  });
});

test('a large checkpoint is removed in slices, its name first', async () => {
  const env = memoryDisk();
  await writeWorld(env, newWorld(), 1, new Map([['commands', filled(40_000_000, 1)]]));
  await writeWorld(env, newWorld(), 2);
  const work = dropInSlices(env, DIRECTORY, { keep: 1, keepSeqs: [] });
  work.next();
  expect(env.fs.list(DIRECTORY)).toEqual([`${checkpointName(1)}.tmp`, checkpointName(2)]);
  work.next();
  work.return([]);
  expect(dropCheckpoints(env, DIRECTORY, { keep: 1, keepSeqs: [] })).toEqual([`${pathOf(1)}.tmp`]);
  expect(env.fs.list(DIRECTORY)).toEqual([checkpointName(2)]);
});

describe('a disk that fails', () => {
  const world = newWorld();
  fill(world, new Prng(8), 1500, 300);

  test('a full one: disk_full, nothing left, the one before stands; with room it works', async () => {
    for (const spare of [0, 100, 70_000, 200_000]) {
      const env = memoryDisk();
      await writeWorld(env, world, 1);
      env.fs.setCapacity(env.fs.usedBytes + spare);
      expect(await codeOf(writeWorld(env, world, 2))).toBe('disk_full');
      expect(env.fs.list(DIRECTORY)).toEqual([checkpointName(1)]);
      env.fs.setCapacity(Number.POSITIVE_INFINITY);
      await writeWorld(env, world, 2);
      expect(verify(env, pathOf(2)).ok).toBe(true);
    }
  });

  test('EIO at each operation in turn: io_error, no half file, the one before stands', async () => {
    for (let at = 0; ; at++) {
      const env = memoryDisk();
      await writeWorld(env, world, 1);
      const first = env.fs.operationCount;
      let failed = '';
      env.fs.setOnOperation(({ index, kind }) => {
        if (index !== first + at) return undefined;
        failed = kind;
        return { error: 'EIO' };
      });
      const work = writeWorld(env, world, 2);
      if (first + at >= (await operationsOfOne())) {
        await work;
        expect(at).toBeGreaterThan(5);
        return;
      }
      expect(await codeOf(work)).toBe('io_error');
      const named = failed === 'syncDirectory' ? [checkpointName(2)] : [];
      expect(env.fs.list(DIRECTORY)).toEqual([checkpointName(1), ...named]);
      for (const name of env.fs.list(DIRECTORY)) {
        expect(verify(env, `${DIRECTORY}/${name}`).ok).toBe(true);
      }
    }
  });

  async function operationsOfOne(): Promise<number> {
    const env = memoryDisk();
    await writeWorld(env, world, 1);
    await writeWorld(env, world, 2);
    return env.fs.operationCount;
  }

  test('short writes are carried on', async () => {
    const env = memoryDisk();
    env.fs.setOnOperation(({ kind }) => (kind === 'write' ? { shortWrite: 1000 } : undefined));
    await writeWorld(env, world, 1);
    expect(dump(loadWorld(env, pathOf(1)))).toEqual(dump(world));
  });

  test('one that gives back other bytes than it took: io_error, no file of that name', async () => {
    const env = memoryDisk();
    const aside = `${pathOf(1)}.tmp`;
    let isFlipped = false;
    env.fs.setOnRead(({ kind, path }) => {
      if (kind !== 'read' || path !== aside || isFlipped) return;
      isFlipped = true;
      env.fs.flipBit(aside, 100_000, 3);
    });
    expect(await codeOf(writeWorld(env, world, 1))).toBe('io_error');
    expect(env.fs.list(DIRECTORY)).toEqual([]);
  });
});

describe('a power cut at every operation (D12)', () => {
  test('leaves the checkpoint before, and none that is not whole', async () => {
    const old = newWorld();
    fill(old, new Prng(10), 60, 300);
    const next = newWorld();
    fill(next, new Prng(11), 700, 300);
    const states = new Map([
      [1, dump(old)],
      [2, dump(next)],
    ]);
    let crashes = 0;
    for (let at = 0, isOver = false; !isOver; at++) {
      const env = memoryDisk();
      await writeWorld(env, old, 1);
      const reached = await writeUntil(env, next, env.fs.operationCount + at);
      isOver = reached === 'end';
      for (const mode of ['kill', 'lose-unsynced', 'keep-all', 'torn', 'torn-any'] as const) {
        for (let seed = 0; seed < (mode.startsWith('torn') ? 6 : 1); seed++) {
          const after = memoryDisk(env.fs.crash({ mode, rng: new Prng(seed) }));
          const seqs = listCheckpoints(after, DIRECTORY).map(({ seq }) => seq);
          expect(seqs, `cut at ${at}, ${mode} ${seed}`).toContain(reached === 'writing' ? 1 : 2);
          for (const seq of seqs)
            expect(dump(loadWorld(after, pathOf(seq)))).toEqual(states.get(seq));
          dropCheckpoints(after, DIRECTORY, { keep: 2, keepSeqs: [] });
          expect(after.fs.list(DIRECTORY)).toEqual(seqs.map(checkpointName).reverse());
          crashes++;
        }
      }
    }
    expect(crashes).toBeGreaterThan(100);
  });

  test('while a large one is removed leaves it whole or not there', async () => {
    for (let at = 0, isOver = false; !isOver; at++) {
      const env = memoryDisk();
      await writeWorld(env, newWorld(), 1, new Map([['commands', filled(17_000_000, 1)]]));
      await writeWorld(env, newWorld(), 2);
      const first = env.fs.operationCount;
      env.fs.setOnOperation(({ index }) => {
        if (index >= first + at) throw new Frozen();
      });
      try {
        dropCheckpoints(env, DIRECTORY, { keep: 1, keepSeqs: [] });
        isOver = true;
      } catch {
        expect(env.fs.isFrozen).toBe(true);
      }
      for (let seed = 0; seed < 6; seed++) {
        const after = memoryDisk(env.fs.crash({ mode: 'torn-any', rng: new Prng(seed) }));
        const listed = listCheckpoints(after, DIRECTORY);
        expect(listed.map(({ seq }) => seq)).toContain(2);
        for (const { file } of listed) expect(verify(after, file).ok, `cut at ${at}`).toBe(true);
      }
    }
  });

  /** Writes seq 2 and drops seq 1, the power going before operation `freezeAt`: how far it came. */
  async function writeUntil(
    env: ReturnType<typeof memoryDisk>,
    world: ReturnType<typeof newWorld>,
    freezeAt: number,
  ): Promise<'writing' | 'dropping' | 'end'> {
    env.fs.setOnOperation(({ index }) => {
      if (index >= freezeAt) throw new Frozen();
    });
    let reached: 'writing' | 'dropping' = 'writing';
    try {
      await runSlices(env, writeCheckpoint(env, DIRECTORY, inputOf(world, 2)));
      reached = 'dropping';
      dropCheckpoints(env, DIRECTORY, { keep: 1, keepSeqs: [] });
      return 'end';
    } catch (error) {
      if (!env.fs.isFrozen) throw error;
      return reached;
    }
  }
});
