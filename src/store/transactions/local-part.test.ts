import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteWriter, MalformedBytes } from '../../core/index.ts';
import { type Cell, KIND_PUT, KIND_REMOVE, makeCell, OriginTable } from '../storage/index.ts';
import {
  LOCAL_EFFECTS,
  LOCAL_HAS_REQUEST_HASH,
  LOCAL_VOID,
  LocalPartReader,
  writeEffect,
} from './local-part.ts';

const origins = new OriginTable();

const cell: fc.Arbitrary<Cell> = fc
  .record({
    put: fc.boolean(),
    bytes: fc.uint8Array({ maxLength: 20 }),
    meta: fc.option(fc.uint8Array({ minLength: 1, maxLength: 9 }), { nil: undefined }),
    origin: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    originSeq: fc.integer({ min: 1, max: 2 ** 47 }),
    ms: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
    counter: fc.nat({ max: 0xffff }),
  })
  .map(({ put, bytes, meta, origin, originSeq, ms, counter }) => {
    const at = origins.indexOf(origin);
    return put
      ? makeCell(KIND_PUT, 2, bytes, 0, bytes.length, meta, ms, counter, at, originSeq)
      : makeCell(KIND_REMOVE, 0, new Uint8Array(0), 0, 0, undefined, ms, counter, at, originSeq);
  });

/** One received commit with an event for each list of siblings; the first of each is the event. */
function encode(events: readonly (readonly Cell[])[]): Uint8Array {
  const writer = new ByteWriter(64);
  writer.u8(LOCAL_EFFECTS);
  events.forEach((siblings, index) => {
    writer.varint(index * 1000);
    writeEffect(writer, siblings[0] as Cell, siblings, origins);
  });
  return writer.toBytes();
}

function decode(bytes: Uint8Array, count: number): (Cell[] | undefined)[] {
  const reader = new LocalPartReader();
  reader.open(bytes, 0, bytes.length);
  reader.nextCommit();
  const kept = Array.from({ length: count }, (_, index) => {
    expect(reader.nextLink()).toBe(index * 1000);
    return reader.nextEffect(origins);
  });
  reader.finish();
  return kept;
}

test('effects come back as siblings beside the event', () => {
  const siblings = fc.array(cell, { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.array(siblings, { minLength: 1, maxLength: 4 }), (events) => {
      const kept = decode(encode(events), events.length);
      const expected = events.map((event) => (event.length === 1 ? undefined : event.slice(1)));
      expect(kept).toEqual(expected);
    }),
  );
});

test('truncated, unknown flags, unknown effects: malformed', () => {
  const remove = makeCell(KIND_REMOVE, 0, new Uint8Array(0), 0, 0, undefined, 5, 1, 0, 1);
  origins.indexOf(new Uint8Array(32));
  const bytes = encode([[remove, { ...remove, originSeq: 7 }]]);
  for (let length = 0; length < bytes.length; length++) {
    expect(() => decode(bytes.subarray(0, length), 1)).toThrow(MalformedBytes);
  }
  expect(() => decode(new Uint8Array([8, ...bytes.subarray(1)]), 1)).toThrow(MalformedBytes);
  const unknown = new Uint8Array(bytes);
  unknown[2] = 9;
  expect(() => decode(unknown, 1)).toThrow(MalformedBytes);
});

test('a void commit has links and no effects, an own one a request hash', () => {
  const writer = new ByteWriter(64);
  writer.u8(LOCAL_VOID);
  writer.lengthAndText('too large');
  writer.varint(0);
  writer.u8(LOCAL_HAS_REQUEST_HASH);
  writer.bytes(new Uint8Array(16).fill(7));
  writer.varint(300);
  const bytes = writer.toBytes();
  const reader = new LocalPartReader();
  reader.open(bytes, 0, bytes.length);
  reader.nextCommit();
  expect([reader.voidReason, reader.nextLink()]).toEqual(['too large', 0]);
  expect(reader.nextEffect(origins)).toBeUndefined();
  reader.nextCommit();
  expect([reader.voidReason, reader.nextLink()]).toEqual([undefined, 300]);
  expect(reader.requestHash).toEqual(new Uint8Array(16).fill(7));
  expect(reader.nextEffect(origins)).toBeUndefined();
  reader.finish();
});
