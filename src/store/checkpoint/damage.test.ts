import { describe, expect, test } from 'vitest';
import {
  DIRECTORY,
  fill,
  filled,
  loadWorld,
  memoryDisk,
  newWorld,
  verify,
  writeWorld,
} from '../../../test/support/checkpoint-world.ts';
import { type AdastraError, ByteWriter, type Result } from '../../core/index.ts';
import { Prng } from '../../core/prng.ts';
import type { MemoryEnv } from '../../env/memory/index.ts';
import { withReader } from './checkpoint-reader.ts';
import { FOOTER_BYTES, HEADER_BYTES } from './format.ts';
import { loadCheckpoint, readCheckpointHeader } from './load-checkpoint.ts';

const OTHER = `${DIRECTORY}/0000000000000999.ckpt`;

async function world(
  count: number,
  valueBytesMax: number,
  seed = 1,
): Promise<{ env: MemoryEnv; file: string; bytes: Uint8Array }> {
  const env = memoryDisk();
  const state = newWorld();
  fill(state, new Prng(seed), count, valueBytesMax);
  const sections = new Map([
    ['vector', filled(40, 5)],
    ['empty', new Uint8Array(0)],
    ['projections/p', filled(700, 6)],
  ]);
  const { file } = await writeWorld(env, state, 4711, sections);
  return { env, file, bytes: env.fs.readAll(file) };
}

/** Puts other bytes in the place of a checkpoint. */
function place(env: MemoryEnv, bytes: Uint8Array, path = OTHER): string {
  if (env.fs.stat(path) !== undefined) env.fs.removeFile(path);
  const file = env.fs.open(path, 'create');
  file.write(bytes, 0, bytes.length, 0);
  file.close();
  return path;
}

function expectDamage(
  result: Result<unknown, AdastraError>,
  path: string,
  what: string,
): AdastraError {
  if (result.ok) throw new Error(`${what}: not detected`);
  const { error } = result;
  expect(error.code, what).toBe('checkpoint_damaged');
  expect(error.details['file'], what).toBe(path);
  expect(error.details['reason'], what).toEqual(expect.stringMatching(/./));
  expect(error.details['offset'], what).toEqual(expect.any(Number));
  return error;
}

/** Where the part of the file that holds `offset` begins: that is what a report names. */
function partOf(env: MemoryEnv, path: string, offset: number): number {
  return withReader(env, path, ({ index, sizeBytes }) => {
    const parts = [...index.blocks, ...index.sections].map((part) => part.offset);
    const last = index.sections.at(-1);
    const indexOffset = (last?.offset ?? 0) + (last?.length ?? 0);
    const starts = [0, ...parts, indexOffset, sizeBytes - FOOTER_BYTES];
    return Math.max(...starts.filter((start) => start <= offset));
  });
}

describe('a byte that is not what was written', () => {
  test('every bit of a small file: found, with file, offset and reason', async () => {
    const { env, file, bytes } = await world(12, 20);
    expect(bytes.length).toBeLessThan(4000);
    for (let offset = 0; offset < bytes.length; offset++) {
      for (let bit = 0; bit < 8; bit++) {
        env.fs.flipBit(file, offset, bit);
        const what = `bit ${bit} at ${offset}`;
        expectDamage(loadWorld(env, file).result, file, `load, ${what}`);
        if (bit === offset % 8) expectDamage(verify(env, file), file, `verify, ${what}`);
        env.fs.flipBit(file, offset, bit);
      }
    }
    expect(loadWorld(env, file).result.ok).toBe(true);
  });

  test('500 random bytes of a bigger file: found, and the part is named', async () => {
    const { env, file, bytes } = await world(4000, 600);
    expect(bytes.length).toBeGreaterThan(1_000_000);
    const random = new Prng(99);
    for (let round = 0; round < 500; round++) {
      const offset = random.below(bytes.length);
      const part = partOf(env, file, offset);
      const bit = random.below(8);
      env.fs.flipBit(file, offset, bit);
      const found = expectDamage(verify(env, file), file, `verify, ${offset}`);
      expect(found.details['offset']).toBe(part);
      if (round % 5 === 0) expectDamage(loadWorld(env, file).result, file, `load, ${offset}`);
      env.fs.flipBit(file, offset, bit);
    }
  });

  test('a whole sector of zeros or noise', async () => {
    const { env, bytes } = await world(600, 300);
    for (let at = 0; at < bytes.length; at += 512) {
      for (const fillWith of [0, 0x5a]) {
        const torn = new Uint8Array(bytes);
        torn.fill(fillWith, at, at + 512);
        expectDamage(loadWorld(env, place(env, torn)).result, OTHER, `sector at ${at}`);
      }
    }
  });
});

describe('a file of another length', () => {
  test('cut short anywhere, or longer', async () => {
    const { env, bytes } = await world(12, 20);
    for (let length = 0; length < bytes.length; length++) {
      const path = place(env, bytes.slice(0, length));
      expectDamage(loadWorld(env, path).result, path, `cut to ${length}`);
      expectDamage(verify(env, path), path, `cut to ${length}`);
    }
    for (const more of [1, 24, 5000]) {
      const longer = new Uint8Array(bytes.length + more);
      longer.set(bytes);
      expectDamage(loadWorld(env, place(env, longer)).result, OTHER, `longer by ${more}`);
    }
  });

  test('one that is not there is io_error, not damage', () => {
    const env = memoryDisk();
    const result = loadWorld(env, '/checkpoints/none').result;
    expect(result.ok ? 'ok' : result.error.code).toBe('io_error');
    const header = readCheckpointHeader(env, '/checkpoints/none');
    expect(header.ok ? 'ok' : header.error.code).toBe('io_error');
  });
});

test('a block of another checkpoint of the same world, log and offset is not taken', async () => {
  const one = await world(600, 300, 1);
  const two = memoryDisk();
  const state = newWorld();
  fill(state, new Prng(1), 600, 300);
  const { file } = await writeWorld(two, state, 4712);
  const mixed = new Uint8Array(one.bytes);
  const foreign = two.fs.readAll(file);
  const block = withReader(one.env, one.file, ({ index }) => index.blocks[0]);
  const same = withReader(two, file, ({ index }) => index.blocks[0]);
  expect(same).toEqual(block);
  const end = HEADER_BYTES + (block?.length ?? 0);
  mixed.set(foreign.subarray(HEADER_BYTES, end), HEADER_BYTES);
  const error = expectDamage(loadWorld(one.env, place(one.env, mixed)).result, OTHER, 'mixed');
  expect(error.details['offset']).toBe(HEADER_BYTES);
});

describe('a whole file that is not for us', () => {
  test('of another world', async () => {
    const { env, file } = await world(12, 20);
    const { storage, origins } = newWorld();
    const result = loadCheckpoint(env, file, storage, { origins, worldId: filled(16, 1) });
    expect(result.ok ? 'ok' : result.error.code).toBe('world_mismatch');
    expect(storage.entryCount).toBe(0);
    const ours = loadCheckpoint(env, file, storage, { origins, worldId: filled(16, 0xa1) });
    expect(ours.ok).toBe(true);
  });

  test.each([
    ['a later format', 8, 2, HEADER_BYTES],
    ['a later format with a longer header', 8, 3, 4096],
    ['a flag that we do not know', 10, 1, HEADER_BYTES],
  ])('of %s: upgrade_needed', async (_, at, value, headerBytes) => {
    const { env, bytes } = await world(12, 20);
    const header = new ByteWriter(8192);
    header.bytes(bytes, 0, HEADER_BYTES - 4);
    header.buffer[at] = value;
    header.putU32(12, headerBytes);
    while (header.length < headerBytes - 4) header.u8(0);
    header.u32(env.crypto.crc32(header.view()));
    header.bytes(bytes, HEADER_BYTES);
    const path = place(env, header.toBytes());
    const results = [
      readCheckpointHeader(env, path),
      loadWorld(env, path).result,
      verify(env, path),
    ];
    for (const result of results)
      expect(result.ok ? 'ok' : result.error.code).toBe('upgrade_needed');
  });
});

test('the header alone says what the whole file says', async () => {
  const { env, file } = await world(50, 20);
  const header = readCheckpointHeader(env, file);
  const { result } = loadWorld(env, file);
  if (!header.ok || !result.ok) throw new Error('not read');
  expect(header.value).toEqual(result.value.header);
  expect(header.value).toMatchObject({ seq: 4711, entryCount: 50, worldId: filled(16, 0xa1) });
});
