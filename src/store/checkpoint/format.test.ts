/** Holds docs/formats/checkpoint.md to the code: its example is written again and compared. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  type World,
  dump,
  filled,
  loadWorld,
  memoryDisk,
  newWorld,
  writeWorld,
} from '../../../test/support/checkpoint-world.ts';
import { hexOf } from '../../core/index.ts';
import { KIND_PUT, KIND_REMOVE, makeCell } from '../storage/index.ts';
import { withReader } from './checkpoint-reader.ts';
import {
  BLOCK_HEADER_BYTES,
  FOOTER_BYTES,
  HEADER_BYTES,
  PlaceSeed,
  checkpointName,
  checkpointSeq,
} from './format.ts';

const DOCUMENT = new URL('../../../docs/formats/checkpoint.md', import.meta.url);
const MS = 1_700_000_000_000;

/** The state of the worked example: a put, a tombstone with meta, two siblings of two origins. */
function exampleWorld(): World {
  const world = newWorld(2);
  const { storage, origins } = world;
  const one = origins.indexOf(filled(32, 0x11));
  const two = origins.indexOf(filled(32, 0x22));
  const put = (text: string, counter: number, origin: number, originSeq: number) => {
    const bytes = new TextEncoder().encode(text);
    return makeCell(KIND_PUT, 1, bytes, 0, bytes.length, undefined, MS, counter, origin, originSeq);
  };
  const none = new Uint8Array(0);
  storage.setSingle('a', put('"hi"', 0, one, 1), 1);
  storage.setSingle('b', makeCell(KIND_REMOVE, 0, none, 0, 0, filled(2, 7), MS, 1, one, 2), 2);
  const siblings = [put('1', 2, one, 300), put('2', 3, two, 1)];
  storage.setSiblings('c', siblings, { kind: 'sibling', index: 0 }, 4);
  return world;
}

/** The hex lines of the document, 16 bytes each, without their offsets. */
function documentHex(): string {
  const block = /```hex\n([^`]*)```/.exec(readFileSync(DOCUMENT, 'utf8'))?.[1] ?? '';
  return block.replace(/^\s*\d+:/gm, '').replace(/\s/g, '');
}

test('the worked example is what the code writes, and reads', async () => {
  const env = memoryDisk();
  const world = exampleWorld();
  const { file } = await writeWorld(env, world, 4, new Map([['clock', filled(8, 9)]]));
  const bytes = env.fs.readAll(file);
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const hex = hexOf(bytes, at, Math.min(at + 16, bytes.length)).replace(/../g, ' $&');
    lines.push(`${String(at).padStart(4)}:${hex}`);
  }
  expect(documentHex(), `it should be\n${lines.join('\n')}`).toBe(hexOf(bytes));
  expect(dump(loadWorld(env, file))).toEqual(dump(world));
});

test('the places that the document names are those of the example', async () => {
  const env = memoryDisk();
  const { file } = await writeWorld(env, exampleWorld(), 4, new Map([['clock', filled(8, 9)]]));
  const text = readFileSync(DOCUMENT, 'utf8');
  withReader(env, file, ({ index, sizeBytes }) => {
    const [block] = index.blocks;
    const [origins, clock] = index.sections;
    const offsets = [block?.offset, origins?.offset, clock?.offset, (clock?.offset ?? 0) + 8];
    for (const offset of [...offsets, sizeBytes - FOOTER_BYTES]) {
      expect(text).toContain(`| ${offset} | `);
    }
    expect(text).toContain(`${sizeBytes} bytes`);
  });
  expect([HEADER_BYTES, BLOCK_HEADER_BYTES, FOOTER_BYTES]).toEqual([168, 12, 24]);
});

test('names carry the seq, and nothing else passes for one', () => {
  for (const seq of [0, 42, 2 ** 48 - 1]) expect(checkpointSeq(checkpointName(seq))).toBe(seq);
  expect(checkpointName(42)).toBe('0000000000000042.ckpt');
  for (const name of ['42.ckpt', '0000000000000042.ckpt.tmp', '0000000000000042.log', 'x']) {
    expect(checkpointSeq(name)).toBeUndefined();
  }
});

test('checksum seeds differ by world, log, seq and offset', () => {
  const { crypto } = memoryDisk();
  const [world, log] = [filled(16, 1), filled(16, 2)];
  const seeds = [
    new PlaceSeed(crypto, world, log, 5).at(168),
    new PlaceSeed(crypto, log, log, 5).at(168),
    new PlaceSeed(crypto, world, world, 5).at(168),
    new PlaceSeed(crypto, world, log, 2 ** 32 + 5).at(168),
    new PlaceSeed(crypto, world, log, 5).at(2 ** 32 + 168),
  ];
  expect(new Set(seeds).size).toBe(seeds.length);
});
